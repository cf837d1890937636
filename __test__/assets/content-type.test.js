'use strict';

// The media types that the Rust tests expect are those of the package `mime`.

const assert = require('node:assert');
const { test } = require('node:test');
const mime = require('mime');
const { version } = require('mime/package.json');
const mediaTypes = require('../fixtures/content-types.json');

test('the installed version of mime is the one that 0.9.0 used', () => {
  assert.strictEqual(version, '2.4.0');
});

test('the expected media types are those that mime returns', () => {
  const extensions = Object.keys(mediaTypes);
  const found = extensions.map((extension) => [
    extension,
    mime.getType(`folder/file.${extension}`),
  ]);
  assert.deepStrictEqual(Object.fromEntries(found), mediaTypes);
  assert.ok(extensions.length >= 60, `${extensions.length} extensions`);
});
