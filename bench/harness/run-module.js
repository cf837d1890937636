'use strict';

// Calls a deployment module as the Litexa CLI does, in a process of its own:
// `run-module.js <JSON: {module, call, project, until?}>`. It tells how long the call took, and
// `work`: the same with what the CLI does before, finding the project's files.
//
// `call` is `assets`, `lambda`, `logs`, `cli` (assets and lambda at once, as `litexa deploy` does
// it) or `deploy` (the module's own). `until` ends the process at the first line that begins so.

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
  const what = { projectRoot: project, cache: true, print };
  begun = performance.now();
  const context = call === 'logs' ? logsContext(what) : deployContext(what);
  start = { time: performance.now(), read: bytesRead() };
  const result = await CALLS[call](litexa, context);
  tell(result);
}

let begun;
let start;

function tell(result) {
  const now = performance.now();
  const call = (now - start.time) / 1000;
  const work = (now - begun) / 1000;
  const read = bytesRead() - start.read;
  process.stdout.write(`${JSON.stringify({ call, work, read, result })}\n`);
}

/** What this process has read from files and pipes, as far as the system tells. */
function bytesRead() {
  try {
    return Number(/rchar: (\d+)/.exec(fs.readFileSync('/proc/self/io', 'utf8'))[1]);
  } catch {
    return NaN;
  }
}

function print(level, line) {
  if (process.env.LITEXA_BENCH_VERBOSE) console.error(`${level}: ${line}`);
  if (until && line.startsWith(until)) {
    tell();
    process.exit();
  }
}

main();
