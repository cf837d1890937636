'use strict';

// Files that change during a deployment: S3 never stores a mix of two versions.

const assert = require('node:assert/strict');
const crypto = require('node:crypto');
const fs = require('node:fs');
const path = require('node:path');
const { test } = require('node:test');
const { useAws } = require('../support/aws/use-aws');
const { createAssetProject, BUCKET, PREFIX } = require('../support/litexa/project');

const aws = useAws();

const MIB = 1024 * 1024;
const CHANGED = {
  code: 'FILE_ERROR',
  message: /film\.mp4/,
};

/** Changes an asset between reading its size and uploading it: while its bucket is created. */
function changeDuringDeployment(project, name, change) {
  const file = path.join(project.root, 'litexa', 'assets', name);
  let isDue = true;
  aws.intercept(({ operation }) => {
    if (operation !== 'CreateBucket' || !isDue) return;
    isDue = false;
    change(file);
  });
}

const object = async (name) => {
  const { status, body } = await aws.client.s3('GET', `/${BUCKET}/${PREFIX}${name}`);
  return { status, body: body.toString() };
};

const WITH_CHECKSUM = { uploadParams: [{ params: { ChecksumAlgorithm: 'SHA256' } }] };

for (const [content, s3] of [
  ['later', {}],
  ['much longer than before', {}],
  ['later', WITH_CHECKSUM],
]) {
  const checksum = s3.uploadParams ? ', with a checksum' : '';
  test(`a small file is uploaded in its new version: ${content}${checksum}`, async (t) => {
    const project = createAssetProject(t, { 'default/text.json': 'early' }, s3);
    changeDuringDeployment(project, 'text.json', (file) => fs.writeFileSync(file, content));
    await project.deployAssets();
    assert.deepEqual(await object('default/text.json'), { status: 200, body: content });

    aws.clearRequests();
    await project.deployAssets();
    assert.deepEqual(aws.writes(), []);
  });
}

test('a small file that becomes shorter is uploaded completely by the next deployment', async (t) => {
  const project = createAssetProject(t, { 'default/film.mp4': 'a long text' });
  changeDuringDeployment(project, 'film.mp4', (file) => fs.writeFileSync(file, 'short'));
  await project.deployAssets().catch((error) => assert.match(error.message, CHANGED.message));
  await project.deployAssets();
  assert.deepEqual(await object('default/film.mp4'), { status: 200, body: 'short' });
});

const changes = {
  'gets different content': (file) => fs.writeFileSync(file, crypto.randomBytes(17 * MIB)),
  'becomes shorter': (file) => fs.truncateSync(file, 9 * MIB),
};
const variants = Object.entries(changes).flatMap((change) => [
  [...change, {}],
  [...change, WITH_CHECKSUM],
]);
for (const [what, change, s3] of variants) {
  const checksum = s3.uploadParams ? ' and has a checksum' : '';
  test(`a large file that ${what}${checksum} is an error, and no part of it stays`, async (t) => {
    const files = { 'default/film.mp4': crypto.randomBytes(17 * MIB) };
    const project = createAssetProject(t, files, s3);
    changeDuringDeployment(project, 'film.mp4', change);
    await assert.rejects(project.deployAssets(), CHANGED);
    assert.deepEqual(await aws.client.listObjects(BUCKET, PREFIX), []);
    const { body } = await aws.client.s3('GET', `/${BUCKET}?uploads`);
    assert.doesNotMatch(body.toString(), /<UploadId>/);

    await project.deployAssets();
    assert.equal((await aws.client.listObjects(BUCKET, PREFIX)).length, 1);
  });
}
