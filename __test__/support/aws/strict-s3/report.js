'use strict';

// `node __test__/support/aws/strict-s3/report.js`: runs the cases of each rule with the rule and
// without it, and prints a table in Markdown. Fails if a rule can be switched off unnoticed.

const { CASES } = require('./cases');
const { judge } = require('./cases/judge');
const { RULES } = require('./rules');

/** Returns `{name, rule, source, cases, failed, unnoticed}`: the cases by their titles. */
async function run({ name, rule, source }) {
  const cases = CASES.filter((one) => one.rule === name);
  const failed = [];
  const unnoticed = [];
  for (const one of cases) {
    if (await judge(one)) failed.push(one.title);
    if (!(await judge(one, [name]))) unnoticed.push(one.title);
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

async function main() {
  console.log('| rule | source | request | answer | switched off (cases) |');
  console.log('| --- | --- | --- | --- | --- |');
  for (const rule of RULES) {
    const outcome = await run(rule);
    console.log(row(outcome));
    const isProven = outcome.cases.length > 0 && outcome.failed.length === 0;
    if (!isProven || outcome.unnoticed.length > 0) process.exitCode = 1;
  }
}

if (require.main === module) {
  main().catch((error) => {
    console.error(error);
    process.exitCode = 1;
  });
}
