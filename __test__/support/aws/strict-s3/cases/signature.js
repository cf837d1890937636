'use strict';

const { ask, chunked } = require('../client');

const MINUTE_MS = 60 * 1000;
const NOW = Date.parse('2026-11-26T15:00:00Z');

const account = '123456789012';
const arn = `arn:aws:iam::${account}:user/owner`;
const OWNER = { secret: 'secret', account, arn };
const keysOf = (properties) => ({ AKIAOWNER: { ...OWNER, ...properties } });

const bucket = (server) => server.createBucket('films');
const signed = (options) => (server) => ask(server, 'HEAD', '/films', options);
const listed = (options) => (server) => ask(server, 'GET', '/films?list-type=2', options);

const CHUNKS = {
  'x-amz-content-sha256': 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD',
  'x-amz-decoded-content-length': '5',
};

module.exports = [
  {
    rule: 'signature',
    title: 'a request that is signed with another secret',
    given: bucket,
    request: listed({ secret: 'another' }),
    answer: { status: 403, code: 'SignatureDoesNotMatch' },
  },
  {
    rule: 'signature',
    title: 'a request whose query has been changed on the way',
    given: bucket,
    request: listed({ sentPath: '/films?list-type=2&prefix=cats' }),
    answer: { status: 403, code: 'SignatureDoesNotMatch' },
  },
  {
    rule: 'known-access-key',
    title: 'an access key that does not exist',
    options: { keys: keysOf() },
    given: bucket,
    request: listed({ accessKeyId: 'AKIAUNKNOWN', secret: 'secret' }),
    answer: { status: 403, code: 'InvalidAccessKeyId' },
  },
  {
    rule: 'session-token',
    title: 'temporary credentials without their token',
    options: { keys: keysOf({ token: 'token' }) },
    given: bucket,
    request: listed({ token: 'another token' }),
    answer: { status: 400, code: 'InvalidToken' },
  },
  {
    rule: 'session-token',
    title: 'an expired token',
    options: { keys: keysOf({ token: 'token', expires: NOW }), clock: () => NOW + 1 },
    given: bucket,
    request: listed(),
    answer: { status: 400, code: 'ExpiredToken' },
  },
  ...[-16, 16].map((minutes) => ({
    rule: 'clock-tolerance',
    title: `a request that is dated ${minutes} minutes off`,
    options: { clock: () => NOW },
    given: bucket,
    request: listed({ time: NOW + minutes * MINUTE_MS }),
    answer: {
      status: 403,
      code: 'RequestTimeTooSkewed',
      body: /<ServerTime>2026-11-26T15:00:00Z<.*<MaxAllowedSkewMilliseconds>900000</,
      headers: { date: 'Thu, 26 Nov 2026 15:00:00 GMT' },
    },
  })),
  {
    rule: 'clock-tolerance',
    title: 'GetCallerIdentity with a wrong clock',
    options: { clock: () => NOW },
    request: (server) =>
      ask(server, 'POST', '/', {
        service: 'sts',
        body: 'Action=GetCallerIdentity&Version=2011-06-15',
        time: NOW - 20 * MINUTE_MS,
      }),
    answer: {
      status: 403,
      body: /<ErrorResponse .*<Code>SignatureDoesNotMatch<.*<Message>Signature expired: /,
      headers: { date: 'Thu, 26 Nov 2026 15:00:00 GMT' },
    },
  },
  {
    rule: 'clock-tolerance',
    title: 'HeadBucket with a wrong clock',
    options: { clock: () => NOW },
    given: bucket,
    request: signed({ time: NOW + 20 * MINUTE_MS }),
    answer: { status: 403, body: '', headers: { 'x-amz-bucket-region': 'us-east-1' } },
  },
  {
    rule: 'signed-headers',
    title: 'an x-amz header that is not signed',
    given: bucket,
    request: listed({ headers: { 'x-amz-meta-a': '1' }, unsigned: ['x-amz-meta-a'] }),
    answer: { status: 403, code: 'AccessDenied', body: /<HeadersNotSigned>x-amz-meta-a</ },
  },
  {
    rule: 'payload-hash-header',
    title: 'a request without x-amz-content-sha256',
    given: bucket,
    request: listed({ headers: { 'x-amz-content-sha256': undefined } }),
    answer: { status: 400, code: 'InvalidRequest', message: /x-amz-content-sha256/ },
  },
  {
    rule: 'payload-hash',
    title: 'a body that is not the signed one',
    given: bucket,
    request: (server) => ask(server, 'PUT', '/films/a', { body: 'a', frame: () => 'b' }),
    answer: { status: 400, code: 'XAmzContentSHA256Mismatch' },
  },
  {
    rule: 'chunk-signature',
    title: 'a chunk with the signature of another one',
    given: bucket,
    request: (server) =>
      ask(server, 'PUT', '/films/a', {
        headers: CHUNKS,
        frame: (signing) => chunked('hallo', { signing: { ...signing, scope: 'another' } }),
      }),
    answer: { status: 403, code: 'SignatureDoesNotMatch' },
  },
  {
    rule: 'decoded-length',
    title: 'an aws-chunked body of another length',
    given: bucket,
    request: (server) =>
      ask(server, 'PUT', '/films/a', {
        headers: {
          'x-amz-content-sha256': 'STREAMING-UNSIGNED-PAYLOAD-TRAILER',
          'x-amz-decoded-content-length': '7',
        },
        frame: () => chunked('hallo'),
      }),
    answer: { status: 400, code: 'IncompleteBody' },
  },
  {
    rule: 'decoded-length',
    title: 'an aws-chunked body without its length',
    given: bucket,
    request: (server) =>
      ask(server, 'PUT', '/films/a', {
        headers: { 'x-amz-content-sha256': 'STREAMING-UNSIGNED-PAYLOAD-TRAILER' },
        frame: () => chunked('hallo'),
      }),
    answer: { status: 411, code: 'MissingContentLength' },
  },
  {
    rule: 'announced-trailer',
    title: 'a trailer that does not come',
    given: bucket,
    request: (server) =>
      ask(server, 'PUT', '/films/a', {
        headers: {
          'x-amz-content-sha256': 'STREAMING-UNSIGNED-PAYLOAD-TRAILER',
          'x-amz-decoded-content-length': '5',
          'x-amz-trailer': 'x-amz-checksum-crc32',
        },
        frame: () => chunked('hallo'),
      }),
    answer: { status: 400, code: 'MalformedTrailerError' },
  },
];
