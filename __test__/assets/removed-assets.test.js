'use strict';

// The objects that deleteRemovedAssets deletes in a bucket of the strict S3: other keys than XML can hold, errors of
// single keys, and only as much as can be no mistake.

const assert = require('node:assert/strict');
const fs = require('node:fs');
const { test } = require('node:test');
const { assertMentions, hintFor } = require('../support/assertions');
const { ask } = require('../support/aws/strict-s3/client');
const { openStrictS3 } = require('../support/aws/use-strict-s3');
const { createAssetProject, BUCKET, PREFIX } = require('../support/litexa/project');

/** Puts an object under the target's prefix, as another tool does. */
async function putObject(s3, name) {
  const hex = (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`;
  const encoded = encodeURIComponent(name).replace(/[!'()*]/g, hex);
  const { status } = await ask(s3, 'PUT', `/${BUCKET}/${PREFIX}${encoded}`, { body: 'old' });
  assert.equal(status, 200);
}

const namesIn = (s3) =>
  [...s3.buckets.get(BUCKET).objects.keys()].map((key) => key.slice(PREFIX.length)).sort();

const count = (s3, name) => s3.requests.filter(({ operation }) => operation === name).length;

/** The names of as many assets, as `setUp` makes them. */
const numbered = (length) => Array.from({ length }, (_, i) => `default/${i}.png`);

const files = (names) => Object.fromEntries(names.map((name) => [`default/${name}`, name]));

/** Opens a bucket with objects of removed assets, and a project with as many assets. */
async function setUp(t, { removed, assets = removed.map((_, i) => `${i}.png`), option = true }) {
  const s3 = await openStrictS3(t);
  s3.createBucket(BUCKET);
  for (const name of removed) await putObject(s3, name);
  return { s3, project: createAssetProject(t, files(assets), { deleteRemovedAssets: option }) };
}

for (const [title, name] of [
  ['U+0010', 'x\u0010.png'],
  ['U+001F', 'x\u001f.png'],
  ['U+FFFE', 'x\ufffe.jpg'],
  ['U+FFFF', 'x\uffff.jpg'],
  ['U+0001', '\u0001.png'],
]) {
  test(`an object is listed and deleted whose key has ${title}, and so are the others`, async (t) => {
    const { s3, project } = await setUp(t, { removed: [name, 'old.png'] });
    const { lines } = await project.deployAssets();
    assert.deepEqual(namesIn(s3), ['default/0.png', 'default/1.png']);
    assert.deepEqual(lines('warning'), []);
    assert.deepEqual([count(s3, 'DeleteObjects'), count(s3, 'DeleteObject')], [1, 1]);
  });
}

for (const [setting, faults] of [
  ['', []],
  [' that HeadBucket may not see', [{ kind: 'refused', status: 403, operation: 'HeadBucket' }]],
]) {
  test(`assets are deployed to a bucket${setting} whose only keys XML cannot hold, with and without the prefix`, async (t) => {
    const s3 = await openStrictS3(t);
    s3.createBucket(BUCKET);
    for (const key of ['%EF%BF%BE', `${PREFIX}%EF%BF%BF`]) {
      await ask(s3, 'PUT', `/${BUCKET}/${key}`, { body: 'x' });
    }
    for (const fault of faults) s3.addFault({ ...fault, code: 'AccessDenied' });
    const project = createAssetProject(t, files(['a.png']), { publicAccess: 'bucketPolicy' });
    // Without it, the bucket's objects show its age.
    s3.addFault({ kind: 'refused', status: 403, code: 'AccessDenied', operation: 'ListBuckets' });
    const { lines } = await project.deployAssets();
    assert.deepEqual(lines('warning'), []);
    assert.ok(namesIn(s3).includes('default/a.png'));
  });
}

test('keys with characters that are encoded in a listing are compared as they are', async (t) => {
  const odd = ['a b', 'a+b', 'a%41', 'a&<b>', 'a\rb', '\u{1f408}', 'é', "!'()~*"];
  const { s3, project } = await setUp(t, { removed: odd });
  await project.deployAssets();
  assert.deepEqual(namesIn(s3), numbered(odd.length));
  assert.equal(count(s3, 'DeleteObjects'), 1);
  assert.equal(count(s3, 'DeleteObject'), 0);

  s3.requests.length = 0;
  await project.deployAssets();
  assert.equal(count(s3, 'PutObject') + count(s3, 'DeleteObjects'), 0);
});

test('without the permission to delete, an object that has a request of its own is a warning', async (t) => {
  const { s3, project } = await setUp(t, { removed: ['x\u0010.png'] });
  const denied = { kind: 'refused', status: 403, code: 'AccessDenied', operation: 'DeleteObject' };
  s3.addFault({ ...denied, times: Infinity });
  const { lines } = await project.deployAssets();
  assert.match(lines('warning').join('\n'), hintFor('s3:DeleteObject'));
  assert.ok(namesIn(s3).includes('default/0.png'));
});

for (const code of ['InternalError', 'SlowDown', 'ServiceUnavailable']) {
  test(`${code} for single keys within a successful answer is tried again`, async (t) => {
    const { s3, project } = await setUp(t, { removed: ['a.png', 'b.png', 'c.png'] });
    for (const name of ['a.png', 'b.png']) {
      s3.addFault({ kind: 'delete-error-in-200', key: PREFIX + name, code, times: 2 });
    }
    const { lines } = await project.deployAssets();
    assert.deepEqual(namesIn(s3), numbered(3));
    assert.deepEqual(lines('warning'), []);
    const deleting = lines('log').filter((line) => line.startsWith('deleting '));
    assert.equal(deleting.length, 3);
    assert.match(lines('log').at(-1), /3 deleted/);
    assert.equal(count(s3, 'DeleteObjects'), 3);
  });
}

test('an error for a single key that stays is a warning that names the key and the reason', async (t) => {
  const { s3, project } = await setUp(t, { removed: ['a.png', 'b.png'] });
  const fault = { kind: 'delete-error-in-200', key: `${PREFIX}a.png` };
  s3.addFault({ ...fault, code: 'InternalError', times: Infinity });
  const { lines } = await project.deployAssets();
  const warnings = lines('warning').join('\n');
  assertMentions(warnings, `${PREFIX}a.png`, 'InternalError', '1 object');
  assert.doesNotMatch(warnings, hintFor('s3:DeleteObject'));
  assert.deepEqual(namesIn(s3), ['a.png', ...numbered(2)]);
});

test('a missing permission for a single key is not tried again, and a warning names it', async (t) => {
  const { s3, project } = await setUp(t, { removed: ['a.png', 'b.png'] });
  s3.addFault({ kind: 'delete-error-in-200', key: `${PREFIX}a.png`, code: 'AccessDenied' });
  const { lines } = await project.deployAssets();
  assert.match(lines('warning').join('\n'), hintFor('s3:DeleteObject'));
  assert.equal(count(s3, 'DeleteObjects'), 1);
});

test('nothing is deleted, with a warning, if more objects would be deleted than are left', async (t) => {
  const removed = Array.from({ length: 100 }, (_, i) => `old-${i}.png`);
  const { s3, project } = await setUp(t, { removed, assets: ['left.png'] });
  const { lines } = await project.deployAssets();
  assert.equal(namesIn(s3).length, 101);
  assertMentions(
    lines('warning').join('\n'),
    '100 objects',
    PREFIX,
    'deleteRemovedAssets',
    'always',
  );
  assert.equal(count(s3, 'DeleteObjects') + count(s3, 'DeleteObject'), 0);
});

test('as many objects are deleted as are left, and one more is not', async (t) => {
  const assets = ['a.png', 'b.png', 'c.png', 'd.png'];
  for (const [gone, expected] of [
    [2, 2],
    [3, 4],
  ]) {
    const s3 = await openStrictS3(t);
    const project = createAssetProject(t, files(assets), { deleteRemovedAssets: true });
    await project.deployAssets();
    for (const name of assets.slice(0, gone)) fs.rmSync(project.path('litexa/assets', name));
    await project.deployAssets();
    assert.equal(namesIn(s3).length, expected, `${gone} removed`);
  }
});

test('deleteRemovedAssets "always" deletes any number of objects, but not without any asset', async (t) => {
  const removed = ['a.png', 'b.png', 'c.png'];
  const { s3, project } = await setUp(t, { removed, assets: ['left.png'], option: 'always' });
  await project.deployAssets();
  assert.deepEqual(namesIn(s3), ['default/left.png']);
  fs.rmSync(project.path('litexa/assets/left.png'));
  await project.deployAssets();
  assert.deepEqual(namesIn(s3), ['default/left.png']);
});

test('a wrong value of deleteRemovedAssets is an error that names the values', async (t) => {
  const s3 = await openStrictS3(t);
  for (const value of ['true', 'Always', 1, []]) {
    const project = createAssetProject(t, files(['a.png']), { deleteRemovedAssets: value });
    await assert.rejects(project.deployAssets(), ({ code, message }) => {
      assert.equal(code, 'INVALID_OPTION');
      assertMentions(message, 's3Configuration.deleteRemovedAssets', 'true', 'false', '"always"');
      return true;
    });
  }
  assert.deepEqual(s3.requests, []);
});
