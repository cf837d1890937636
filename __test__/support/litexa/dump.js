'use strict';

const { spawn } = require('node:child_process');
const path = require('node:path');

const SCRIPT = path.join(__dirname, 'dump-child.js');

/**
 * Deploys a project and pulls its logs in a process of its own.
 *
 * @param {string} projectRoot
 * @param {object} [options] those of `spawn`
 * @param {string} [options.before] a command of bash for the process, such as `ulimit -n 64`
 * @returns {Promise<{stdout: string, stderr: string, exit: number | null, signal: string | null}>}
 */
function dumpDeployment(projectRoot, { before, ...options } = {}) {
  const command = [process.execPath, SCRIPT, projectRoot];
  const [program, ...args] = before
    ? ['bash', '-c', `${before} && exec "$0" "$@"`, ...command]
    : command;
  const child = spawn(program, args, options);
  const output = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr']) {
    child[name].setEncoding('utf8').on('data', (text) => (output[name] += text));
  }
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (exit, signal) => resolve({ exit, signal, ...output }));
  });
}

module.exports = { dumpDeployment };
