'use strict';

// Deploys a project, pulls its logs, and prints each line and everything that can be read from errors,
// artifacts and contexts. Usage: node dump-child.js <project>

const { inspect } = require('node:util');
const litexa = require('../../..');
const { deployContext, logsContext } = require('./context');

const [projectRoot] = process.argv.slice(2);
const print = (level, line) => console.log(`[${level}] ${line}`);
const dump = (value) => inspect(value, { showHidden: true, depth: 12, getters: true });

async function run(name, operation, context) {
  try {
    console.log(`${name} returned`, dump(await operation(context, context.logger)));
  } catch (error) {
    console.log(`${name} failed: ${error.code}: ${error.message}`);
    console.log(String(error), error.stack, JSON.stringify(error), dump(error));
    for (const key of Reflect.ownKeys(error)) console.log(key, dump(error[key]));
    process.exitCode = 1;
  }
  console.log(dump(context), JSON.stringify(context.artifacts));
}

async function main() {
  const what = { projectRoot, target: 'beta', print };
  await run('deploy', litexa.deploy, deployContext(what));
  await run('logs', litexa.logs, logsContext(what));
}

main();
