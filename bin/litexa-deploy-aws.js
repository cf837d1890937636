#!/usr/bin/env node
'use strict';

// The executable: `litexa-deploy-aws <command>` in the folder of a Litexa project.

const { parseArgs } = require('node:util');

/** Commands that finish their work although the reader of their output has ended. */
const CHANGING = new Set(['deploy', 'invoke', 'remove', 'rollback']);

// A consumer such as `head` may close the pipe early.
process.stdout.on('error', (error) => {
  if (error.code !== 'EPIPE') throw error;
  if (!process.argv.slice(2).some((argument) => CHANGING.has(argument))) process.exit(0);
});

if (parseArgs) {
  require('./lib/main').main(process.argv.slice(2));
} else {
  const { toInstall } = require('./lib/node-versions');
  console.error(
    `litexa-deploy-aws needs Node.js 18.7 or later, but this is ${process.version}. ${toInstall(new Date())}`,
  );
  process.exitCode = 1;
}
