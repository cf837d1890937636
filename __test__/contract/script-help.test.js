'use strict';

// Every npm script answers `--help` with how to call it, and does nothing.

const assert = require('node:assert/strict');
const { execFile } = require('node:child_process');
const { test } = require('node:test');
const { promisify } = require('node:util');
const { scripts } = require('../../package.json');
const { ROOT } = require('../support/documents');

const programs = new Set(
  Object.values(scripts).map((command) => /^node (\S+)/.exec(command)?.[1] ?? command),
);

test('there are programs, each of which is a script of Node.js', () => {
  assert.ok(programs.size > 15);
  assert.deepEqual(
    [...programs].filter((program) => !/^(scripts|bench|__test__)\b/.test(program)),
    [],
  );
});

for (const program of programs) {
  test(`node ${program} --help`, async () => {
    const { stdout, stderr } = await promisify(execFile)(process.execPath, [program, '--help'], {
      cwd: ROOT,
    });
    assert.match(stdout, /npm (?:run |test)/, 'it names its command');
    assert.equal(stderr, '');
  });
}
