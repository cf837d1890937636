'use strict';

// Every npm script answers `--help`, and an option that it does not know, with how to call it, and does nothing.

const assert = require('node:assert/strict');
const { execFile } = require('node:child_process');
const { test } = require('node:test');
const { promisify } = require('node:util');
const { scripts } = require('../../package.json');
const { unknownOption } = require('../../scripts/lib/exec');
const { DOCUMENTS, filesIn, read, ROOT } = require('../support/documents');

/** Scripts whose options may be those of another program: cargo and mocha. */
const PASS_OPTIONS_ON = ['test:rust', 'test:sdk-peer'];

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
  if (PASS_OPTIONS_ON.includes(name)) continue;
  test(`${own} -- --no-such-option`, async () => {
    const { stdout, stderr, code } = await runScript(command, '--no-such-option');
    assert.equal(code, 1);
    assert.match(stderr, /^unknown option --no-such-option\n/);
    assert.ok(stderr.includes(own), stderr);
    assert.equal(stdout, '');
  });
}

test('an option is known if the help names it, whatever its value', () => {
  const help = 'npm run x -- [--s3 emulator|strict] [--seconds=<number>] [part of --dry-run]';
  for (const args of [[], ['part'], ['--s3', 'strict'], ['--seconds=3'], ['--', '--dry-run']])
    assert.equal(unknownOption(args, help), undefined, args.join(' '));
  for (const [option, ...rest] of [['--s'], ['--s31'], ['--sec=3'], ['-x'], ['--dry', 'part']])
    assert.equal(unknownOption([option, ...rest], help), option.split('=')[0]);
});

test('the help of a script names every option with which documentation and workflows call it', async () => {
  const texts = [...DOCUMENTS, ...filesIn('.github/workflows', '.yml')].map(read).join('\n');
  let calls = 0;
  for (const [, name, text] of texts.matchAll(/npm run ([\w:-]+) -- ([^`\n]*)/g)) {
    const command = scripts[name];
    assert.ok(command, `npm run ${name} is not a script`);
    if (PASS_OPTIONS_ON.includes(name)) continue;
    const { stdout: help } = await runScript(command, '--help');
    const options = text.match(/(?<=^|\s)--[a-z][\w-]*/g) ?? [];
    calls += options.length;
    const unknown = unknownOption(options, `${help} --help`);
    assert.equal(unknown, undefined, `npm run ${name} -- ${text}`);
  }
  assert.ok(calls > 5, `only ${calls} options were found`);
});
