'use strict';

// The results that the Rust tests of file patterns expect are those of minimatch.

const assert = require('node:assert');
const fs = require('node:fs');
const { test } = require('node:test');
const { version } = require('minimatch/package.json');
const { FIXTURE, fixture, matchAll } = require('../support/glob-cases.js');

const text = fs.readFileSync(FIXTURE, 'utf8');
const { paths, cases } = JSON.parse(text);

test('the installed version of minimatch is the one that 0.9.0 used', () => {
  assert.strictEqual(version, '3.1.2');
});

test('the expected results are those that minimatch returns', () => {
  for (const [pattern, own, expected] of cases) {
    assert.strictEqual(matchAll(pattern, [...paths, ...own]), expected, pattern);
  }
});

test('the fixture contains the cases that the generator creates', () => {
  // To update it: node __test__/support/glob-cases.js
  assert.strictEqual(text, fixture());
});

test('the fixture contains enough patterns, pairs and matches', () => {
  const all = cases.map(([, , expected]) => expected).join('');
  const matching = all.split('1').length - 1;
  assert.ok(cases.length >= 1000, `${cases.length} patterns`);
  assert.ok(all.length >= 100000, `${all.length} pairs`);
  assert.ok(matching >= 10000, `${matching} of them match`);
});
