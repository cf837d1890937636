'use strict';

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { test } = require('node:test');
const { judge } = require('./judge');

const DOCS = path.join(__dirname, '..', '..', '..', '..', 'docs');

/** Declares tests that each rule of a strict server holds, and does nothing when it is switched off. */
function declareRuleTests({ title, documentation, start, RULES, CASES }) {
  for (const one of CASES) {
    const does = one.rule ? `has the rule ${one.rule}` : 'accepts';
    test(`${title} ${does}: ${one.title}`, async () => {
      assert.equal(await judge(start, one), undefined);
    });
  }

  for (const { name } of RULES) {
    test(`${title}: without the rule ${name}, its cases are answered otherwise`, async () => {
      const cases = CASES.filter(({ rule }) => rule === name);
      assert.notEqual(cases.length, 0);
      for (const one of cases) assert.ok(await judge(start, one, [name]), one.title);
    });
  }

  test(`${title}: each rule has a name of its own, a sentence, and the address of its source`, () => {
    assert.equal(new Set(RULES.map(({ name }) => name)).size, RULES.length);
    for (const { name, rule, source } of RULES) {
      assert.match(rule, /[.)]$/, name);
      assert.match(source, /^https:\/\/[\w.]+\/\S+$/, name);
    }
  });

  test(`${title}: the documentation has all rules, as the command prints them`, () => {
    const text = fs.readFileSync(path.join(DOCS, documentation), 'utf8');
    const rows = [...text.matchAll(/^\| `([\w-]+)`.*$/gm)];
    assert.deepEqual(
      rows.map(([, name]) => name),
      RULES.map(({ name }) => name),
    );
    for (const [index, [row]] of rows.entries()) {
      assert.ok(row.includes(`](${RULES[index].source})`), RULES[index].name);
    }
  });
}

module.exports = { declareRuleTests };
