'use strict';

// Deploys, or pulls logs, and tells its parent how much memory that took. Started by `index.js`.

const fs = require('node:fs');
const { deployContext, logsContext } = require('../../../__test__/support/litexa/context');

const { run, root, module: folder } = JSON.parse(process.argv[2]);

const RUNS = {
  deploy: (litexa, context) => litexa.deploy(context, context.logger),
  logs: (litexa, context) => litexa.logs.pull(context, context.logger),
};

/** The most memory that this process has had, in bytes. Linux alone tells it of this program only. */
function peak() {
  return fromProc('VmHWM') ?? process.resourceUsage().maxRSS * 1024;
}

function fromProc(field) {
  try {
    const status = fs.readFileSync('/proc/self/status', 'utf8');
    return Number(new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(status)[1]) * 1024;
  } catch {
    return undefined;
  }
}

async function main() {
  const litexa = require(folder);
  const context = { deploy: deployContext, logs: logsContext }[run]({ projectRoot: root });
  const base = process.memoryUsage().rss;
  const started = Date.now();
  const result = await RUNS[run](litexa, context);
  const milliseconds = Date.now() - started;
  process.send({ base, peak: peak(), milliseconds, answered: result?.answered });
  process.disconnect();
}

main();
