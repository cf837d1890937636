'use strict';

// The statements of the documented policies for S3 are sufficient with their condition, which keeps assets out
// of buckets of other accounts. The strict S3 evaluates conditions; emulators do not.

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { isDenial } = require('../support/assertions');
const { documentedStatements } = require('../support/aws/iam-user');
const { ACCOUNT } = require('../support/aws/strict-s3/server');
const { openStrictS3 } = require('../support/aws/use-strict-s3');
const { createAssetProject, BUCKET, PREFIX } = require('../support/litexa/project');

const OTHER = '999999999999';
const FILES = { 'default/meow.mp3': 'meow', 'default/film.mp4': Buffer.alloc(17 << 20, 'film') };
const OPEN = JSON.stringify({
  Statement: [{ Effect: 'Allow', Principal: '*', Action: 's3:*', Resource: '*' }],
});

const isAboutS3 = ({ Action }) => [Action].flat().some((action) => action.startsWith('s3:'));
const STATEMENTS = documentedStatements().filter(isAboutS3);

/** Starts an S3 whose only user may do what the statements allow. */
function openS3(t, { statements = STATEMENTS, account = ACCOUNT } = {}) {
  const text = JSON.stringify({ Version: '2012-10-17', Statement: statements })
    .replaceAll('myAccountId', account)
    .replaceAll('myBucketName', BUCKET);
  const user = { account: ACCOUNT, arn: `arn:aws:iam::${ACCOUNT}:user/deployer` };
  const keys = { AKIADEPLOYER: { secret: 'secret', ...user, policy: JSON.parse(text) } };
  return openStrictS3(t, { keys });
}

const withoutConditions = (statements) =>
  statements.map(({ Condition: _, ...statement }) => statement);

const denials = ({ lines }) => lines().filter(isDenial);
const keysIn = (s3) => [...s3.buckets.get(BUCKET).objects.keys()].sort();

test('every statement for the bucket is limited to the own account', () => {
  const forBucket = STATEMENTS.filter(({ Resource }) => Resource !== '*');
  assert.ok(forBucket.length > 5);
  for (const { Sid, Condition } of forBucket) {
    assert.deepEqual(Condition, { StringEquals: { 'aws:ResourceAccount': 'myAccountId' } }, Sid);
  }
});

for (const publicAccess of ['acl', 'bucketPolicy', 'none']) {
  test(`the statements are sufficient for a new bucket with publicAccess "${publicAccess}"`, async (t) => {
    const s3 = await openS3(t);
    const options = {
      publicAccess,
      deleteRemovedAssets: true,
      uploadParams: [{ params: { CacheControl: 'no-cache' } }],
    };
    const project = createAssetProject(t, FILES, options);
    assert.deepEqual(denials(await project.deployAssets()), []);
    project.configureS3({ ...options, uploadParams: [{ params: { CacheControl: 'max-age=60' } }] });
    project.write('litexa/assets/film.mp4', null);
    assert.deepEqual(denials(await project.deployAssets()), []);
    assert.deepEqual(
      keysIn(s3).filter((key) => key.startsWith(PREFIX)),
      [`${PREFIX}default/meow.mp3`],
    );
  });
}

test('a bucket of another account is not touched, although it lets everyone in', async (t) => {
  const s3 = await openS3(t);
  s3.createBucket(BUCKET, { account: OTHER, policy: OPEN });
  await assert.rejects(createAssetProject(t, FILES).deployAssets(), { code: 'BUCKET_UNAVAILABLE' });
  assert.deepEqual(keysIn(s3), []);
});

test('the condition decides, also where the bucket has objects of this target', async (t) => {
  for (const [statements, isUploaded] of [
    [STATEMENTS, false],
    [withoutConditions(STATEMENTS), true],
  ]) {
    const s3 = await openS3(t, { statements });
    s3.createBucket(BUCKET);
    const project = createAssetProject(t, FILES);
    await project.deployAssets();
    Object.assign(s3.buckets.get(BUCKET), { account: OTHER, policy: OPEN });
    project.writeAsset('default/purr.png', 'purr');
    await project.deployAssets().catch(({ code }) => assert.equal(code, 'BUCKET_UNAVAILABLE'));
    assert.equal(keysIn(s3).includes(`${PREFIX}default/purr.png`), isUploaded);
  }
});

test('with the ID of another account in the condition, a bucket of that account is used', async (t) => {
  const s3 = await openS3(t, { account: OTHER });
  s3.createBucket(BUCKET, { account: OTHER, policy: OPEN });
  const project = createAssetProject(t, FILES, { bucketOwner: OTHER });
  assert.deepEqual(denials(await project.deployAssets()), []);
  assert.equal(keysIn(s3).length, 2);
});
