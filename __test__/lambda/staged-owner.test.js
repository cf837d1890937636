'use strict';

// A package that goes through S3 is uploaded to a bucket of the own account only, and S3 verifies it. The bucket
// may be new.

const assert = require('node:assert/strict');
const crypto = require('node:crypto');
const { test } = require('node:test');
const { assertMentions } = require('../support/assertions');
const { s3Error } = require('../support/aws/errors');
const { keyOf } = require('../support/aws/proxy');
const { useAws } = require('../support/aws/use-aws');
const { createProject, BUCKET } = require('../support/litexa/project');

const aws = useAws();

const MIB = 1024 * 1024;
const EXPECTED = 'x-amz-expected-bucket-owner';
const OTHER = '999999999999';

/** Creates a project whose package is too large for a request to Lambda. */
function createLargeProject(t) {
  const project = createProject(t);
  project.installPackage('whale/index.js', crypto.randomBytes(51 * MIB));
  return project;
}

test('a package in S3 is uploaded with the account of the credentials as the expected owner', async (t) => {
  await aws.client.createBucket(BUCKET);
  await createLargeProject(t).deployHandler({ s3Configuration: { bucketName: BUCKET } });
  const uploads = aws.requests('PutObject').filter((request) => keyOf(request).endsWith('.zip'));
  assert.deepEqual(
    uploads.map(({ headers }) => headers[EXPECTED]),
    [aws.id],
  );
});

test('a package in S3 waits for a bucket that is not known everywhere yet', async (t) => {
  await aws.client.createBucket(BUCKET);
  for (const operation of ['ListObjectsV2', 'PutObject']) {
    aws.answer(operation, s3Error(404, 'NoSuchBucket'), { times: 2 });
  }
  await createLargeProject(t).deployHandler({ s3Configuration: { bucketName: BUCKET } });
  // The owner is verified before anything is changed, and again before the upload.
  assert.deepEqual([aws.count('ListObjectsV2'), aws.count('PutObject')], [4, 3]);
});

for (const s3Configuration of [{}, { bucketOwner: OTHER }]) {
  test(`a package is not uploaded to a bucket of another account with ${JSON.stringify(s3Configuration)}`, async (t) => {
    await aws.client.createBucket(BUCKET);
    aws.intercept(({ operation, headers }) => {
      const isRefused = headers[EXPECTED] !== undefined && headers[EXPECTED] !== OTHER;
      return operation === 'ListObjectsV2' && isRefused ? { status: 403 } : undefined;
    });
    const options = { s3Configuration: { bucketName: BUCKET, ...s3Configuration } };
    const { error } = await createLargeProject(t).failToDeployHandler(options);
    assert.equal(error.code, 'BUCKET_UNAVAILABLE');
    assertMentions(error.message, BUCKET, aws.id, 's3Configuration.bucketName');
    assert.ok(!aws.requests('PutObject').some((request) => keyOf(request).endsWith('.zip')));
  });
}
