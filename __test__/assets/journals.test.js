'use strict';

// Journals in .deploy, which may come from someone else with the project's files, are followed only
// where they are about this target.

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { assertMentions } = require('../support/assertions');
const { openStrictS3 } = require('../support/aws/use-strict-s3');
const { createAssetProject, BUCKET, PREFIX } = require('../support/litexa/project');

const DAY_MS = 24 * 60 * 60_000;
const MARKER = '.deploy/development/bucket.in-progress';
const UPLOADS = '.deploy/development/multipart-uploads.json';
const CORS_AND_BLOCK = ['PutBucketCors', 'PutPublicAccessBlock'];
const FILES = { 'default/meow.mp3': 'meow' };

const operations = (s3) => s3.requests.map(({ operation }) => operation);
const settings = (s3) =>
  operations(s3)
    .filter((name) => CORS_AND_BLOCK.includes(name))
    .sort();

/** Opens a bucket with an object of this age that another project has uploaded. */
async function openUsedBucket(t, ageMs) {
  const s3 = await openStrictS3(t);
  const bucket = s3.createBucket(BUCKET);
  const other = createAssetProject(t, { 'default/dog.png': 'dog' }, {}, {});
  other.configureS3({}, {}, 'production');
  await other.deployAssets({ target: 'production' });
  for (const object of bucket.objects.values()) object.lastModified = Date.now() - ageMs;
  s3.requests.length = 0;
  return s3;
}

test('a marker of an interrupted creation does not open a bucket that is in use', async (t) => {
  const s3 = await openUsedBucket(t, DAY_MS);
  const project = createAssetProject(t, FILES);
  project.write(MARKER, BUCKET);
  const { lines } = await project.deployAssets();
  assert.deepEqual(settings(s3), []);
  assertMentions(lines('warning').join('\n'), BUCKET, 'Block Public Access', 'CORS');

  // The marker is gone, and so is the warning.
  assert.deepEqual((await project.deployAssets()).lines('warning'), []);
});

test('a marker is followed in an empty bucket, and in one with new objects of other targets', async (t) => {
  for (const open of [(s) => s, () => openUsedBucket(t, 60_000)]) {
    let s3 = await openStrictS3(t);
    s3.createBucket(BUCKET);
    s3 = await open(s3);
    const project = createAssetProject(t, FILES);
    project.write(MARKER, BUCKET);
    await project.deployAssets();
    assert.deepEqual(settings(s3), CORS_AND_BLOCK);
  }
});

test('a marker for another bucket is not followed', async (t) => {
  const s3 = await openStrictS3(t);
  s3.createBucket(BUCKET);
  const project = createAssetProject(t, FILES);
  project.write(MARKER, 'dogs-assets');
  await project.deployAssets();
  assert.deepEqual(settings(s3), []);
});

test('only uploads of this target are aborted, whatever the journal of uploads names', async (t) => {
  const s3 = await openStrictS3(t);
  for (const name of [BUCKET, 'dogs-assets']) s3.createBucket(name);
  const entry = (bucket, key, id) => ({ bucket, key, uploadId: id, startedAt: 1 });
  const project = createAssetProject(t, FILES);
  const journal = [
    entry(BUCKET, 'cats/production/default/film.mp4', '1'),
    entry(BUCKET, 'film.mp4', '2'),
    entry('dogs-assets', 'dogs/development/film.mp4', '3'),
    entry(BUCKET, `${PREFIX}default/film.mp4`, '4'),
  ];
  project.write(UPLOADS, JSON.stringify(journal));
  await project.deployAssets();
  const aborted = s3.requests.filter(({ operation }) => operation === 'AbortMultipartUpload');
  assert.deepEqual(
    aborted.map(({ key }) => key),
    [`${PREFIX}default/film.mp4`],
  );
  // Each entry is dealt with once.
  s3.requests.length = 0;
  await project.deployAssets();
  assert.ok(!operations(s3).includes('AbortMultipartUpload'));
});
