#!/usr/bin/env node
'use strict';

// The executable: `litexa-deploy-aws <command>` in the folder of a Litexa project.

const { LOWEST, isTooOld, toInstall } = require('./lib/node-versions');

/** Commands that finish their work although the reader of their output has ended. */
const CHANGING = new Set(['deploy', 'invoke', 'remove', 'rollback']);

const isChanging = () => process.argv.slice(2).some((argument) => CHANGING.has(argument));

// A consumer such as `head` may close the pipe early, and the disk may be full.
process.stdout.on('error', (error) => {
  const isClosed = error.code === 'EPIPE';
  if (!isClosed) {
    console.error(`error: writing the output failed: ${error.message}`);
    process.exitCode = 1;
  }
  if (!isChanging()) process.exit(isClosed ? 0 : 1);
});
// A line of the log that cannot be written does not fail the command.
process.stderr.on('error', () => {});

if (isTooOld(process.versions.node)) {
  console.error(
    `litexa-deploy-aws needs Node.js ${LOWEST} or later, but this is ${process.version}. ${toInstall(new Date())}`,
  );
  process.exitCode = 1;
} else {
  require('./lib/main').main(process.argv.slice(2));
}
