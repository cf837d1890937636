'use strict';

const { ask, chunked } = require('../client');
const { ALGORITHMS, checksum, headerOf, md5 } = require('../checksums');

const bucket = (server) => server.createBucket('films');
const put =
  (headers, body = 'hallo') =>
  (server) =>
    ask(server, 'PUT', '/films/a', { headers, body });

const other = (algorithm) => checksum(algorithm, Buffer.from('another'));

const withTrailer = (algorithm, value, headers) => (server) =>
  ask(server, 'PUT', '/films/a', {
    headers: {
      ...headers,
      'x-amz-content-sha256': 'STREAMING-UNSIGNED-PAYLOAD-TRAILER',
      'x-amz-decoded-content-length': '5',
      'x-amz-sdk-checksum-algorithm': algorithm,
      'x-amz-trailer': headerOf(algorithm),
    },
    frame: () => chunked('hallo', { trailers: { [headerOf(algorithm)]: value } }),
  });

module.exports = [
  ...['nonsense', 'aGFsbG8='].map((value) => ({
    rule: 'content-md5-format',
    title: `the Content-MD5 '${value}'`,
    given: bucket,
    request: put({ 'content-md5': value }),
    answer: { status: 400, code: 'InvalidDigest' },
  })),
  {
    rule: 'content-md5',
    title: 'the Content-MD5 of something else',
    given: bucket,
    request: put({ 'content-md5': md5('another').digest('base64') }),
    answer: { status: 400, code: 'BadDigest', message: /Content-MD5/ },
  },
  {
    rule: 'digest-required',
    title: 'DeleteObjects without Content-MD5',
    given: bucket,
    request: (server) =>
      ask(server, 'POST', '/films?delete', {
        body: '<Delete><Object><Key>a</Key></Object></Delete>',
      }),
    answer: { status: 400, code: 'InvalidRequest', message: /Content-MD5 OR x-amz-checksum-\*/ },
  },
  {
    rule: 'single-checksum',
    title: 'two checksums',
    given: bucket,
    request: put(
      Object.fromEntries(
        ['SHA1', 'SHA256'].map((name) => [headerOf(name), checksum(name, Buffer.from('hallo'))]),
      ),
    ),
    answer: { status: 400, code: 'InvalidRequest', message: /Multiple checksum Types/ },
  },
  {
    // https://github.com/versity/versitygw/issues/1657
    rule: 'single-checksum',
    title: 'a SHA1 in a header beside a CRC64NVME in a trailer',
    given: bucket,
    request: withTrailer('CRC64NVME', checksum('CRC64NVME', Buffer.from('hallo')), {
      [headerOf('SHA1')]: checksum('SHA1', Buffer.from('hallo')),
    }),
    answer: { status: 400, code: 'InvalidRequest', message: /Expecting a single/ },
  },
  {
    rule: 'content-md5',
    title: 'the Content-MD5 of the frames in which the content is sent',
    given: bucket,
    request: withTrailer('CRC32', checksum('CRC32', Buffer.from('hallo')), {
      'content-md5': md5(
        chunked('hallo', {
          trailers: { [headerOf('CRC32')]: checksum('CRC32', Buffer.from('hallo')) },
        }),
      ).digest('base64'),
    }),
    answer: { status: 400, code: 'BadDigest', message: /Content-MD5/ },
  },
  ...ALGORITHMS.map((algorithm) => ({
    rule: 'checksum-header-required',
    title: `PutObject that names ${algorithm} and has no checksum`,
    given: bucket,
    request: put({ 'x-amz-sdk-checksum-algorithm': algorithm }),
    answer: {
      status: 400,
      code: 'InvalidRequest',
      message: /no corresponding x-amz-checksum-\* or x-amz-trailer headers were found/,
    },
  })),
  {
    rule: 'checksum-algorithm-agrees',
    title: 'PutObject that names SHA1 and has a CRC32',
    given: bucket,
    request: put({
      'x-amz-sdk-checksum-algorithm': 'SHA1',
      'x-amz-checksum-crc32': checksum('CRC32', Buffer.from('hallo')),
    }),
    answer: { status: 400, code: 'InvalidRequest', message: /x-amz-sdk-checksum-algorithm/ },
  },
  {
    rule: 'checksum-format',
    title: 'a SHA256 that has the length of a SHA1',
    given: (server) => server.createBucket('films'),
    request: put({ 'x-amz-checksum-sha256': other('SHA1') }),
    answer: { status: 400, code: 'InvalidRequest', message: /x-amz-checksum-sha256/ },
  },
  ...ALGORITHMS.map((algorithm) => ({
    rule: 'checksum',
    title: `the ${algorithm} of something else in a header`,
    given: bucket,
    request: put({ [headerOf(algorithm)]: other(algorithm) }),
    answer: {
      status: 400,
      code: 'BadDigest',
      message: `The ${algorithm} you specified did not match the calculated checksum.`,
    },
  })),
  {
    rule: 'checksum',
    title: 'the CRC32 of something else in a trailer',
    given: bucket,
    request: withTrailer('CRC32', other('CRC32')),
    answer: { status: 400, code: 'BadDigest' },
  },
];
