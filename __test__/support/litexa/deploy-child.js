'use strict';

// One deployment, assets and handler, in a Node process of its own, as `litexa deploy` is one: it
// has its own environment, and it can be killed.

const { spawn } = require('node:child_process');

/**
 * @param {object} what
 * @param {string} what.projectRoot a Litexa project with its options in litexa.config.json
 * @param {string} [what.target]
 * @param {object} what.env the AWS settings, in place of this process' own, and other variables
 * @param {string[]} [what.under] a program that runs the process, with its arguments
 * @param {number} [what.limitSeconds] the process is killed, and `done` rejects, when it takes longer
 * @returns {{kill: () => void, done: Promise<{exit: number | string, error?: {code: string,
 *   message: string}, lines: {level: string, line: string}[], stderr: string, seconds: number}>}}
 *   `exit` is the code or the signal; `error` is there if the deployment rejected
 */
function deployInProcess({ projectRoot, target = 'beta', env, under = [], limitSeconds = 300 }) {
  const job = JSON.stringify({ projectRoot, target });
  const [program, ...args] = [...under, process.execPath, __filename, job];
  const started = process.hrtime.bigint();
  const child = spawn(program, args, {
    env: { ...withoutSettings(process.env), ...env },
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
      if (hangs) reject(new Error(`The deployment did not end within ${limitSeconds} s`));
      const seconds = Number(process.hrtime.bigint() - started) / 1e9;
      resolve({ exit: signal ?? code, ...readReport(text.stdout), stderr: text.stderr, seconds });
    });
  });
  return { kill, done };
}

function withoutSettings(environment) {
  const foreign = /^(AWS_|LITEXA_|NODE_TEST_CONTEXT$)/;
  return Object.fromEntries(Object.entries(environment).filter(([name]) => !foreign.test(name)));
}

/** One JSON object a line. A process that was killed may have left half of the last one. */
function readReport(stdout) {
  const written = stdout.slice(0, stdout.lastIndexOf('\n') + 1);
  const messages = written
    .split('\n')
    .filter(Boolean)
    .map((text) => JSON.parse(text));
  return {
    lines: messages.filter((message) => message.level),
    error: messages.find((message) => message.error)?.error,
  };
}

async function main(job) {
  const litexa = require('../../..');
  const { deployContext } = require('./context');
  const tell = (message) => process.stdout.write(`${JSON.stringify(message)}\n`);
  const context = deployContext({ ...job, print: (level, line) => tell({ level, line }) });
  try {
    await litexa.deploy(context, context.logger);
  } catch (error) {
    tell({ error: { code: error.code, message: error.message } });
    process.exitCode = 1;
  }
}

if (require.main === module) main(JSON.parse(process.argv[2]));

module.exports = { deployInProcess };
