'use strict';

// A bucket is looked up by HeadBucket, whose answers have no body. Where one leaves open why, a request
// with a body decides.

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { assertMentions } = require('../support/assertions');
const { KEYS } = require('../support/aws/strict-s3/server');
const { openStrictS3 } = require('../support/aws/use-strict-s3');
const { useEnvironment } = require('../support/environment');
const { createAssetProject, BUCKET, PREFIX } = require('../support/litexa/project');

const [[ACCESS_KEY, OWNER]] = Object.entries(KEYS);
const FILES = { 'default/meow.mp3': 'meow' };
const MINUTE_MS = 60_000;

const operations = (s3) => s3.requests.map(({ operation }) => operation);

const failToDeploy = (t) =>
  createAssetProject(t, FILES)
    .deployAssets()
    .then(
      () => assert.fail('the deployment succeeded'),
      (error) => error,
    );

for (const [code, expected] of [
  ['InvalidAccessKeyId', 'MISSING_CREDENTIALS'],
  ['SignatureDoesNotMatch', 'MISSING_CREDENTIALS'],
  ['AllAccessDisabled', 'ACCESS_DENIED'],
  ['AccountProblem', 'AWS_REQUEST_REJECTED'],
  ['AccessDenied', 'BUCKET_UNAVAILABLE'],
]) {
  test(`the error for HEAD 403 names the reason that S3 gives to a listing: ${code}`, async (t) => {
    const message = `${code} in the words of S3`;
    const isSigned = ({ headers }) => Boolean(headers.authorization);
    const fault = { kind: 'refused', status: 403, code, message, times: Infinity, when: isSigned };
    const s3 = await openStrictS3(t, { faults: [fault] });
    s3.createBucket(BUCKET);
    const error = await failToDeploy(t);
    assert.equal(error.code, expected);
    assertMentions(error.message, BUCKET, message);
    assert.ok(!operations(s3).includes('PutObject'));
  });
}

test('the error for an unknown access key or a wrong secret is about the credentials', async (t) => {
  const s3 = await openStrictS3(t);
  s3.createBucket(BUCKET);
  for (const [name, value] of [
    ['AWS_ACCESS_KEY_ID', 'AKIAUNKNOWN000000000'],
    ['AWS_SECRET_ACCESS_KEY', 'wrong'],
  ]) {
    const restore = useEnvironment({ ...s3.env, [name]: value });
    const { code, message } = await failToDeploy(t);
    restore();
    assert.equal(code, 'MISSING_CREDENTIALS', message);
    assert.doesNotMatch(message, /another account|another name/);
  }
});

for (const region of ['us-east-1', 'eu-west-1']) {
  const policy = {
    Statement: [
      {
        Effect: 'Allow',
        Action: 's3:ListBucket',
        Resource: '*',
        Condition: { StringLike: { 's3:prefix': [`${PREFIX}*`, `.litexa-deploy-aws/${PREFIX}*`] } },
      },
      {
        Effect: 'Allow',
        Action: ['s3:GetObject', 's3:PutObject', 's3:PutObjectAcl'],
        Resource: '*',
      },
    ],
  };
  test(`a bucket in ${region} is usable with a policy that allows listing by the prefix of the target only`, async (t) => {
    const s3 = await openStrictS3(t, { keys: { [ACCESS_KEY]: { ...OWNER, policy } } });
    s3.createBucket(BUCKET, { region });
    await createAssetProject(t, FILES).deployAssets();
    assert.ok(s3.buckets.get(BUCKET).objects.has(`${PREFIX}default/meow.mp3`));
  });
}

test('the error for the bucket of another account names the option', async (t) => {
  const s3 = await openStrictS3(t);
  s3.createBucket(BUCKET, { account: '999999999999' });
  const { code, message } = await failToDeploy(t);
  assert.equal(code, 'BUCKET_UNAVAILABLE');
  assertMentions(message, BUCKET, 's3Configuration.bucketName');
});

for (const minutes of [20, 60, 120, -20]) {
  test(`assets are deployed by a machine whose clock is ${minutes} min off, with one warning`, async (t) => {
    const s3 = await openStrictS3(t, { clock: () => Date.now() + minutes * MINUTE_MS });
    // Into a new bucket, and into one that exists.
    const project = createAssetProject(t, FILES);
    for (const content of ['meow', 'hiss']) {
      project.writeAsset('default/meow.mp3', content);
      const { lines } = await project.deployAssets();
      assert.equal(lines('warning').length, 1, lines('warning').join('\n'));
      assert.match(lines('warning')[0], /\bclock\b/);
      const { body } = s3.buckets.get(BUCKET).objects.get(`${PREFIX}default/meow.mp3`);
      assert.equal(String(body), content);
    }
  });
}

test('the error for a clock that cannot be corrected names the clock', async (t) => {
  const code = 'RequestTimeTooSkewed';
  const isSigned = ({ headers }) => Boolean(headers.authorization);
  const fault = { kind: 'refused', status: 403, code, times: Infinity, when: isSigned };
  const s3 = await openStrictS3(t, { faults: [fault] });
  s3.createBucket(BUCKET);
  const error = await failToDeploy(t);
  assert.equal(error.code, 'AWS_REQUEST_REJECTED');
  assertMentions(error.message, code, /\bSet the clock\b/);
});

for (const redirect of [301, 307, 400]) {
  test(`a bucket of another region is used in its region after HeadBucket answers ${redirect}`, async (t) => {
    const s3 = await openStrictS3(t);
    s3.createBucket(BUCKET, { region: 'eu-west-1', redirect });
    const { lines } = await createAssetProject(t, FILES).deployAssets();
    assert.deepEqual(lines('warning'), []);
    assert.ok(s3.buckets.get(BUCKET).objects.has(`${PREFIX}default/meow.mp3`));
  });
}

test('HeadBucket is the only request that looks up a bucket that it finds', async (t) => {
  const s3 = await openStrictS3(t);
  s3.createBucket(BUCKET);
  const project = createAssetProject(t, FILES);
  await project.deployAssets();
  s3.requests.length = 0;
  await project.deployAssets();
  const expected = ['HeadBucket', 'HeadObject', 'ListObjectsV2', 'ListObjectsV2'];
  const ofS3 = s3.requests.filter(({ service }) => service === 's3');
  assert.deepEqual(ofS3.map(({ operation }) => operation).sort(), expected);
});

for (const name of ['cats--use1-az4--x-s3', 'cats--table-s3', 'mfzwi23gnjvgw.mrap']) {
  test(`the error for ${name}, which is not the name of a general purpose bucket, comes before any request`, async (t) => {
    const s3 = await openStrictS3(t);
    const project = createAssetProject(t, FILES, { bucketName: name });
    await assert.rejects(project.deployAssets(), { code: 'INVALID_BUCKET_NAME' });
    assert.deepEqual(s3.requests, []);
  });
}
