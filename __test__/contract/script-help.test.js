'use strict';

// Every npm script answers `--help` with how to call it, and does nothing.

const assert = require('node:assert/strict');
const { execFile } = require('node:child_process');
const { test } = require('node:test');
const { promisify } = require('node:util');
const { scripts } = require('../../package.json');
const { ROOT } = require('../support/documents');

for (const [name, command] of Object.entries(scripts)) {
  test(`npm run ${name} -- --help`, async () => {
    const [, program] = /^node (\S+)/.exec(command);
    const { stdout, stderr } = await promisify(execFile)(process.execPath, [program, '--help'], {
      cwd: ROOT,
    });
    const own = name === 'test' ? 'npm test' : `npm run ${name}`;
    assert.ok(stdout.includes(own), stdout);
    assert.equal(stderr, '');
  });
}
