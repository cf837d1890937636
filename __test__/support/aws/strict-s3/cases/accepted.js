'use strict';

// Requests that S3 accepts: a server that refuses them would be stricter than S3.

const { ask, chunked } = require('../client');
const { ALGORITHMS, checksum, headerOf, md5 } = require('../checksums');

const MINUTE_MS = 60 * 1000;
const NOW = Date.parse('2026-11-26T15:00:00Z');
const FIRST = Buffer.alloc(5 * 1024 * 1024, 'a');

const account = '123456789012';
const OWNER = { secret: 'secret', account, arn: `arn:aws:iam::${account}:user/owner` };

const bucket = (properties) => (server) => server.createBucket('films', properties);
const put = (options) => (server) => ask(server, 'PUT', '/films/a', { body: 'hallo', ...options });

const STORED = { status: 200, headers: { etag: `"${md5('hallo').digest('hex')}"` } };

const trailers = (algorithm) => ({
  [headerOf(algorithm)]: checksum(algorithm, Buffer.from('hallo')),
});

const framed = (algorithm, hash, isSigned, headers) =>
  put({
    headers: {
      ...headers,
      'content-encoding': 'aws-chunked',
      'x-amz-content-sha256': hash,
      'x-amz-decoded-content-length': '5',
      'x-amz-sdk-checksum-algorithm': algorithm,
      'x-amz-trailer': headerOf(algorithm),
    },
    frame: (signing) =>
      chunked('hallo', { trailers: trailers(algorithm), ...(isSigned ? { signing } : {}) }),
  });

const uploadId = ({ body }) => /<UploadId>([^<]*)</.exec(body)[1];

/** An upload of two parts; `headers` of all of its requests, `ofPart(body)` of its parts. */
const uploadInParts =
  (headers, ofPart = () => ({})) =>
  async (server) => {
    const begun = await ask(server, 'POST', '/films/a?uploads', { headers });
    const listed = [];
    for (const [i, body] of [FIRST, Buffer.from('b')].entries()) {
      const path = `/films/a?partNumber=${i + 1}&uploadId=${uploadId(begun)}`;
      const answer = await ask(server, 'PUT', path, { body, headers: ofPart(body) });
      const etag = `<ETag>${answer.headers.etag}</ETag>`;
      listed.push(`<Part><PartNumber>${i + 1}</PartNumber>${etag}</Part>`);
    }
    const body = `<CompleteMultipartUpload>${listed.join('')}</CompleteMultipartUpload>`;
    return ask(server, 'POST', `/films/a?uploadId=${uploadId(begun)}`, { body });
  };

const ENCRYPTED_ONLY = JSON.stringify({
  Statement: {
    Effect: 'Deny',
    Principal: '*',
    Action: 's3:PutObject',
    Resource: 'arn:aws:s3:::films/*',
    Condition: { StringNotEquals: { 's3:x-amz-server-side-encryption': 'AES256' } },
  },
});

