'use strict';

// How a package gets to Lambda: in the request, or through S3 where it is too large for that.

const assert = require('node:assert/strict');
const crypto = require('node:crypto');
const { test } = require('node:test');
const { setTimeout: sleep } = require('node:timers/promises');
const litexa = require('../..');
const words = require('../support/aws/errors');
const { useCloud, temporarySkill, NAMES } = require('../support/litexa/skill');

const BUCKET = 'cats-assets';
const LARGE = 53 * 1024 * 1024; // Lambda takes 50 MiB directly.

const cloud = useCloud();

/** A skill with a dependency that cannot be compressed. */
function largeSkill(t) {
  const skill = temporarySkill(t);
  skill.write('litexa/package.json', JSON.stringify({ dependencies: { whale: '1.0.0' } }));
  skill.write('litexa/node_modules/whale/package.json', '{"name": "whale", "version": "1.0.0"}');
  skill.write('litexa/node_modules/whale/whale.bin', crypto.randomBytes(LARGE));
  return skill;
}

const stored = (bucketName) => ({ s3Configuration: { bucketName } });

test('a package over 50 MB goes through a private object that is removed afterwards', async (t) => {
  const skill = largeSkill(t);
  await cloud.aws.createBucket(BUCKET);
  await skill.deploy(stored(BUCKET));

  const [{ Code }] = cloud.sent('CreateFunction');
  assert.equal(Code.S3Bucket, BUCKET);
  assert.equal(Code.ZipFile, undefined);
  assert.ok(!Code.S3Key.startsWith('cats/'), 'it lies outside of what is public');
  const [put] = cloud.proxy.requests.filter(({ operation }) => operation === 'PutObject');
  assert.equal(put.headers['x-amz-acl'], undefined);
  const removed = cloud.proxy.requests.find(({ operation }) => operation === 'DeleteObject');
  assert.ok(removed.path.includes(Code.S3Key));
  assert.deepEqual(await cloud.aws.listObjects(BUCKET), []);
  const { CodeSize } = (await cloud.aws.getFunction(NAMES.function)).Configuration;
  assert.ok(CodeSize > LARGE);

  cloud.proxy.clear();
  await skill.deploy(stored(BUCKET));
  assert.deepEqual(cloud.proxy.writes(), []);
});

test('the object is removed where Lambda refuses the package, too', async (t) => {
  await cloud.aws.createBucket(BUCKET);
  cloud.answer('CreateFunction', words.denied('lambda:CreateFunction'));
  const { error } = await largeSkill(t).refused(stored(BUCKET));
  assert.equal(error.code, 'ACCESS_DENIED');
  assert.deepEqual(await cloud.aws.listObjects(BUCKET), []);
});

test('a bucket that the assets take their time to make is waited for', async (t) => {
  const skill = largeSkill(t);
  skill.write('litexa/assets/meow.mp3', 'meow');
  // Longer than a bucket is waited for that nobody is making.
  cloud.answer('CreateBucket', () => sleep(7000), { times: 1 });
  const context = skill.context(stored(BUCKET));
  await Promise.all([
    litexa.lambda.deploy(context, context.logger),
    litexa.assets.deploy(context, context.logger),
  ]);
  assert.equal(cloud.sent('CreateFunction')[0].Code.S3Bucket, BUCKET);
});

for (const [what, options, message] of [
  ['no bucket is configured', {}, /s3Configuration\.bucketName/],
  ['the bucket is missing', stored(BUCKET), /cats-assets/],
]) {
  test(`a package over 50 MB is an error where ${what}, before anything is changed`, async (t) => {
    const { error } = await largeSkill(t).refused(options);
    assert.equal(error.code, 'INVALID_PACKAGE');
    assert.match(error.message, message);
    assert.match(error.message, /\b52\.4 MB\b.*S3/);
    assert.deepEqual(cloud.proxy.writes(), []);
  });
}

test('a package over 250 MB unpacked names its largest parts before anything is sent', async (t) => {
  const skill = temporarySkill(t);
  skill.write('litexa/package.json', JSON.stringify({ dependencies: { whale: '1.0.0' } }));
  skill.write('litexa/node_modules/whale/whale.bin', Buffer.alloc(263 * 1000 * 1000));
  const { error } = await skill.refused();

  assert.equal(error.code, 'INVALID_PACKAGE');
  assert.match(error.message, /whale\W+(?:250\.8|263)/);
  assert.deepEqual(cloud.proxy.writes(), []);
});
