'use strict';

// Deploys or pulls logs, and reports its memory to the parent process, `index.js`.

const fs = require('node:fs');
const { deployContext, logsContext } = require('../../../__test__/support/litexa/context');

const { run, root, module: folder } = JSON.parse(process.argv[2]);

const RUNS = {
  deploy: (litexa, context) => litexa.deploy(context, context.logger),
  logs: (litexa, context) => litexa.logs.pull(context, context.logger),
};

/** Returns the peak memory of this process in bytes. Only Linux has that of this program alone. */
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