module.exports = [
  ...[-14, 14].map((minutes) => ({
    title: `a request that is dated ${minutes} minutes off`,
    options: { clock: () => NOW },
    given: bucket(),
    request: put({ time: NOW + minutes * MINUTE_MS }),
    answer: STORED,
  })),
  {
    title: 'temporary credentials with their token',
    options: { keys: { AKIAOWNER: { ...OWNER, token: 'token', expires: Infinity } } },
    given: bucket(),
    request: put(),
    answer: STORED,
  },
  {
    title: 'an unsigned payload',
    given: bucket(),
    request: put({ headers: { 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD' } }),
    answer: STORED,
  },
  ...ALGORITHMS.flatMap((algorithm) => [
    {
      title: `a right ${algorithm} in a header`,
      given: bucket(),
      request: put({
        headers: { 'x-amz-sdk-checksum-algorithm': algorithm, ...trailers(algorithm) },
      }),
      answer: { ...STORED, headers: { ...STORED.headers, ...trailers(algorithm) } },
    },
    {
      title: `a right ${algorithm} in a trailer`,
      given: bucket(),
      request: framed(algorithm, 'STREAMING-UNSIGNED-PAYLOAD-TRAILER'),
      answer: STORED,
    },
  ]),
  {
    // The API reference recommends a Content-MD5 for each PutObject, and does not exclude it beside a
    // checksum. It is that of the content, not of its frames: localstack/localstack#4987.
    title: 'a Content-MD5 beside a checksum in a trailer',
    given: bucket(),
    request: framed('SHA256', 'STREAMING-UNSIGNED-PAYLOAD-TRAILER', false, {
      'content-md5': md5('hallo').digest('base64'),
    }),
    answer: STORED,
  },
  {
    title: 'a Content-MD5 beside a checksum in a header',
    given: bucket(),
    request: put({
      headers: { ...trailers('CRC32'), 'content-md5': md5('hallo').digest('base64') },
    }),
    answer: STORED,
  },
  {
    title: 'chunks and trailers that are signed',
    given: bucket(),
    request: framed('CRC32', 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER', true),
    answer: STORED,
  },
  {
    title: 'the ACL bucket-owner-full-control where ACLs are disabled',
    given: bucket({ ownership: 'BucketOwnerEnforced' }),
    request: put({ headers: { 'x-amz-acl': 'bucket-owner-full-control' } }),
    answer: STORED,
  },
  {
    title: 'the expected owner',
    given: bucket(),
    request: put({ headers: { 'x-amz-expected-bucket-owner': account } }),
    answer: STORED,
  },
  {
    title: 'another account that pays for its request',
    options: {
      keys: {
        AKIAOWNER: OWNER,
        AKIAOUTSIDER: {
          secret: 'x',
          account: '999999999999',
          arn: 'arn:aws:iam::999999999999:root',
        },
      },
    },
    given: bucket({
      requesterPays: true,
      policy: JSON.stringify({
        Statement: {
          Effect: 'Allow',
          Principal: { AWS: '999999999999' },
          Action: 's3:PutObject',
          Resource: 'arn:aws:s3:::films/*',
        },
      }),
    }),
    request: put({
      accessKeyId: 'AKIAOUTSIDER',
      headers: { 'x-amz-request-payer': 'requester' },
    }),
    answer: STORED,
  },
  {
    title: 'an upload in parts with encryption, where a policy demands it',
    given: bucket({ policy: ENCRYPTED_ONLY }),
    request: uploadInParts({ 'x-amz-server-side-encryption': 'AES256' }),
    answer: { status: 200, headers: { 'x-amz-server-side-encryption': 'AES256' } },
  },
  {
    title: 'parts without a checksum where it is of the full object',
    given: bucket(),
    request: uploadInParts({
      'x-amz-checksum-algorithm': 'CRC32',
      'x-amz-checksum-type': 'FULL_OBJECT',
    }),
    answer: { status: 200, body: /<ChecksumCRC32>[\w+/]{6}==<.*<ChecksumType>FULL_OBJECT</ },
  },
  {
    title: "a part's own checksum in an upload that names no algorithm",
    given: bucket(),
    request: async (server) => {
      const id = uploadId(await ask(server, 'POST', '/films/a?uploads'));
      const path = `/films/a?partNumber=1&uploadId=${id}`;
      const { headers } = await ask(server, 'PUT', path, {
        body: 'hallo',
        headers: trailers('CRC32'),
      });
      const sum = `<ChecksumCRC32>${headers['x-amz-checksum-crc32']}</ChecksumCRC32>`;
      const part = `<Part><PartNumber>1</PartNumber><ETag>${headers.etag}</ETag>${sum}</Part>`;
      const body = `<CompleteMultipartUpload>${part}</CompleteMultipartUpload>`;
      return ask(server, 'POST', `/films/a?uploadId=${id}`, { body });
    },
    answer: { status: 200, body: /<ChecksumType>FULL_OBJECT</ },
  },
];
