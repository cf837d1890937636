'use strict';

// The strict S3 that other tests deploy to: each of its rules holds, and does nothing when it is
// switched off.

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { CASES } = require('../support/aws/strict-s3/cases');
const { judge } = require('../support/aws/strict-s3/cases/judge');
const { RULES } = require('../support/aws/strict-s3/rules');

for (const one of CASES) {
  test(`the strict S3 ${one.rule ? `has the rule ${one.rule}` : 'accepts'}: ${one.title}`, async () => {
    assert.equal(await judge(one), undefined);
  });
}

for (const { name } of RULES) {
  test(`without the rule ${name}, its cases are answered otherwise`, async () => {
    const cases = CASES.filter(({ rule }) => rule === name);
    assert.notEqual(cases.length, 0);
    for (const one of cases) assert.ok(await judge(one, [name]), one.title);
  });
}

test('each rule has a name of its own, a sentence, and the address of its source', () => {
  assert.equal(new Set(RULES.map(({ name }) => name)).size, RULES.length);
  for (const { name, rule, source } of RULES) {
    assert.match(rule, /[.)]$/, name);
    assert.match(source, /^https:\/\/[\w.]+\/\S+$/, name);
  }
});
