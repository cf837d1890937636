'use strict';

// Text is sent with its encoding, where that is UTF-8.

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { openStrictS3 } = require('../support/aws/use-strict-s3');
const { createAssetProject, BUCKET, PREFIX } = require('../support/litexa/project');

const UTF8 = Buffer.from('Straße, 🐈\n');
const LATIN1 = Buffer.from('Straße\n', 'latin1');
const UTF16 = Buffer.from('\ufeffcat\n', 'utf16le');

const typeOf = (s3, name) =>
  s3.requests
    .filter(({ operation, key }) => operation === 'PutObject' && key === PREFIX + name)
    .at(-1)?.headers['content-type'];

for (const [name, content, expected] of [
  ['cats.txt', UTF8, 'text/plain; charset=utf-8'],
  ['cats.js', UTF8, 'text/javascript; charset=utf-8'],
  ['ascii.css', 'a {}', 'text/css; charset=utf-8'],
  ['empty.txt', '', 'text/plain; charset=utf-8'],
  ['latin1.txt', LATIN1, 'text/plain'],
  ['utf16.html', UTF16, 'text/html'],
  ['cut.txt', UTF8.subarray(0, 5), 'text/plain'],
  ['cats.json', UTF8, 'application/json'],
  ['card.apl', '{}', 'application/json'],
  ['meow.mp3', UTF8, 'audio/mpeg'],
]) {
  test(`the Content-Type of ${name} is ${expected}`, async (t) => {
    const s3 = await openStrictS3(t);
    s3.createBucket(BUCKET);
    const project = createAssetProject(t, { [`default/${name}`]: content });
    await project.deployAssets();
    assert.equal(typeOf(s3, `default/${name}`), expected);

    // The type does not make an unchanged file be uploaded, with and without the cache of digests.
    s3.requests.length = 0;
    await project.deployAssets();
    project.write('.deploy', null);
    await project.deployAssets();
    assert.equal(typeOf(s3, `default/${name}`), undefined);
  });
}

test('a file with uploadParams is uploaded once when its encoding changes with its content', async (t) => {
  const s3 = await openStrictS3(t);
  s3.createBucket(BUCKET);
  const uploadParams = [{ params: { CacheControl: 'no-cache' } }];
  const project = createAssetProject(t, { 'default/cats.txt': LATIN1 }, { uploadParams });
  await project.deployAssets();
  project.writeAsset('default/cats.txt', UTF8);
  await project.deployAssets();
  assert.equal(typeOf(s3, 'default/cats.txt'), 'text/plain; charset=utf-8');
  s3.requests.length = 0;
  await project.deployAssets();
  assert.equal(typeOf(s3, 'default/cats.txt'), undefined);
});
