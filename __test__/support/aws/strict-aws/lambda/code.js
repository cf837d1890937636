'use strict';

// The code of functions: a zip file in the request or in S3.

const crypto = require('node:crypto');
const { AwsError, invalidParameter } = require('../errors');

const QUOTAS = 'https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html';

const MAX_ZIP_BYTES = 52_428_800;
const MAX_UNZIPPED_BYTES = 262_144_000;
const MAX_REQUEST_BYTES = 70_167_211;
const MAX_CONFIGURATION_BYTES = 5120;

/** Returns `{CodeSha256, CodeSize}` of the code that a request gives. */
function readCode(call) {
  const code = call.input.Code ?? call.input;
  const zip = code.S3Bucket ? readObject(call, code) : Buffer.from(code.ZipFile ?? '', 'base64');
  if (!code.S3Bucket) call.rule('zip-size', zip);
  call.rule('request-size');
  const sizes = unzippedSizes(zip);
  call.rule('zip-format', sizes);
  call.rule('unzipped-size', sizes ?? []);
  call.rule('code-storage', zip);
  const sha = crypto.createHash('sha256').update(zip).digest('base64');
  return { CodeSha256: call.rule('code-sha256', sha) ?? '', CodeSize: zip.length };
}

function readObject(call, { S3Bucket, S3Key }) {
  const bucket = call.server.s3.buckets.get(S3Bucket);
  call.rule('code-bucket-region', bucket);
  const object = bucket?.objects.get(S3Key);
  call.rule('code-object-exists', bucket, object);
  return object?.body ?? Buffer.alloc(0);
}

/** Returns the sizes of a zip file's entries by its central directory; `undefined` if it has none. */
function unzippedSizes(zip) {
  const end = zip.lastIndexOf(Buffer.from([0x50, 0x4b, 5, 6]));
  if (end < 0 || zip.length < end + 22) return undefined;
  const sizes = [];
  let at = zip.readUInt32LE(end + 16);
  for (let left = zip.readUInt16LE(end + 10); left > 0; left -= 1) {
    if (at + 46 > zip.length || zip.readUInt32LE(at) !== 0x02014b50) return undefined;
    sizes.push(zip.readUInt32LE(at + 24));
    const lengths = [28, 30, 32].map((offset) => zip.readUInt16LE(at + offset));
    at += 46 + lengths.reduce((sum, length) => sum + length, 0);
  }
  return sizes;
}

/** The bytes of all code that an account has in a region. */
function storedBytes({ place }) {
  const all = [...place.functions.values()].flatMap(({ latest, versions }) => [
    latest,
    ...versions,
  ]);
  return all.reduce((sum, { CodeSize }) => sum + CodeSize, 0);
}

const s3Refusal = (code, message) =>
  invalidParameter(
    `Error occurred while GetObject. S3 Error Code: ${code}. S3 Error Message: ${message}`,
  );

const tooLarge = (message) => new AwsError(413, 'RequestEntityTooLargeException', message);

const RULES = [
  {
    name: 'zip-size',
    rule: 'A zip file in a request has less than 50 MB: else 413 RequestEntityTooLargeException.',
    source: 'https://github.com/localstack/localstack/pull/9697',
    apply(_, zip) {
      if (zip.length < MAX_ZIP_BYTES) return;
      throw tooLarge(`Zipped size must be smaller than ${MAX_ZIP_BYTES} bytes`);
    },
  },
  {
    name: 'request-size',
    rule: 'A request with code has less than 70,167,211 bytes: else 413 RequestEntityTooLargeException.',
    source: 'https://github.com/localstack/localstack/pull/9697',
    apply({ raw, operation }) {
      if (raw.length < MAX_REQUEST_BYTES) return;
      throw tooLarge(
        `Request must be smaller than ${MAX_REQUEST_BYTES} bytes for the ${operation} operation`,
      );
    },
  },
  {
    name: 'configuration-request-size',
    rule: 'UpdateFunctionConfiguration has less than 5,120 bytes: else 413 RequestEntityTooLargeException.',
    source: 'https://github.com/motdotla/node-lambda/issues/212',
    apply({ raw, operation }) {
      if (raw.length < MAX_CONFIGURATION_BYTES) return;
      throw tooLarge(
        `Request must be smaller than ${MAX_CONFIGURATION_BYTES} bytes for the ${operation} operation`,
      );
    },
  },
  {
    name: 'zip-format',
    rule: 'Code is a zip file with a central directory: else 400 InvalidParameterValueException.',
    source: 'https://docs.aws.amazon.com/lambda/latest/dg/troubleshooting-deployment.html',
    apply(_, sizes) {
      if (sizes?.length > 0) return;
      throw invalidParameter(
        'Could not unzip uploaded file. Please check your file, then try to upload again.',
      );
    },
  },
  {
    name: 'unzipped-size',
    rule: 'Code has less than 250 MB unzipped: else 400 InvalidParameterValueException.',
    source: QUOTAS,
    apply(_, sizes) {
      if (sizes.reduce((sum, size) => sum + size, 0) < MAX_UNZIPPED_BYTES) return;
      throw invalidParameter(`Unzipped size must be smaller than ${MAX_UNZIPPED_BYTES} bytes`);
    },
  },
  {
    name: 'code-storage',
    rule: 'All code of an account in a region, versions included, has at most 75 GB: else 400 CodeStorageExceededException.',
    source: QUOTAS,
    apply(call, zip) {
      if (storedBytes(call) + zip.length <= call.server.codeStorageBytes) return;
      throw new AwsError(400, 'CodeStorageExceededException', 'Code storage limit exceeded.');
    },
  },
  {
    name: 'code-sha256',
    rule: 'Answers have the SHA-256 of the zip file in base64.',
    source: 'https://docs.aws.amazon.com/lambda/latest/api/API_FunctionConfiguration.html',
    apply: (_, sha) => sha,
  },
  {
    name: 'code-bucket-region',
    rule: 'A bucket with code is in the region of the function: else 400 InvalidParameterValueException with PermanentRedirect.',
    source: 'https://github.com/hashicorp/terraform/issues/16821',
    apply({ region }, bucket) {
      if (!bucket || bucket.region === region) return;
      throw s3Refusal(
        'PermanentRedirect',
        `The bucket is in this region: ${bucket.region}. Please use this region to retry the request`,
      );
    },
  },
  {
    name: 'code-object-exists',
    rule: 'The bucket and the object with code exist: else 400 InvalidParameterValueException with NoSuchBucket or NoSuchKey.',
    source: 'https://docs.aws.amazon.com/lambda/latest/dg/troubleshooting-deployment.html',
    apply(_, bucket, object) {
      if (!bucket) throw s3Refusal('NoSuchBucket', 'The specified bucket does not exist');
      if (!object) throw s3Refusal('NoSuchKey', 'The specified key does not exist.');
    },
  },
];

module.exports = { readCode, RULES };
