'use strict';

// Calls a deployment module as the Litexa CLI does, in a process of its own:
// `run-module.js <JSON: {module, call, project, until?}>`. It prints the duration of the `call`, and
// `work`, which includes the CLI's search for the project's files.
//
// `call` is `assets`, `lambda`, `logs`, `cli` (assets and lambda concurrently, as `litexa deploy`
// does) or `deploy` (the module's own function). `until` is a regular expression: the process ends at
// the first logged line that matches it.

const fs = require('node:fs');
const { deployContext, logsContext } = require('../../__test__/support/litexa/context');

const { module: folder, call, project, until } = JSON.parse(process.argv[2]);

const CALLS = {
  assets: (litexa, context) => litexa.assets.deploy(context, context.logger),
  lambda: (litexa, context) => litexa.lambda.deploy(context, context.logger),
  deploy: (litexa, context) => litexa.deploy(context, context.logger),
  cli: (litexa, context) =>
    Promise.all([
      litexa.lambda.deploy(context, context.logger),
      litexa.assets.deploy(context, context.logger),
    ]),
  logs: (litexa, context) => litexa.logs.pull(context, context.logger),
};

async function main() {
  const litexa = require(folder);
  const options = { projectRoot: project, cache: true, print };
  begun = performance.now();
  const context = call === 'logs' ? logsContext(options) : deployContext(options);
  start = { time: performance.now(), read: bytesRead() };
  const result = await CALLS[call](litexa, context);
  printFigures(result);
}

let begun;
let start;

function printFigures(result) {
  const now = performance.now();
  const call = (now - start.time) / 1000;
  const work = (now - begun) / 1000;
  const read = bytesRead() - start.read;
  process.stdout.write(`${JSON.stringify({ call, work, read, result })}\n`);
}

/** Returns the bytes that this process has read from files and pipes, or NaN if unknown. */
function bytesRead() {
  try {
    return Number(/rchar: (\d+)/.exec(fs.readFileSync('/proc/self/io', 'utf8'))[1]);
  } catch {
    return NaN;
  }
}

function print(level, line) {
  if (process.env.LITEXA_BENCH_VERBOSE) console.error(`${level}: ${line}`);
  if (until && new RegExp(until).test(line)) {
    printFigures();
    process.exit();
  }
}

main();
