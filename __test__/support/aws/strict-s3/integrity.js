'use strict';

// Verifies what a request claims about its content: Content-MD5 and the additional checksums.

const { S3Error, invalidRequest } = require('./errors');
const { ALGORITHMS, checksum, headerOf, isChecksum, md5 } = require('./checksums');

const PUT_OBJECT = 'https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html';
const ERRORS = 'https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html';

/** Operations that take no content without an MD5 or a checksum. */
const NEED_DIGEST = ['DeleteObjects', 'PutBucketCors'];

/**
 * Verifies the content of a request. Returns the checksum that came with it,
 * `{algorithm, value}`, or `undefined`.
 */
function verifyContent(call) {
  call.rule('content-md5-format');
  call.rule('content-md5');
  call.rule('digest-required');
  const claims = checksumsOf(call);
  call.rule('single-checksum', claims);
  call.rule('checksum-header-required', claims);
  call.rule('checksum-algorithm-agrees', claims);
  for (const claim of claims) {
    call.rule('checksum-format', claim);
    call.rule('checksum', claim);
  }
  return claims[0];
}

/** The checksums of the content, from headers and trailers. */
function checksumsOf({ headers, trailers, operation }) {
  // There the header is about the object that the parts make.
  if (operation === 'CompleteMultipartUpload') return [];
  const claimed = { ...headers, ...trailers };
  return ALGORITHMS.filter((algorithm) => claimed[headerOf(algorithm)] !== undefined).map(
    (algorithm) => ({ algorithm, value: claimed[headerOf(algorithm)] }),
  );
}

const RULES = [
  {
    name: 'content-md5-format',
    rule: 'A Content-MD5 that is not base64 of 16 bytes is refused: 400 InvalidDigest.',
    source: ERRORS,
    apply({ headers: { 'content-md5': claimed } }) {
      if (claimed === undefined) return;
      const bytes = Buffer.from(claimed, 'base64');
      if (bytes.length === 16 && bytes.toString('base64') === claimed) return;
      throw new S3Error(400, 'InvalidDigest', 'The Content-MD5 you specified was invalid.', {
        details: { 'Content-MD5': claimed },
      });
    },
  },
  {
    name: 'content-md5',
    rule: 'Content that does not have its Content-MD5 is refused: 400 BadDigest.',
    source: ERRORS,
    apply({ headers: { 'content-md5': claimed }, body }) {
      const calculated = md5(body).digest('base64');
      if (claimed === undefined || claimed === calculated) return;
      throw new S3Error(
        400,
        'BadDigest',
        'The Content-MD5 you specified did not match what we received.',
        { details: { ExpectedDigest: claimed, CalculatedDigest: calculated } },
      );
    },
  },
  {
    name: 'digest-required',
    rule: 'DeleteObjects and PutBucketCors need a Content-MD5 or a checksum: else 400 InvalidRequest.',
    source: 'https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjects.html',
    apply(call) {
      if (!NEED_DIGEST.includes(call.operation)) return;
      if (call.headers['content-md5'] || checksumsOf(call).length > 0) return;
      throw invalidRequest(
        'Missing required header for this request: Content-MD5 OR x-amz-checksum-*',
      );
    },
  },
  {
    name: 'single-checksum',
    rule: 'A request carries one kind of checksum: else 400 InvalidRequest.',
    source:
      'https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity-upload.html',
    apply(_, claims) {
      if (claims.length < 2) return;
      throw invalidRequest(
        'Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.',
      );
    },
  },
  {
    name: 'checksum-header-required',
    rule: 'x-amz-sdk-checksum-algorithm without an x-amz-checksum-* header or trailer is refused: 400 InvalidRequest.',
    source: 'https://github.com/versity/versitygw/issues/1593',
    apply({ headers }, claims) {
      if (!headers['x-amz-sdk-checksum-algorithm'] || claims.length > 0) return;
      throw invalidRequest(
        'x-amz-sdk-checksum-algorithm specified, but no corresponding x-amz-checksum-* or x-amz-trailer headers were found.',
      );
    },
  },
  {
    name: 'checksum-algorithm-agrees',
    rule: 'x-amz-sdk-checksum-algorithm names the algorithm of the checksum that comes: else 400 InvalidRequest. (Observed on S3; the API reference has BadDigest for a header and ignores the name beside another one.)',
    source: 'https://github.com/versity/versitygw/issues/1659',
    apply({ headers }, claims) {
      const named = headers['x-amz-sdk-checksum-algorithm'];
      if (!named || claims.length === 0) return;
      if (claims.some(({ algorithm }) => algorithm === named.toUpperCase())) return;
      throw invalidRequest('Value for x-amz-sdk-checksum-algorithm header is invalid.');
    },
  },
  {
    name: 'checksum-format',
    rule: "A checksum that is not base64 of the algorithm's length is refused: 400 InvalidRequest.",
    source: PUT_OBJECT,
    apply(_, { algorithm, value }) {
      if (isChecksum(algorithm, value)) return;
      throw invalidRequest(`Value for ${headerOf(algorithm)} header is invalid.`);
    },
  },
  {
    name: 'checksum',
    rule: 'Content that does not have its CRC32, CRC32C, CRC64NVME, SHA1 or SHA256 is refused, header or trailer: 400 BadDigest.',
    source: 'https://github.com/ministackorg/ministack/issues/1497',
    apply({ body }, { algorithm, value }) {
      if (checksum(algorithm, body) === value) return;
      throw new S3Error(
        400,
        'BadDigest',
        `The ${algorithm} you specified did not match the calculated checksum.`,
      );
    },
  },
];

module.exports = { verifyContent, RULES };
