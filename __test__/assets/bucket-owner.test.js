'use strict';

// Bucket names are global: whoever takes a name may let everyone in. Assets go to a bucket of
// the account that deploys, or of the one that the options name.

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { assertMentions } = require('../support/assertions');
const { ACCOUNT } = require('../support/aws/strict-s3/server');
const { openStrictS3 } = require('../support/aws/use-strict-s3');
const { createAssetProject, BUCKET, PREFIX } = require('../support/litexa/project');

const OTHER = '999999999999';
const OPEN = JSON.stringify({
  Statement: [{ Effect: 'Allow', Principal: '*', Action: 's3:*', Resource: '*' }],
});
const FILES = { 'default/meow.mp3': 'meow' };

const isWrite = ({ service, method }) => service === 's3' && !['GET', 'HEAD'].includes(method);
const writes = (s3) => s3.requests.filter(isWrite);
const count = (s3, name) => s3.requests.filter(({ operation }) => operation === name).length;
const owners = (s3) => [
  ...new Set(writes(s3).map(({ headers }) => headers['x-amz-expected-bucket-owner'])),
];

async function openBucket(t, account) {
  const s3 = await openStrictS3(t);
  s3.createBucket(BUCKET, { account, policy: account === ACCOUNT ? undefined : OPEN });
  return s3;
}

test('every request that writes to a bucket of the own account expects this owner', async (t) => {
  const s3 = await openBucket(t, ACCOUNT);
  const film = Buffer.alloc(17 << 20, 'film');
  const s3Configuration = {
    publicAccess: 'bucketPolicy',
    deleteRemovedAssets: true,
    uploadParams: [{ filter: ['*.png'], params: { CacheControl: 'no-cache' } }],
  };
  const files = { ...FILES, 'default/purr.png': 'purr', 'default/film.mp4': film };
  const project = createAssetProject(t, files, s3Configuration);
  await project.deployAssets();
  project.write('litexa/assets/purr.png', null);
  await project.deployAssets();
  assert.deepEqual(owners(s3), [ACCOUNT]);
  const operations = new Set(writes(s3).map(({ operation }) => operation));
  for (const name of ['PutBucketPolicy', 'CreateMultipartUpload', 'UploadPart', 'DeleteObjects']) {
    assert.ok(operations.has(name), name);
  }
});

test('a new bucket is configured and filled with its owner expected', async (t) => {
  const s3 = await openStrictS3(t);
  await createAssetProject(t, FILES).deployAssets();
  const uploads = writes(s3).filter(({ operation }) => operation === 'PutObject');
  assert.deepEqual(
    uploads.map(({ headers }) => headers['x-amz-expected-bucket-owner']),
    [ACCOUNT],
  );
});

test('an unchanged deployment asks for the account while it reads, and does not check the owner', async (t) => {
  const s3 = await openBucket(t, ACCOUNT);
  const project = createAssetProject(t, FILES);
  await project.deployAssets();
  s3.requests.length = 0;
  await project.deployAssets();
  assert.equal(count(s3, 'GetCallerIdentity'), 1);
  assert.equal(count(s3, 'HeadBucket'), 1);
  assert.deepEqual(writes(s3), []);
});

test('the bucket of another account is refused, if it has nothing of this target', async (t) => {
  const s3 = await openBucket(t, OTHER);
  await assert.rejects(createAssetProject(t, FILES).deployAssets(), ({ code, message }) => {
    assert.equal(code, 'BUCKET_UNAVAILABLE');
    assertMentions(message, BUCKET, ACCOUNT, 's3Configuration.bucketOwner');
    return true;
  });
  assert.deepEqual(writes(s3), []);
});

test('the bucket of another account that has objects of this target is used with a warning', async (t) => {
  const s3 = await openBucket(t, ACCOUNT);
  const project = createAssetProject(t, FILES);
  await project.deployAssets();
  Object.assign(s3.buckets.get(BUCKET), { account: OTHER, policy: OPEN });
  project.writeAsset('default/meow.mp3', 'hiss');
  const { lines } = await project.deployAssets();
  assertMentions(lines('warning').join('\n'), BUCKET, ACCOUNT, 's3Configuration.bucketOwner');
  assert.equal(
    String(s3.buckets.get(BUCKET).objects.get(`${PREFIX}default/meow.mp3`).body),
    'hiss',
  );
});

for (const [title, s3Configuration] of [
  ['bucketOwner', { bucketOwner: OTHER }],
  ['ExpectedBucketOwner', { uploadParams: [{ params: { ExpectedBucketOwner: OTHER } }] }],
  ['both', { bucketOwner: OTHER, uploadParams: [{ params: { ExpectedBucketOwner: OTHER } }] }],
]) {
  test(`the bucket of another account is used if the options name it: ${title}`, async (t) => {
    const s3 = await openBucket(t, OTHER);
    const { lines } = await createAssetProject(t, FILES, s3Configuration).deployAssets();
    assert.deepEqual(owners(s3), [OTHER]);
    assert.ok(!lines('warning').join('\n').includes('account'));
  });

  test(`a bucket of any other account is refused if the options name one: ${title}`, async (t) => {
    for (const account of [ACCOUNT, '111111111111']) {
      const s3 = await openBucket(t, account);
      await assert.rejects(createAssetProject(t, FILES, s3Configuration).deployAssets(), {
        code: 'BUCKET_UNAVAILABLE',
      });
      assert.deepEqual(writes(s3), []);
    }
  });
}

test('two owners in the options are an error that names both, before any request', async (t) => {
  const s3 = await openBucket(t, ACCOUNT);
  const uploadParams = [{ params: { ExpectedBucketOwner: OTHER } }];
  const project = createAssetProject(t, FILES, { bucketOwner: ACCOUNT, uploadParams });
  await assert.rejects(project.deployAssets(), ({ code, message }) => {
    assert.equal(code, 'INVALID_OPTION');
    assertMentions(message, ACCOUNT, OTHER, 'bucketOwner', 'ExpectedBucketOwner');
    return true;
  });
  assert.deepEqual(s3.requests, []);
});

test('STS is not asked where the credentials name their account', async (t) => {
  const s3 = await openBucket(t, ACCOUNT);
  process.env.AWS_ACCOUNT_ID = ACCOUNT;
  await createAssetProject(t, FILES).deployAssets();
  assert.equal(count(s3, 'GetCallerIdentity'), 0);
  assert.deepEqual(owners(s3), [ACCOUNT]);
});

test('without an answer of STS, assets are deployed with a warning', async (t) => {
  const s3 = await openBucket(t, ACCOUNT);
  const isSts = ({ service }) => service === 'sts';
  s3.addFault({ kind: 'refused', status: 403, code: 'AccessDenied', times: 99, when: isSts });
  const { lines } = await createAssetProject(t, FILES).deployAssets();
  assert.equal(lines('warning').length, 1);
  assertMentions(lines('warning')[0], 'sts:GetCallerIdentity', BUCKET);
});
