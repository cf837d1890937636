'use strict';

const crypto = require('node:crypto');
const { FUNCTION, NEW_CODE, after, base64 } = require('./fixtures');
const { createFunction, createRole, send, zipOf } = require('./fixtures');

const atOnce = { lag: 0 };
const creating = (Code) => send(['lambda:CreateFunction', { ...FUNCTION, Code }]);
const inS3 = { S3Bucket: 'code', S3Key: 'cats.zip' };

/** Puts a zip into a bucket of the strict S3. */
const staged =
  (properties, key = 'cats.zip') =>
  async (server) => {
    await after(createRole)(server);
    const { objects } = server.s3.createBucket('code', properties);
    objects.set(key, { key, body: Buffer.from(zipOf('staged')) });
  };

const sha256 = (bytes) => crypto.createHash('sha256').update(bytes).digest('base64');

/** A zip whose central directory announces a size that is not there. */
function announcing(bytes) {
  const zip = Buffer.from(zipOf('small'));
  const directory = zip.readUInt32LE(zip.length - 22 + 16);
  zip.writeUInt32LE(bytes, directory + 24);
  return zip;
}

module.exports = [
  {
    rule: 'zip-size',
    title: 'a zip of 50 MB in the request',
    options: atOnce,
    given: after(createRole),
    request: creating({ ZipFile: base64(Buffer.concat([Buffer.alloc(52_428_800), zipOf('a')])) }),
    answer: {
      status: 413,
      code: 'RequestEntityTooLargeException',
      message: 'Zipped size must be smaller than 52428800 bytes',
    },
  },
  {
    rule: 'request-size',
    title: 'a request of 70 MB',
    options: atOnce,
    given: after(createRole),
    request: send(['lambda:CreateFunction', { ...FUNCTION, padding: 'c'.repeat(70_200_000) }]),
    answer: {
      status: 413,
      message: 'Request must be smaller than 70167211 bytes for the CreateFunction operation',
    },
  },
  {
    rule: 'configuration-request-size',
    title: 'a configuration of 6,000 bytes',
    options: atOnce,
    given: after(createRole, createFunction),
    request: send([
      'lambda:UpdateFunctionConfiguration',
      { FunctionName: 'cats', padding: 'c'.repeat(6000) },
    ]),
    answer: { status: 413, message: /smaller than 5120 bytes for the UpdateFunctionConfiguration/ },
  },
  {
    rule: 'zip-format',
    title: 'code that is not a zip file',
    options: atOnce,
    given: after(createRole),
    request: creating({ ZipFile: base64('exports.handler = 1;') }),
    answer: { status: 400, message: /^Could not unzip uploaded file/ },
  },
  {
    rule: 'unzipped-size',
    title: 'code that has 250 MB unzipped',
    options: atOnce,
    given: after(createRole),
    request: creating({ ZipFile: base64(announcing(262_144_000)) }),
    answer: { status: 400, message: 'Unzipped size must be smaller than 262144000 bytes' },
  },
  {
    rule: 'code-storage',
    title: 'code for which the account has no space',
    options: { ...atOnce, codeStorageBytes: 100 },
    given: after(createRole),
    request: creating(FUNCTION.Code),
    answer: { status: 400, code: 'CodeStorageExceededException' },
  },
  {
    rule: 'code-sha256',
    title: 'the digest of new code',
    options: atOnce,
    given: after(createRole, createFunction),
    request: send(['lambda:UpdateFunctionCode', NEW_CODE]),
    answer: {
      status: 200,
      output: { CodeSha256: sha256(Buffer.from(NEW_CODE.ZipFile, 'base64')) },
    },
  },
  {
    title: 'code in S3',
    options: atOnce,
    given: staged(),
    request: creating(inS3),
    answer: { status: 201, output: { CodeSha256: sha256(zipOf('staged')) } },
  },
  {
    rule: 'code-bucket-region',
    title: 'code in a bucket of another region',
    options: atOnce,
    given: staged({ region: 'eu-west-1' }),
    request: creating(inS3),
    answer: {
      status: 400,
      code: 'InvalidParameterValueException',
      message: /PermanentRedirect\. S3 Error Message: The bucket is in this region: eu-west-1/,
    },
  },
  {
    rule: 'code-object-exists',
    title: 'an object that does not exist',
    options: atOnce,
    given: staged({}, 'dogs.zip'),
    request: creating(inS3),
    answer: { status: 400, message: /S3 Error Code: NoSuchKey/ },
  },
];
