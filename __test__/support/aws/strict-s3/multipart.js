'use strict';

// Uploads in parts: begins, receives and aborts them.

const crypto = require('node:crypto');
const { checksum, headerOf, md5, ALGORITHMS } = require('./checksums');
const { invalidArgument, invalidRequest, noSuchUpload } = require('./errors');
const { verifyContent } = require('./integrity');
const { checkSettings, settingsOf, encryptionHeaders } = require('./object-settings');
const { element, result } = require('./xml');

const API = 'https://docs.aws.amazon.com/AmazonS3/latest/API';
const GUIDE = 'https://docs.aws.amazon.com/AmazonS3/latest/userguide';

const MAX_PARTS = 10000;

function createMultipartUpload(call) {
  checkSettings(call);
  const { bucket, bucketName, headers, key, server } = call;
  const algorithm = headers['x-amz-checksum-algorithm']?.toUpperCase();
  call.rule('checksum-algorithm-name', algorithm);
  const type = algorithm && (headers['x-amz-checksum-type'] ?? defaultType(algorithm));
  call.rule('checksum-type-of-algorithm', algorithm, type);
  const id = crypto.randomBytes(32).toString('base64url');
  const settings = settingsOf(call);
  const initiated = server.clock();
  const upload = { id, key, headers, initiated, algorithm, type, settings, parts: new Map() };
  bucket.uploads.set(id, upload);
  return {
    status: 200,
    headers: {
      'content-type': 'application/xml',
      ...encryptionHeaders(settings),
      ...(algorithm ? { 'x-amz-checksum-algorithm': algorithm, 'x-amz-checksum-type': type } : {}),
    },
    body: result(
      'InitiateMultipartUploadResult',
      element('Bucket', bucketName) + element('Key', key) + element('UploadId', id),
    ),
  };
}

const defaultType = (algorithm) => (algorithm === 'CRC64NVME' ? 'FULL_OBJECT' : 'COMPOSITE');

/** The upload of a request, which is about its key only. */
function findUpload({ bucket, key, query }) {
  const id = query.get('uploadId');
  const upload = bucket.uploads.get(id);
  if (upload?.key !== key) throw noSuchUpload(id);
  return upload;
}

function uploadPart(call) {
  const upload = findUpload(call);
  const number = Number(call.query.get('partNumber'));
  call.rule('part-number', number);
  const claim = verifyContent(call);
  call.rule('checksum-algorithm-of-parts', upload, claim);
  const { body, server } = call;
  const md5OfPart = md5(body).digest('hex');
  const etag = call.rule('etag-of-encrypted', upload.settings, md5OfPart) ?? md5OfPart;
  const value = upload.algorithm && checksum(upload.algorithm, body);
  const part = { number, body, etag, md5: md5OfPart, checksum: value, claim };
  upload.parts.set(number, { ...part, lastModified: server.clock() });
  return {
    status: 200,
    headers: {
      etag: `"${etag}"`,
      ...encryptionHeaders(upload.settings),
      ...checksumHeader(
        claim ?? (upload.algorithm ? undefined : call.rule('default-checksum', body)),
      ),
    },
  };
}

const checksumHeader = (sum) => (sum ? { [headerOf(sum.algorithm)]: sum.value } : {});

function abortMultipartUpload(call) {
  const id = call.query.get('uploadId');
  if (!call.rule('abort-of-completed', id)) {
    findUpload(call);
    call.bucket.uploads.delete(id);
  }
  return { status: 204 };
}

const RULES = [
  {
    name: 'checksum-algorithm-name',
    rule: 'An upload in parts names a checksum algorithm that S3 has: else 400 InvalidRequest. (This server has the five that the AWS SDKs compute.)',
    source: `${API}/API_CreateMultipartUpload.html`,
    apply(_, algorithm) {
      if (algorithm === undefined || ALGORITHMS.includes(algorithm)) return;
      throw invalidRequest(
        `Checksum algorithm provided is unsupported. Please try again with any of the valid types: [${ALGORITHMS.join(', ')}]`,
      );
    },
  },
  {
    name: 'checksum-type-of-algorithm',
    rule: 'CRC64NVME gives checksums of the full object only, SHA1 and SHA256 composite ones only, CRC32 and CRC32C both: else 400 InvalidRequest.',
    source: `${GUIDE}/checking-object-integrity-upload.html`,
    apply(_, algorithm, type) {
      if (algorithm === undefined) return;
      const onlyType = { CRC64NVME: 'FULL_OBJECT', SHA1: 'COMPOSITE', SHA256: 'COMPOSITE' };
      if ((onlyType[algorithm] ?? type) === type) return;
      throw invalidRequest(
        `The ${type} checksum type cannot be used with the ${algorithm.toLowerCase()} checksum algorithm.`,
      );
    },
  },
  {
    name: 'part-number',
    rule: 'Parts have numbers from 1 to 10,000: else 400 InvalidArgument.',
    source: `${GUIDE}/qfacts.html`,
    apply(_, number) {
      if (Number.isInteger(number) && number >= 1 && number <= MAX_PARTS) return;
      throw invalidArgument(
        'partNumber',
        number,
        'Part number must be an integer between 1 and 10000, inclusive',
      );
    },
  },
  {
    name: 'checksum-algorithm-of-parts',
    rule: 'Where an upload names an algorithm, the checksums of its parts are of that one, and parts of a composite checksum have to have one: else 400 InvalidRequest. (Some saw S3 compute the missing one: pgsty/silo#46. The stricter answer is given.)',
    source: 'https://github.com/versity/versitygw/issues/1342',
    apply(_, { algorithm, type }, claim) {
      if (algorithm === undefined || claim?.algorithm === algorithm) return;
      if (!claim && type === 'FULL_OBJECT') return;
      throw invalidRequest(
        `Checksum Type mismatch occurred, expected checksum Type: ${algorithm.toLowerCase()}, actual checksum Type: ${claim?.algorithm.toLowerCase() ?? 'null'}`,
      );
    },
  },
  {
    name: 'abort-of-completed',
    rule: 'AbortMultipartUpload of an upload that has been completed succeeds for some hours, and changes nothing. (The API reference has 404 NoSuchUpload.)',
    source: 'https://github.com/minio/minio/issues/2250',
    apply: ({ bucket }, id) => bucket.completedUploads.has(id),
  },
];

module.exports = {
  createMultipartUpload,
  uploadPart,
  abortMultipartUpload,
  findUpload,
  RULES,
};
