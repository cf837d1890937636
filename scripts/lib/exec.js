'use strict';

const { spawn, spawnSync } = require('node:child_process');

/**
 * Runs a program to its end. Its output goes where ours goes, unless `quiet`: then it is kept for
 * the error. An aborted `signal` ends the program and what it started.
 *
 * @returns {Promise<string>} what it wrote on stdout, when `quiet`
 */
function run(program, args, { cwd, env, quiet = false, signal } = {}) {
  return new Promise((resolve, reject) => {
    // A process group of its own, where it may have to be ended together with its children.
    // Otherwise Ctrl-C reaches it from the terminal.
    const ownGroup = Boolean(signal) && process.platform !== 'win32';
    const output = quiet ? 'pipe' : 'inherit';
    const stdio = ['ignore', output, output];
    const child = spawn(program, args, { cwd, env, stdio, detached: ownGroup });

    const texts = { stdout: '', stderr: '' };
    for (const name of quiet ? ['stdout', 'stderr'] : []) {
      child[name].setEncoding('utf8').on('data', (text) => (texts[name] += text));
    }
    const stop = () => endProcess(child, ownGroup);
    if (signal?.aborted) stop();
    signal?.addEventListener('abort', stop);

    child.once('error', (error) => reject(new RunError(program, args, error.message, error.code)));
    child.once('close', (code, killedBy) => {
      signal?.removeEventListener('abort', stop);
      if (code === 0) return resolve(texts.stdout);
      const how = killedBy ? `was ended by ${killedBy}` : `failed with exit code ${code}`;
      const said = `${texts.stdout}${texts.stderr}`.trim();
      return reject(new RunError(program, args, said ? `${how}:\n${said}` : how));
    });
  });
}

/** A program that did not run, or not to a good end. `code` is ENOENT where there is none. */
class RunError extends Error {
  constructor(program, args, how, code) {
    super(`${[program, ...args].join(' ')}: ${how}`);
    this.name = 'RunError';
    this.code = code;
  }
}

function endProcess(child, ownGroup) {
  try {
    if (ownGroup) process.kill(-child.pid, 'SIGTERM');
    // Windows knows no groups of processes, but trees of them.
    else spawnSync('taskkill', ['/F', '/T', '/PID', String(child.pid)]);
  } catch {
    // It has ended already.
  }
}

/** Runs a script's `main`: a failure becomes one message and exit code 1, without a stack. */
async function runMain(main) {
  try {
    await main(process.argv.slice(2));
  } catch (error) {
    console.error(`\n${error.message}`);
    process.exitCode = 1;
  }
}

module.exports = { run, runMain };
