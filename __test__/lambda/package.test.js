'use strict';

// The upload of a package: in the request, or through S3 if it is too large for that.

const assert = require('node:assert/strict');
const crypto = require('node:crypto');
const { test } = require('node:test');
const { setTimeout: sleep } = require('node:timers/promises');
const litexa = require('../..');
const errors = require('../support/aws/errors');
const { useAws } = require('../support/aws/use-aws');
const { createProject, NAMES } = require('../support/litexa/project');

const BUCKET = 'cats-assets';
const LARGE_BYTES = 53 * 1024 * 1024; // The module sends up to 50 MiB in a request.

const aws = useAws();

/** Creates a project with a dependency that cannot be compressed. */
function createLargeProject(t) {
  const project = createProject(t);
  project.write('litexa/package.json', JSON.stringify({ dependencies: { whale: '1.0.0' } }));
  project.write('litexa/node_modules/whale/package.json', '{"name": "whale", "version": "1.0.0"}');
  project.write('litexa/node_modules/whale/whale.bin', crypto.randomBytes(LARGE_BYTES));
  return project;
}

const withBucket = (bucketName) => ({ s3Configuration: { bucketName } });

test('a package over 50 MiB is uploaded as a private object, which is then deleted', async (t) => {
  const project = createLargeProject(t);
  await aws.client.createBucket(BUCKET);
  await project.deployHandler(withBucket(BUCKET));

  const [{ Code }] = aws.sent('CreateFunction');
  assert.equal(Code.S3Bucket, BUCKET);
  assert.equal(Code.ZipFile, undefined);
  assert.ok(!Code.S3Key.startsWith('cats/'), 'its prefix is not public');
  const [put] = aws.requests('PutObject');
  assert.equal(put.headers['x-amz-acl'], undefined);
  const [removed] = aws.requests('DeleteObject');
  assert.ok(removed.path.includes(Code.S3Key));
  assert.deepEqual(await aws.client.listObjects(BUCKET), []);
  const { CodeSize } = (await aws.client.getFunction(NAMES.function)).Configuration;
  assert.ok(CodeSize > LARGE_BYTES);

  aws.clearRequests();
  await project.deployHandler(withBucket(BUCKET));
  assert.deepEqual(aws.writes(), []);
});

test('a staged package has the encryption and the owner that uploadParams set by default', async (t) => {
  await aws.client.createBucket(BUCKET);
  const params = {
    ServerSideEncryption: 'AES256',
    ExpectedBucketOwner: aws.emulator.account,
    CacheControl: 'no-cache',
  };
  const other = { filter: ['*.mp3'], params: { ServerSideEncryption: 'aws:kms' } };
  const s3Configuration = { bucketName: BUCKET, uploadParams: [other, { params }] };
  await createLargeProject(t).deployHandler({ s3Configuration });
  const [{ headers }] = aws.requests('PutObject');
  assert.equal(headers['x-amz-server-side-encryption'], 'AES256');
  assert.equal(headers['x-amz-expected-bucket-owner'], aws.emulator.account);
  assert.equal(headers['cache-control'], undefined);
});

test('the object is deleted, too, if Lambda rejects the package', async (t) => {
  await aws.client.createBucket(BUCKET);
  aws.answer('CreateFunction', errors.accessDenied('lambda:CreateFunction'));
  const { error } = await createLargeProject(t).failToDeployHandler(withBucket(BUCKET));
  assert.equal(error.code, 'ACCESS_DENIED');
  assert.deepEqual(await aws.client.listObjects(BUCKET), []);
});

test('the upload waits for a bucket that the assets are creating', async (t) => {
  const project = createLargeProject(t);
  project.write('litexa/assets/meow.mp3', 'meow');
  // Longer than the wait for a bucket that no deployment is creating.
  aws.answer('CreateBucket', () => sleep(7000), { times: 1 });
  const context = project.context(withBucket(BUCKET));
  await Promise.all([
    litexa.lambda.deploy(context, context.logger),
    litexa.assets.deploy(context, context.logger),
  ]);
  assert.equal(aws.sent('CreateFunction')[0].Code.S3Bucket, BUCKET);
});

for (const [what, options, message] of [
  ['no bucket is configured', {}, /s3Configuration\.bucketName/],
  ['the bucket is missing', withBucket(BUCKET), /cats-assets/],
]) {
  test(`a package over 50 MiB is an error if ${what}, before any change`, async (t) => {
    const { error } = await createLargeProject(t).failToDeployHandler(options);
    assert.equal(error.code, 'INVALID_PACKAGE');
    assert.match(error.message, message);
    assert.match(error.message, /\b52\.4 MB\b.*S3/);
    assert.deepEqual(aws.writes(), []);
  });
}

test('the error for a package over 250 MB unpacked names its largest parts, before any change', async (t) => {
  const project = createProject(t);
  project.write('litexa/package.json', JSON.stringify({ dependencies: { whale: '1.0.0' } }));
  project.write('litexa/node_modules/whale/whale.bin', Buffer.alloc(263 * 1000 * 1000));
  const { error } = await project.failToDeployHandler();

  assert.equal(error.code, 'INVALID_PACKAGE');
  assert.match(error.message, /whale\W+(?:250\.8|263)/);
  assert.deepEqual(aws.writes(), []);
});
