'use strict';

// A bucket that was created a moment ago, on the strict S3: not all of S3 knows it, the answer to its
// creation is lost, or another deployment is creating it at the same time.

const assert = require('node:assert/strict');
const crypto = require('node:crypto');
const { test } = require('node:test');
const { KEYS } = require('../support/aws/strict-s3/server');
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
  ['CreateMultipartUpload', LARGE_FILE],
  ['UploadPart', LARGE_FILE],
  ['CompleteMultipartUpload', LARGE_FILE],
  ['ListMultipartUploads', LARGE_FILE],
  ['PutBucketPolicy', FILES, { publicAccess: 'bucketPolicy' }],
  ['GetBucketPolicy', FILES, { publicAccess: 'bucketPolicy' }],
]) {
  test(`a new bucket that ${operation} does not find three times is waited for`, async (t) => {
    const fault = { kind: 'new-bucket-not-found', operation, times: 3 };
    const s3 = await openStrictS3(t, { faults: [fault] });
    const { lines } = await createAssetProject(t, files, s3Options).deployAssets();
    assert.ok(s3.sent(operation).filter(({ status }) => status === 404).length >= 3);
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

const BLOCKED = {
  BlockPublicAcls: true,
  IgnorePublicAcls: true,
  BlockPublicPolicy: true,
  RestrictPublicBuckets: true,
};
const MINUTE_MS = 60_000;

for (const [publicAccess, setting, operation] of [
  ['acl', 'BlockPublicAcls', 'PutObject'],
  ['bucketPolicy', 'BlockPublicPolicy', 'PutBucketPolicy'],
]) {
  for (const minutes of [6, 60]) {
    test(`an empty bucket of ${minutes} min that has ${setting} on is an error at once`, async (t) => {
      const s3 = await openStrictS3(t);
      const createdAt = Date.now() - minutes * MINUTE_MS;
      s3.createBucket(BUCKET, { publicAccessBlock: BLOCKED, createdAt });
      // Buckets with other names, which do not count.
      for (const name of [`${BUCKET}-2`, 'a']) s3.createBucket(name, { createdAt: Date.now() });
      const project = createAssetProject(t, FILES, { publicAccess });
      await assert.rejects(project.deployAssets(), new RegExp(setting));
      assert.equal(s3.sent(operation).length, 1);
    });
  }
}

const [[ACCESS_KEY, OWNER]] = Object.entries(KEYS);

for (const minutes of [-60, 60]) {
  test(`the age of a bucket is right on a machine whose clock is ${minutes} min off`, async (t) => {
    const clock = () => Date.now() - minutes * MINUTE_MS;
    for (const [age, requests] of [
      [10, 1],
      [0, 2],
    ]) {
      const s3 = await openStrictS3(t, { clock });
      const createdAt = clock() - age * MINUTE_MS;
      const bucket = s3.createBucket(BUCKET, { publicAccessBlock: BLOCKED, createdAt });
      const open = () => (bucket.publicAccessBlock = {});
      const deployment = createAssetProject(t, FILES).deployAssets();
      const outcome = deployment.then(
        () => 'deployed',
        (error) => error.code,
      );
      if (age === 0) {
        while (s3.sent('PutObject').length === 0) await new Promise((done) => setTimeout(done, 5));
        open();
      }
      assert.equal(await outcome, age === 0 ? 'deployed' : 'ACCESS_DENIED');
      assert.ok(s3.sent('PutObject').length >= requests);
    }
  });
}

test("without the permission to list the account's buckets, an empty bucket counts as a new one", async (t) => {
  const actions = ['s3:ListBucket', 's3:PutObject', 's3:PutObjectAcl'];
  const policy = { Statement: [{ Effect: 'Allow', Action: actions, Resource: '*' }] };
  const s3 = await openStrictS3(t, { keys: { [ACCESS_KEY]: { ...OWNER, policy } } });
  const bucket = s3.createBucket(BUCKET, { publicAccessBlock: BLOCKED });
  const open = setTimeout(() => (bucket.publicAccessBlock = {}), 1500);
  t.after(() => clearTimeout(open));
  const { lines } = await createAssetProject(t, FILES).deployAssets();
  assert.equal(s3.sent('ListBuckets')[0].status, 403);
  assert.ok(s3.sent('PutObject').length > 1);
  assert.deepEqual(lines('warning'), []);
});

test('the age of a bucket is not asked for where nothing depends on it', async (t) => {
  const s3 = await openStrictS3(t);
  const project = await deployToOldBucket(t, s3);
  project.writeAsset('default/meow.mp3', 'MEOW');
  await project.deployAssets();
  project.configureS3({ publicAccess: 'acl' });
  await project.deployAssets();
  assert.deepEqual(s3.sent('ListBuckets'), []);
});

for (const [what, files] of [
  ['an object', FILES],
  ['an object without content', { 'default/meow.mp3': '' }],
]) {
  test(`${what} in a new bucket that is not found by HEAD is asked for by a request with a body`, async (t) => {
    const found = ['HeadObject', 'GetObject'];
    const fault = { kind: 'new-bucket-not-found', operation: found, times: 3 };
    const s3 = await openStrictS3(t, { faults: [fault] });
    const { lines } = await createAssetProject(t, files).deployAssets();
    // The first one is sent before there is a bucket.
    assert.equal(s3.sent('HeadObject').length, 2);
    assert.deepEqual(
      s3.sent('GetObject').map(({ status }) => status),
      [404, 404, files === FILES ? 206 : 416],
    );
    assert.deepEqual(lines('warning'), []);
  });
}

test('an object that is missing from a new bucket is not waited for', async (t) => {
  const s3 = await openStrictS3(t);
  // Anyone may list the bucket, so that S3 shows that the key is missing.
  const isProbe = ({ headers, operation }) => {
    if (headers.authorization || operation !== 'HeadObject') return false;
    const everyone = { Effect: 'Allow', Principal: '*', Action: 's3:*', Resource: '*' };
    const bucket = s3.buckets.get(BUCKET);
    if (!bucket) return false;
    bucket.policy = JSON.stringify({ Version: '2012-10-17', Statement: [everyone] });
    bucket.publicAccessBlock = {};
    bucket.objects.clear();
    return false;
  };
  s3.addFault({ kind: 'refused', when: isProbe });
  const { lines } = await createAssetProject(t, FILES).deployAssets();
  assert.deepEqual([s3.sent('HeadObject').length, s3.sent('GetObject').length], [2, 1]);
  assert.match(lines('warning').join(), /anonymous request .* HTTP status 404/);
});

test('the owner of a bucket that another deployment has just created is checked when S3 finds it', async (t) => {
  const s3 = await openStrictS3(t);
  s3.createBucket(BUCKET, { createdAt: Date.now() });
  const isCheck = ({ headers }) => headers['x-amz-expected-bucket-owner'] !== undefined;
  const fault = { kind: 'new-bucket-not-found', operation: 'ListObjectsV2', when: isCheck };
  s3.addFault({ ...fault, times: 2 });
  await createAssetProject(t, FILES).deployAssets();
  assert.equal(s3.sent('ListObjectsV2').filter(({ status }) => status === 404).length, 2);
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
