'use strict';

// Every npm script answers `--help`, and an option that it does not know, with how to call it, and does nothing.

const assert = require('node:assert/strict');
const { execFile } = require('node:child_process');
const { test } = require('node:test');
const { promisify } = require('node:util');
const { scripts } = require('../../package.json');
const { ROOT } = require('../support/documents');

const runProgram = promisify(execFile);

/** Runs the program of an npm script. Returns its output, and its exit code if it fails. */
async function runScript(command, option) {
  const [, program] = /^node (\S+)/.exec(command);
  return runProgram(process.execPath, [program, option], { cwd: ROOT }).catch((error) => error);
}

for (const [name, command] of Object.entries(scripts)) {
  const own = name === 'test' ? 'npm test' : `npm run ${name}`;
  for (const option of ['--help', '-h']) {
    test(`${own} -- ${option}`, async () => {
      const { stdout, stderr } = await runScript(command, option);
      assert.ok(stdout.includes(own), stdout);
      assert.equal(stderr, '');
    });
  }
  // These pass options on to cargo, or to the tests.
  if (command.startsWith('node scripts/test.js')) continue;
  test(`${own} -- --no-such-option`, async () => {
    const { stdout, stderr, code } = await runScript(command, '--no-such-option');
    assert.equal(code, 1);
    assert.match(stderr, /^unknown option --no-such-option\n/);
    assert.ok(stderr.includes(own), stderr);
    assert.equal(stdout, '');
  });
}
