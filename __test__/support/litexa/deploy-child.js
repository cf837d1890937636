'use strict';

// Deploys a project in a process of its own, as `litexa deploy` does: with its own environment, and so
// that it can be killed.

const { spawn } = require('node:child_process');
const { cleanEnvironment } = require('../environment');

/**
 * @param {object} what
 * @param {string} what.projectRoot a Litexa project with its options in litexa.config.json
 * @param {string} [what.target]
 * @param {'assets' | 'remove'} [what.part] of the deployment, or a removal with the table; by default,
 *   assets and handler are deployed
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

async function main({ projectRoot, target = 'beta', part, dryRun = false }) {
  const litexa = require('../../..');
  const { deployContext } = require('./context');
  const write = (message) => process.stdout.write(`${JSON.stringify(message)}\n`);
  const print = (level, line) => write({ level, line });
  const context = { ...deployContext({ projectRoot, target, print }), dryRun };
  const deploy = { assets: litexa.assets.deploy, remove: removeAll }[part] ?? litexa.deploy;
  try {
    write(await deploy(context, context.logger));
  } catch (error) {
    write({ error: { code: error.code, message: error.message } });
    process.exitCode = 1;
  }
}

/** Removes the target with its table, after it was shown. */
async function removeAll(context, logger) {
  const { operate } = require('../../..');
  const command = { name: 'remove', table: true };
  const { changes } = await operate(context, command, logger);
  return operate(context, { ...command, confirmed: changes }, logger);
}

if (require.main === module) main(JSON.parse(process.argv[2]));

module.exports = { deployInChild };
