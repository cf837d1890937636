'use strict';

// Deploys a project in a process of its own, as `litexa deploy` does: with its own environment, and so
// that it can be killed.

const { spawn } = require('node:child_process');
const { cleanEnvironment } = require('../environment');

/**
 * @param {object} what
 * @param {string} what.projectRoot a Litexa project with its options in litexa.config.json
 * @param {string} [what.target]
 * @param {'assets'} [what.part] of the deployment; by default, assets and handler are deployed
 * @param {object} [what.command] a command for `operate` in place of the deployment
 * @param {boolean} [what.dryRun]
 * @param {object} what.env the AWS settings, which replace this process's own, and other variables
 * @param {string[]} [what.wrapper] a program that runs the process, with its arguments
 * @param {number} [what.limitSeconds] after which the process is killed and `done` rejects
 * @returns {{kill: () => void, untilPrinted: (pattern: RegExp) => Promise<void>, done: Promise<{exit: number | string, error?: {code: string,
 *   message: string}, changes?: object[], lines: {level: string, line: string}[], stderr: string,
 *   seconds: number}>}} `exit` is the exit code or the signal; `error` is set if the deployment rejected,
 *   and `changes` if it resolved; `untilPrinted` resolves when the output matches
 */
function deployInChild({ env, wrapper = [], limitSeconds = 300, ...job }) {
  const [program, ...args] = [...wrapper, process.execPath, __filename, JSON.stringify(job)];
  const started = process.hrtime.bigint();
  const child = spawn(program, args, {
    env: { ...cleanEnvironment(), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const kill = () => child.kill('SIGKILL');
  let hangs = false;
  const limit = setTimeout(() => (hangs = kill()), limitSeconds * 1000);
  const text = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr']) {
    child[name].setEncoding('utf8').on('data', (chunk) => (text[name] += chunk));
  }
  const done = new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => {
      clearTimeout(limit);
      if (hangs) reject(new Error(`the deployment did not end within ${limitSeconds} s`));
      const seconds = Number(process.hrtime.bigint() - started) / 1e9;
      resolve({ exit: signal ?? code, ...readReport(text.stdout), stderr: text.stderr, seconds });
    });
  });
  const untilPrinted = (pattern) =>
    new Promise((resolve) => {
      const check = () => pattern.test(text.stdout) && resolve();
      child.stdout.on('data', check);
      check();
    });
  return { kill, done, untilPrinted };
}

/** Reads one JSON object per line. A process that was killed may have written half of the last. */
function readReport(stdout) {
  const complete = stdout.slice(0, stdout.lastIndexOf('\n') + 1);
  const messages = complete
    .split('\n')
    .filter(Boolean)
    .map((text) => JSON.parse(text));
  return {
    lines: messages.filter((message) => message.level),
    error: messages.find((message) => message.error)?.error,
    changes: messages.find((message) => message.changes)?.changes,
  };
}

async function main({ projectRoot, target = 'beta', part, command, dryRun = false }) {
  const litexa = require('../../..');
  const { deployContext } = require('./context');
  const write = (message) => process.stdout.write(`${JSON.stringify(message)}\n`);
  const printed = new Set();
  const print = (level, line) => {
    // A removal reads twice. The executable shows each warning once.
    const isRepeated = command && level === 'warning' && printed.has(line);
    if (!isRepeated) write({ level, line });
    printed.add(line);
  };
  const context = { ...deployContext({ projectRoot, target, print }), dryRun };
  const deploy = part === 'assets' ? litexa.assets.deploy : litexa.deploy;
  try {
    if (command) write(await operate(context, command));
    else write(await deploy(context, context.logger));
  } catch (error) {
    write({ error: { code: error.code, message: error.message } });
    process.exitCode = 1;
  }
}

/** Carries out a command. A removal is first shown, as the executable does it. */
async function operate(context, command) {
  const litexa = require('../../..');
  const run = (what) => litexa.operate(context, what, context.logger);
  if (command.name === 'remove') {
    const { changes } = await run(command);
    return run({ ...command, confirmed: changes });
  }
  const result = await run(command);
  if (result.problem) throw new Error(`the skill does not answer: ${result.problem.message}`);
  return result;
}

if (require.main === module) main(JSON.parse(process.argv[2]));

module.exports = { deployInChild };
