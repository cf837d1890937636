'use strict';

// Runs the executable, in a process of its own and without a terminal.

const { spawn } = require('node:child_process');
const path = require('node:path');
const { cleanEnvironment } = require('../environment');

const EXECUTABLE = path.join(__dirname, '..', '..', '..', 'bin', 'litexa-deploy-aws.js');

/**
 * Runs a command to its end.
 *
 * @param {string[]} args
 * @param {object} [settings]
 * @param {string} [settings.cwd] a folder of a project
 * @param {object} [settings.env] variables in addition to those of this process that are not settings
 * @param {(child: object) => void} [settings.started] gets the process
 * @returns {Promise<{code: number | string, stdout: string, stderr: string, json: () => any}>} `code` is
 *   the exit code or the signal
 */
function runExecutable(args, { cwd, env, started } = {}) {
  const child = spawn(process.execPath, [EXECUTABLE, ...args], {
    cwd,
    env: { ...cleanEnvironment(), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const text = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr']) {
    child[name].setEncoding('utf8').on('data', (chunk) => (text[name] += chunk));
  }
  started?.(child);
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => {
      resolve({ code: signal ?? code, ...text, json: () => JSON.parse(text.stdout) });
    });
  });
}

module.exports = { runExecutable };
