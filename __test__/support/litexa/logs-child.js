'use strict';

// Runs `litexa logs` in a process of its own, with the context that the CLI passes, and prints each line
// as JSON. `interrupt` is Ctrl-C in its terminal.

const { spawn } = require('node:child_process');
const { cleanEnvironment } = require('../environment');
const { INTERRUPTIBLE, interrupt } = require('../interrupt');

/** After this time, the process is killed. */
const LIMIT_MS = 60_000;

/**
 * @param {object} what
 * @param {string} what.projectRoot
 * @param {object} what.env
 * @param {boolean} [what.isProgram] whether a program runs it, and not the CLI
 * @param {boolean} [what.isTerminal] whether standard output claims to be a terminal with colors
 */
function logsInChild({ env, ...job }) {
  const child = spawn(process.execPath, [...INTERRUPTIBLE.flags, __filename, JSON.stringify(job)], {
    env: { ...cleanEnvironment(), ...env },
    stdio: ['ignore', 'pipe', 'pipe', ...INTERRUPTIBLE.stdio],
  });
  const limit = setTimeout(() => child.kill('SIGKILL'), LIMIT_MS);
  const lines = [];
  const waiting = new Set();
  let [rest, stderr, result] = ['', '', undefined];
  child.stderr.setEncoding('utf8').on('data', (chunk) => (stderr += chunk));
  child.stdout.setEncoding('utf8').on('data', (chunk) => {
    const parts = (rest + chunk).split('\n');
    rest = parts.pop();
    for (const message of parts.map((text) => JSON.parse(text))) {
      if (message.result) result = message.result;
      else lines.push(message);
    }
    for (const check of waiting) check();
  });
  const done = new Promise((resolve) => {
    child.once('close', (code, signal) => {
      clearTimeout(limit);
      for (const check of waiting) check(true);
      resolve({ exit: signal ?? code, lines, result, stderr });
    });
  });
  /** Waits for a line, and returns it. */
  const line = (pattern) =>
    new Promise((resolve, reject) => {
      const check = (isOver) => {
        const found = lines.find((one) => pattern.test(one.line));
        if (!found && !isOver) return;
        waiting.delete(check);
        const all = lines.map((one) => one.line).join('\n');
        if (found) resolve(found.line);
        else reject(new Error(`no line matches ${pattern}:\n${all}\n${stderr}`));
      };
      waiting.add(check);
      check();
    });
  return { done, interrupt: () => interrupt(child), line, lines };
}

async function main({ projectRoot, isProgram, isTerminal }) {
  if (isTerminal) process.stdout.hasColors = () => true;
  const litexa = require('../../..');
  const { logsContext } = require('./context');
  const write = (message) => process.stdout.write(`${JSON.stringify(message)}\n`);
  const print = (level, text) => write({ level, line: text });
  const context = logsContext({ projectRoot, target: 'beta', options: {}, print });
  try {
    const logs = isProgram ? litexa.logs : litexa.logs.pull;
    write({ result: await logs(context, context.logger) });
  } catch (error) {
    write({ level: 'thrown', line: `${error.code}: ${error.message}` });
  }
}

if (require.main === module) main(JSON.parse(process.argv[2]));

module.exports = { logsInChild };
