'use strict';

// `npm run test:rules [-- s3 | aws]` runs the cases of each rule with the rule and
// without it, and prints a table in Markdown. Fails if a rule can be switched off unnoticed.

const { judge } = require('./judge');
const { SUITES } = require('./suites');
const { runMain } = require('../../../../scripts/lib/exec');

/** Returns `{name, rule, source, cases, failed, unnoticed}`: the cases by their titles. */
async function run({ start, CASES }, { name, rule, source }) {
  const cases = CASES.filter((one) => one.rule === name);
  const failed = [];
  const unnoticed = [];
  for (const one of cases) {
    if (await judge(start, one)) failed.push(one.title);
    if (!(await judge(start, one, [name]))) unnoticed.push(one.title);
  }
  return { name, rule, source, cases, failed, unnoticed };
}

const cell = (text) => text.replace(/\|/g, '\\|').replace(/</g, '&lt;');

/** The expected answer in a few words. */
function describe({ status, code, ...others }) {
  const known = [status, code].filter(Boolean).join(' ');
  return known || Object.keys(others).join(', ');
}

function row({ name, rule, source, cases, failed, unnoticed }) {
  const [first] = cases;
  const result = failed.length > 0 ? 'fails' : unnoticed.length > 0 ? 'not noticed' : 'noticed';
  const answer = first ? describe(first.answer) : '';
  const columns = [`\`${name}\``, `[${cell(rule)}](${source})`, cell(first?.title ?? ''), answer];
  return `| ${[...columns, `${result} (${cases.length})`].join(' | ')} |`;
}

async function report(suite) {
  console.log('| rule | source | request | answer | switched off (cases) |');
  console.log('| --- | --- | --- | --- | --- |');
  for (const rule of suite.RULES) {
    const outcome = await run(suite, rule);
    console.log(row(outcome));
    const isProven = outcome.cases.length > 0 && outcome.failed.length === 0;
    if (!isProven || outcome.unnoticed.length > 0) process.exitCode = 1;
  }
}

async function main(names) {
  const known = Object.keys(SUITES);
  const unknown = names.find((name) => !known.includes(name));
  if (unknown) throw new Error(`unknown server ${unknown}. Known servers: ${known.join(', ')}`);
  for (const name of names.length > 0 ? names : known) {
    console.log(`\n${SUITES[name].title}\n`);
    await report(SUITES[name]);
  }
}

runMain(main);
