'use strict';

// The policy of docs/iam-policy.json is enough for assets, resources included: an emulator that
// judges by them says so.

const assert = require('node:assert/strict');
const fs = require('node:fs');
const { test } = require('node:test');
const { hintFor, isDenial } = require('../support/assertions');
const { useAws, assetSkill, BUCKET, PREFIX } = require('../support/litexa/asset-skill');
const { signInDeployer } = require('../support/aws/iam-user');

const stage = useAws({ auth: true });

const FILES = { 'default/meow.mp3': 'meow', 'default/purr.png': 'purr' };

/** The emulator knows no conditions. */
const judged = ({ Condition: _, ...statement }) => statement;

const signIn = (t, isWanted) => signInDeployer(t, stage, { bucket: BUCKET, isWanted, judged });

/** Warnings about what the deployer may not do. */
const denials = ({ lines }) => lines('warning').filter(isDenial);

test('without the statements for options, assets are uploaded and changed', async (t) => {
  await stage.aws.createBucket(BUCKET, { 'x-amz-object-ownership': 'BucketOwnerPreferred' });
  await stage.aws.s3('DELETE', `/${BUCKET}?publicAccessBlock`);
  await signIn(t, ({ Sid }) => !Sid.startsWith('For'));
  const skill = assetSkill(t, FILES);
  assert.deepEqual(denials(await skill.deploy()), []);
  skill.write('default/meow.mp3', 'hiss');
  assert.deepEqual(denials(await skill.deploy()), []);
  assert.equal((await stage.aws.getObject(BUCKET, `${PREFIX}default/meow.mp3`)).status, 200);
});

for (const publicAccess of ['acl', 'bucketPolicy', 'none']) {
  test(`the whole policy makes a bucket with publicAccess "${publicAccess}"`, async (t) => {
    await signIn(t);
    assert.deepEqual(denials(await assetSkill(t, FILES, { publicAccess }).deploy()), []);
  });
}

test('the whole policy is enough for uploadParams that change', async (t) => {
  await signIn(t);
  const params = (CacheControl) => ({ uploadParams: [{ params: { CacheControl } }] });
  const skill = assetSkill(t, FILES, params('no-cache'));
  await skill.deploy();
  skill.configure(params('max-age=60'));
  assert.deepEqual(denials(await skill.deploy()), []);
  // The record was read: only who may read it knows that nothing is due.
  stage.proxy.clear();
  skill.configure({});
  assert.deepEqual(denials(await skill.deploy()), []);
  assert.equal(stage.uploaded().length, 2);
});

test('without the right to read the record, all assets are sent again, to be sure', async (t) => {
  // Packages on their way may be read, and lie beside the record.
  await signIn(t, ({ Sid }) => !['ForUploadParams', 'ForLargePackages'].includes(Sid));
  const skill = assetSkill(t, FILES, { uploadParams: [{ params: { CacheControl: 'no-cache' } }] });
  await skill.deploy();
  stage.proxy.clear();
  skill.configure({});
  const { lines } = await skill.deploy();
  assert.match(lines('warning').join('\n'), hintFor('s3:GetObject'));
  assert.equal(stage.uploaded().length, 2);
  const meow = await stage.aws.getObject(BUCKET, `${PREFIX}default/meow.mp3`);
  assert.equal(meow.headers['cache-control'], undefined);
});

test('without the right to delete, removed assets stay, with a warning', async (t) => {
  await signIn(t, ({ Sid }) => Sid !== 'ForDeleteRemovedAssets');
  const skill = assetSkill(t, FILES, { deleteRemovedAssets: true });
  const purr = skill.write('default/purr.png', 'purr');
  await skill.deploy();
  fs.rmSync(purr);
  const { lines } = await skill.deploy();
  assert.match(lines('warning').join('\n'), hintFor('s3:DeleteObject'));
  assert.equal((await stage.aws.listObjects(BUCKET, PREFIX)).length, 2);
});
