#!/usr/bin/env node
'use strict';

// The executable: `litexa-deploy-aws <command>` in the folder of a Litexa project.

const { LOWEST, isTooOld, toInstall } = require('./lib/node-versions');

/** Commands that finish their work although the reader of their output has ended. */
const CHANGING = new Set(['deploy', 'invoke', 'remove', 'rollback']);

// A consumer such as `head` may close the pipe early.
process.stdout.on('error', (error) => {
  if (error.code !== 'EPIPE') throw error;
  if (!process.argv.slice(2).some((argument) => CHANGING.has(argument))) process.exit(0);
});

if (isTooOld(process.versions.node)) {
  console.error(
    `litexa-deploy-aws needs Node.js ${LOWEST} or later, but this is ${process.version}. ${toInstall(new Date())}`,
  );
  process.exitCode = 1;
} else {
  require('./lib/main').main(process.argv.slice(2));
}
