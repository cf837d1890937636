'use strict';

// A Node process that deploys a project, pulls its logs, and then says everything that it knows: each
// line of the log, and everything that can be read out of errors, artifacts and contexts. Started by
// the tests with `node dump-child.js <project>`, in an environment of theirs.

const { inspect } = require('node:util');
const litexa = require('../../..');
const { deployContext, logsContext } = require('./context');

const [projectRoot] = process.argv.slice(2);
const say = (...words) => console.log(...words);
const print = (level, line) => say(`[${level}] ${line}`);
const everythingOf = (value) => inspect(value, { showHidden: true, depth: 12, getters: true });

async function run(name, operation, context) {
  try {
    say(`${name} gave`, everythingOf(await operation(context, context.logger)));
  } catch (error) {
    say(`${name} failed: ${error.code}: ${error.message}`);
    say(String(error), error.stack, JSON.stringify(error), everythingOf(error));
    for (const key of Reflect.ownKeys(error)) say(key, everythingOf(error[key]));
    process.exitCode = 1;
  }
  say(everythingOf(context), JSON.stringify(context.artifacts));
}

async function main() {
  const what = { projectRoot, target: 'beta', print };
  await run('deploy', litexa.deploy, deployContext(what));
  await run('logs', litexa.logs, logsContext(what));
}

main();
