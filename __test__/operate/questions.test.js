'use strict';

// Confirmations and colors, in a process whose streams say that they are a terminal.

const assert = require('node:assert/strict');
const { spawn } = require('node:child_process');
const path = require('node:path');
const { test } = require('node:test');
const { cleanEnvironment } = require('../support/environment');

const IO = JSON.stringify(path.join(__dirname, '..', '..', 'bin', 'lib', 'io.js'));

const TERMINAL = `for (const name of ['stdin', 'stdout', 'stderr']) process[name].isTTY = true;
for (const name of ['stdout', 'stderr']) process[name].hasColors = () => true;`;

/** Runs a program that may use `createIo`, with an input. Returns its output and exit code. */
function runWithIo(program, { input = '', terminal = true, env = {} } = {}) {
  const source = `${terminal ? TERMINAL : ''}
    const { createIo } = require(${IO});
    (async () => { ${program} })().catch((error) => {
      console.log(error.message, new URL(error.url).hash);
      process.exitCode = error.code === 'WRONG_USAGE' ? 2 : 1;
    });`;
  const child = spawn(process.execPath, ['-e', source], { env: { ...cleanEnvironment(), ...env } });
  child.stdin.on('error', () => {});
  child.stdin.end(input);
  const text = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr']) {
    child[name].setEncoding('utf8').on('data', (chunk) => (text[name] += chunk));
  }
  return new Promise((resolve) => child.once('close', (code) => resolve({ code, ...text })));
}

const CONFIRM = (options) =>
  `await createIo(${JSON.stringify(options)}).confirm('beta', 'removes the target'); console.log('done');`;

test('a terminal asks for a text, and only that text confirms', async () => {
  const confirmed = await runWithIo(CONFIRM({}), { input: 'beta\n' });
  assert.deepEqual([confirmed.code, confirmed.stdout], [0, 'done\n']);
  assert.match(confirmed.stderr, /This removes the target\. Enter .*beta.* to confirm: /);
  for (const input of ['\n', 'Beta\n', 'yes\n', 'betas\n', '']) {
    const { code, stdout } = await runWithIo(CONFIRM({}), { input });
    assert.deepEqual(
      [code, stdout],
      [1, 'not confirmed: nothing was changed #not_confirmed\n'],
      input,
    );
  }
});

test('--yes confirms, and without a terminal it is needed', async () => {
  const { code, stdout, stderr } = await runWithIo(CONFIRM({ yes: true }), { terminal: false });
  assert.deepEqual([code, stdout, stderr], [0, 'done\n', '']);
  const refused = await runWithIo(CONFIRM({}), { input: 'beta\n', terminal: false });
  assert.equal(refused.code, 2);
  assert.match(refused.stdout, /Add --yes/);
});

test('there are colors in a terminal only, and without NO_COLOR only', async () => {
  const program = `const io = createIo({}); io.print(io.style.red('text')); io.logger.warning('w');`;
  const colored = await runWithIo(program);
  assert.deepEqual(
    [colored.stdout, colored.stderr],
    ['\u001b[31mtext\u001b[39m\n', '\u001b[33mwarning: w\u001b[39m\n'],
  );
  for (const settings of [
    { env: { NO_COLOR: '1' } },
    { terminal: false, env: { FORCE_COLOR: '1' } },
  ]) {
    const { stdout, stderr } = await runWithIo(program, settings);
    assert.deepEqual([stdout, stderr], ['text\n', 'warning: w\n']);
  }
  assert.equal((await runWithIo(program, { env: { NO_COLOR: '' } })).stdout, colored.stdout);
});

test('lines about the sign-in are shown once, others each time', async () => {
  const lines = ['AWS credentials: a', 'the account is 1', 'waiting', 'AWS credentials: a'];
  const program = `const { logger } = createIo({}, 'stdout');
    for (const line of ${JSON.stringify([...lines, ...lines])}) logger.log(line);
    logger.log('AWS credentials: b');`;
  const { stdout } = await runWithIo(program);
  assert.deepEqual(stdout.trimEnd().split('\n'), [
    ...lines.slice(0, 3),
    'waiting',
    'AWS credentials: b',
  ]);
});

test('with --json, lines of the log go to stderr wherever they go otherwise', async () => {
  const program = (lines, json) =>
    `const { logger, print } = createIo({ json: ${json} }, '${lines}'); logger.log('line'); print('text');`;
  for (const [lines, json, stdout, stderr] of [
    ['stdout', false, 'line\ntext\n', ''],
    ['stdout', true, '', 'line\n'],
    ['stderr', false, 'text\n', 'line\n'],
    ['verbose', false, 'text\n', ''],
    ['verbose', true, '', ''],
  ]) {
    const found = await runWithIo(program(lines, json));
    assert.deepEqual([found.stdout, found.stderr], [stdout, stderr], `${lines} ${json}`);
  }
});
