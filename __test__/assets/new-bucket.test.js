'use strict';

// A bucket that was created a moment ago, on the strict S3: not all of S3 knows it, the answer to its
// creation is lost, or another deployment is creating it at the same time.

const assert = require('node:assert/strict');
const crypto = require('node:crypto');
const { test } = require('node:test');
const { openStrictS3 } = require('../support/aws/use-strict-s3');
const { createAssetProject, BUCKET } = require('../support/litexa/project');

const FILES = { 'default/meow.mp3': 'meow' };
const LARGE_FILE = { 'default/film.mp4': crypto.randomBytes(17 * 1024 * 1024) };
const REGIONS = ['us-east-1', 'eu-west-1'];

/** Asserts that the bucket was opened as the kind of public access needs it, and allows CORS. */
function assertConfigured(s3, publicAccess = 'acl') {
  const { publicAccessBlock, cors } = s3.buckets.get(BUCKET);
  const setting = publicAccess === 'acl' ? 'BlockPublicAcls' : 'BlockPublicPolicy';
  assert.equal(publicAccessBlock[setting], false, setting);
  assert.ok(cors, 'CORS');
}

for (const [operation, files, s3Options] of [
  ['PutPublicAccessBlock', FILES],
  ['PutBucketCors', FILES],
  ['PutObject', FILES],
  ['HeadObject', FILES],
  ['CreateMultipartUpload', LARGE_FILE],
  ['UploadPart', LARGE_FILE],
  ['CompleteMultipartUpload', LARGE_FILE],
  ['ListMultipartUploads', LARGE_FILE],
  ['PutBucketPolicy', FILES, { publicAccess: 'bucketPolicy' }],
  ['GetBucketPolicy', FILES, { publicAccess: 'bucketPolicy' }],
]) {
  test(`a new bucket that ${operation} does not find for 2 s is waited for`, async (t) => {
    const fault = { kind: 'new-bucket-not-found', operation, withinMs: 2000, times: Infinity };
    const s3 = await openStrictS3(t, { faults: [fault] });
    const { lines } = await createAssetProject(t, files, s3Options).deployAssets();
    assert.ok(s3.sent(operation).filter(({ status }) => status === 404).length >= 2);
    assert.equal(s3.sent(operation).at(-1).status < 300, true);
    assert.deepEqual(lines('warning'), []);
    assertConfigured(s3, s3Options?.publicAccess);
  });
}

/** Deploys a target to an existing bucket, and makes its objects old. */
async function deployToOldBucket(t, s3, properties) {
  s3.createBucket(BUCKET, properties);
  const project = createAssetProject(t, FILES, { publicAccess: 'none' });
  await project.deployAssets();
  for (const object of s3.buckets.get(BUCKET).objects.values()) object.lastModified = 0;
  s3.requests.length = 0;
  return project;
}

test('a bucket that is not new, and that S3 does not find, is an error at once', async (t) => {
  const s3 = await openStrictS3(t);
  const project = await deployToOldBucket(t, s3);
  s3.addFault({ kind: 'new-bucket-not-found', operation: 'PutObject', times: Infinity });
  project.writeAsset('default/meow.mp3', 'MEOW');
  await assert.rejects(project.deployAssets(), /NoSuchBucket/);
  assert.equal(s3.sent('PutObject').length, 1);
});

test('a bucket that is not new, and that blocks public ACLs, is an error at once', async (t) => {
  const s3 = await openStrictS3(t);
  const publicAccessBlock = { BlockPublicAcls: true };
  const project = await deployToOldBucket(t, s3, { publicAccessBlock });
  project.configureS3({}, {}, 'beta');
  await assert.rejects(project.deployAssets({ target: 'beta' }), /BlockPublicAcls/);
  assert.equal(s3.sent('PutObject').length, 1);
});

test('a bucket that S3 finds by HEAD but does not list yet is listed again', async (t) => {
  const s3 = await openStrictS3(t);
  s3.createBucket(BUCKET);
  s3.addFault({ kind: 'new-bucket-not-found', operation: 'ListObjectsV2', times: 6 });
  await createAssetProject(t, FILES).deployAssets();
  assert.deepEqual(
    [...s3.buckets.get(BUCKET).objects.keys()],
    ['cats/development/default/meow.mp3'],
  );
});

for (const operation of ['PutObject', 'PutPublicAccessBlock', 'CreateBucket']) {
  test(`${operation} is repeated while S3 works on another change of the bucket`, async (t) => {
    const faults = [{ kind: 'operation-aborted', operation, times: 2 }];
    const s3 = await openStrictS3(t, { faults });
    await createAssetProject(t, FILES).deployAssets();
    assert.deepEqual(
      s3.sent(operation).map(({ status }) => status),
      [409, 409, 200],
    );
  });
}

for (const region of REGIONS) {
  for (const kind of ['answer-lost', 'answer-cut']) {
    test(`a bucket in ${region} is configured although the answer to its creation is lost (${kind})`, async (t) => {
      const s3 = await openStrictS3(t, { region, faults: [{ kind, operation: 'CreateBucket' }] });
      const project = createAssetProject(t, FILES, {}, { awsRegion: region });
      const { lines } = await project.deployAssets();
      assert.equal(s3.sent('CreateBucket').length, 2);
      assertConfigured(s3);
      assert.deepEqual(lines('warning'), []);
    });
  }
}

test('a bucket that this account created before the first attempt is not configured', async (t) => {
  const s3 = await openStrictS3(t, {
    region: 'eu-west-1',
    faults: [{ kind: 'slow-down', operation: 'CreateBucket' }],
  });
  // S3 did not find the bucket by HEAD. It was created by something else, open, before CreateBucket.
  s3.createBucket(BUCKET);
  s3.addFault({ kind: 'refused', operation: 'HeadBucket', status: 404, code: 'NotFound' });
  await createAssetProject(t, FILES, {}, { awsRegion: 'eu-west-1' }).deployAssets();
  assert.deepEqual(
    s3.sent('CreateBucket').map(({ code }) => code),
    ['SlowDown', 'BucketAlreadyOwnedByYou'],
  );
  assert.deepEqual([s3.sent('PutPublicAccessBlock'), s3.sent('PutBucketCors')], [[], []]);
});

for (const region of REGIONS) {
  for (const publicAccess of ['acl', 'bucketPolicy']) {
    for (const [race, ms] of [
      ['see it before it is open', 300],
      ['create it again', 1500],
    ]) {
      test(`with publicAccess "${publicAccess}" in ${region}, the targets that share a new bucket and ${race} wait for the one that creates it`, async (t) => {
        const fault = { kind: 'answer-slow', operation: 'CreateBucket', ms };
        const s3 = await openStrictS3(t, { region, faults: [fault] });
        const targets = ['alpha', 'beta', 'gamma'];
        const deploy = (target) => {
          const project = createAssetProject(t, FILES);
          project.configureS3({ publicAccess }, { awsRegion: region }, target);
          return project.deployAssets({ target });
        };
        await Promise.all(targets.map(deploy));
        assertConfigured(s3, publicAccess);
        const { objects } = s3.buckets.get(BUCKET);
        const keys = targets.map((target) => `cats/${target}/default/meow.mp3`);
        const uploaded = [...objects.keys()].filter((key) => key.startsWith('cats/'));
        assert.deepEqual(uploaded.sort(), keys);
      });
    }
  }
}
