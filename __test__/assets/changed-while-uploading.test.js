'use strict';

// Files that change while they are deployed: S3 never keeps what no version of a file was.

const assert = require('node:assert/strict');
const crypto = require('node:crypto');
const fs = require('node:fs');
const path = require('node:path');
const { test } = require('node:test');
const { useAws, assetSkill, BUCKET, PREFIX } = require('../support/litexa/asset-skill');

const stage = useAws();

const MIB = 1024 * 1024;
const CHANGED = {
  code: 'FILE_ERROR',
  message: /film\.mp4/,
};

/** Changes an asset once it has been measured, and before it is sent: while its bucket is made. */
function changeMeanwhile(skill, name, change) {
  const file = path.join(skill.root, 'litexa', 'assets', name);
  let isDue = true;
  stage.proxy.on(({ operation }) => {
    if (operation !== 'CreateBucket' || !isDue) return;
    isDue = false;
    change(file);
  });
}

const object = async (name) => {
  const { status, body } = await stage.aws.s3('GET', `/${BUCKET}/${PREFIX}${name}`);
  return { status, body: body.toString() };
};

for (const content of ['later', 'much longer than before']) {
  test(`a small file goes up as it is then: ${content}`, async (t) => {
    const skill = assetSkill(t, { 'default/text.json': 'early' });
    changeMeanwhile(skill, 'text.json', (file) => fs.writeFileSync(file, content));
    await skill.deploy();
    assert.deepEqual(await object('default/text.json'), { status: 200, body: content });

    stage.proxy.clear();
    await skill.deploy();
    assert.deepEqual(stage.proxy.writes(), []);
  });
}

test('a small file that becomes shorter is deployed whole by the next deployment', async (t) => {
  const skill = assetSkill(t, { 'default/film.mp4': 'a long text' });
  changeMeanwhile(skill, 'film.mp4', (file) => fs.writeFileSync(file, 'short'));
  await skill.deploy().catch((error) => assert.match(error.message, CHANGED.message));
  await skill.deploy();
  assert.deepEqual(await object('default/film.mp4'), { status: 200, body: 'short' });
});

const changes = {
  'gets another content': (file) => fs.writeFileSync(file, crypto.randomBytes(17 * MIB)),
  'becomes shorter': (file) => fs.truncateSync(file, 9 * MIB),
};
for (const [what, change] of Object.entries(changes)) {
  test(`a large file that ${what} is refused, and nothing of it stays`, async (t) => {
    const skill = assetSkill(t, { 'default/film.mp4': crypto.randomBytes(17 * MIB) });
    changeMeanwhile(skill, 'film.mp4', change);
    await assert.rejects(skill.deploy(), CHANGED);
    assert.deepEqual(await stage.aws.listObjects(BUCKET, PREFIX), []);
    const { body } = await stage.aws.s3('GET', `/${BUCKET}?uploads`);
    assert.doesNotMatch(body.toString(), /<UploadId>/);

    await skill.deploy();
    assert.equal((await stage.aws.listObjects(BUCKET, PREFIX)).length, 1);
  });
}
