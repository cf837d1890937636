'use strict';

// Writes the lines that AWS's own runtime clients log, as test data for the parser of logs:
//
//   npm run corpus:logs
//
// Each case of cases.js runs in the client of each runtime, in both log formats. The lines that
// Lambda itself adds are those of platform-lines.js. IDs, times, paths and versions are replaced, so that
// the files change only if a client logs something else.
// scripts/lib/lambda-client.js lists what the clients need.

const fs = require('node:fs');
const path = require('node:path');
const { runMain } = require('../lib/exec');
const { installClient } = require('../lib/lambda-client');
const { CASES } = require('./cases');
const { Execution } = require('./execution');

const TESTDATA = path.join(__dirname, '..', '..', 'src', 'logs', 'testdata');
const RUNTIMES = ['nodejs22.x', 'nodejs24.x'];

async function main() {
  for (const runtime of RUNTIMES) {
    const client = await installClient(runtime);
    for (const format of ['Text', 'JSON']) {
      await writeFile(client, format, ([, { isConcurrent }]) => !isConcurrent);
    }
  }
  // Concurrent requests are always logged as JSON.
  const client = await installClient('nodejs24.x');
  await writeFile(client, 'JSON', ([, { isConcurrent }]) => isConcurrent, '-concurrent');
}

async function writeFile(client, format, isIncluded, suffix = '') {
  const sections = [
    `# Made by npm run corpus:logs: the client of ${client.runtime}, format ${format}.`,
  ];
  for (const [name, parameters] of Object.entries(CASES).filter(isIncluded)) {
    const execution = new Execution(client, format, parameters);
    sections.push(`## ${name}`, ...(await execution.run()).map(asLine));
  }
  const runtime = client.runtime.replace('.x', '');
  const file = path.join(TESTDATA, `client-${runtime}-${format.toLowerCase()}${suffix}.txt`);
  fs.writeFileSync(file, `${sections.join('\n')}\n`);
  console.log(file);
}

/** Returns an event as a line of test data: see src/logs/invocation/tests.rs. */
function asLine(event) {
  return event.replaceAll('\n', '␤').replaceAll('\r', '␍');
}

runMain(main);
