'use strict';

// The documented policies are sufficient for assets, resources included, on an emulator that
// enforces IAM policies.

const assert = require('node:assert/strict');
const fs = require('node:fs');
const { test } = require('node:test');
const { hintFor, isDenial } = require('../support/assertions');
const { uploadedAssets } = require('../support/litexa/asset-requests');
const { useAws } = require('../support/aws/use-aws');
const { createAssetProject, BUCKET, PREFIX } = require('../support/litexa/project');
const { signInAsDeployer } = require('../support/aws/iam-user');

const aws = useAws({ auth: true });

const FILES = { 'default/meow.mp3': 'meow', 'default/purr.png': 'purr' };

/** The emulator does not support conditions. */
const asSupported = ({ Condition: _, ...statement }) => statement;

const signIn = (t, isWanted) => signInAsDeployer(t, aws, { bucket: BUCKET, isWanted, asSupported });

/** Returns the warnings about missing permissions. */
const denials = ({ lines }) => lines('warning').filter(isDenial);

test('without the statements for options, assets are uploaded and changed', async (t) => {
  await aws.client.createBucket(BUCKET, { 'x-amz-object-ownership': 'BucketOwnerPreferred' });
  await aws.client.s3('DELETE', `/${BUCKET}?publicAccessBlock`);
  await signIn(t, ({ Sid }) => !Sid.startsWith('For'));
  const project = createAssetProject(t, FILES);
  assert.deepEqual(denials(await project.deployAssets()), []);
  project.writeAsset('default/meow.mp3', 'hiss');
  assert.deepEqual(denials(await project.deployAssets()), []);
  assert.equal((await aws.client.getObject(BUCKET, `${PREFIX}default/meow.mp3`)).status, 200);
});

for (const publicAccess of ['acl', 'bucketPolicy', 'none']) {
  test(`the whole policy is sufficient for a new bucket with publicAccess "${publicAccess}"`, async (t) => {
    await signIn(t);
    assert.deepEqual(
      denials(await createAssetProject(t, FILES, { publicAccess }).deployAssets()),
      [],
    );
  });
}

test('the whole policy is sufficient for changed uploadParams', async (t) => {
  await signIn(t);
  const params = (CacheControl) => ({ uploadParams: [{ params: { CacheControl } }] });
  const project = createAssetProject(t, FILES, params('no-cache'));
  await project.deployAssets();
  project.configureS3(params('max-age=60'));
  assert.deepEqual(denials(await project.deployAssets()), []);
  // The upload manifest was read. Without it, unchanged assets would be uploaded again.
  aws.clearRequests();
  project.configureS3({});
  assert.deepEqual(denials(await project.deployAssets()), []);
  assert.equal(uploadedAssets(aws).length, 2);
});

test('without the permission to read the upload manifest, all assets are uploaded again', async (t) => {
  // Staged packages may be read, and have the prefix of the manifest.
  await signIn(t, ({ Sid }) => !['ForUploadParams', 'ForLargePackages'].includes(Sid));
  const project = createAssetProject(t, FILES, {
    uploadParams: [{ params: { CacheControl: 'no-cache' } }],
  });
  await project.deployAssets();
  aws.clearRequests();
  project.configureS3({});
  const { lines } = await project.deployAssets();
  assert.match(lines('warning').join('\n'), hintFor('s3:GetObject'));
  assert.equal(uploadedAssets(aws).length, 2);
  const meow = await aws.client.getObject(BUCKET, `${PREFIX}default/meow.mp3`);
  assert.equal(meow.headers['cache-control'], undefined);
});

test('without the permission to delete, removed assets stay, with a warning', async (t) => {
  await signIn(t, ({ Sid }) => Sid !== 'ForDeleteRemovedAssets');
  const project = createAssetProject(t, FILES, { deleteRemovedAssets: true });
  const purr = project.writeAsset('default/purr.png', 'purr');
  await project.deployAssets();
  fs.rmSync(purr);
  const { lines } = await project.deployAssets();
  assert.match(lines('warning').join('\n'), hintFor('s3:DeleteObject'));
  assert.equal((await aws.client.listObjects(BUCKET, PREFIX)).length, 2);
});
