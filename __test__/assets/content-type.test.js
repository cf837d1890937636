'use strict';

const assert = require('node:assert');
const { test } = require('node:test');
const mime = require('mime');
const { version } = require('mime/package.json');
const verdicts = require('../fixtures/content-types.json');

test('the oracle is the version that decided content types so far', () => {
  assert.strictEqual(version, '2.4.0');
});

test('the types that ours are held to are those of mime', () => {
  const extensions = Object.keys(verdicts);
  const asked = extensions.map((extension) => [
    extension,
    mime.getType(`folder/file.${extension}`),
  ]);
  assert.deepStrictEqual(Object.fromEntries(asked), verdicts);
  assert.ok(extensions.length >= 60, `${extensions.length} extensions`);
});
