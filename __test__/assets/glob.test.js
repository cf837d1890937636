'use strict';

const assert = require('node:assert');
const fs = require('node:fs');
const { test } = require('node:test');
const { version } = require('minimatch/package.json');
const { FIXTURE, fixture, verdicts } = require('../support/glob-cases.js');

const text = fs.readFileSync(FIXTURE, 'utf8');
const { paths, cases } = JSON.parse(text);

test('the oracle is the version that decided filters so far', () => {
  assert.strictEqual(version, '3.1.2');
});

test('the verdicts that our matcher is held to are those of minimatch', () => {
  for (const [pattern, own, expected] of cases) {
    assert.strictEqual(verdicts(pattern, [...paths, ...own]), expected, pattern);
  }
});

test('the fixture holds the cases that the generator makes today', () => {
  // To renew it: node __test__/support/glob-cases.js
  assert.strictEqual(text, fixture());
});

test('the fixture compares enough of both verdicts', () => {
  const all = cases.map(([, , expected]) => expected).join('');
  const matching = all.split('1').length - 1;
  assert.ok(cases.length >= 1000, `${cases.length} patterns`);
  assert.ok(all.length >= 100000, `${all.length} pairs`);
  assert.ok(matching >= 10000, `${matching} of them match`);
});
