'use strict';

// Kills a deployment at each request to AWS: when AWS has performed it, before and after the response
// arrives; and at each of its writes to the disk.

const assert = require('node:assert/strict');
const { execFileSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const { setTimeout: sleep } = require('node:timers/promises');
const { assertRecovered } = require('./environment');

const MOMENTS = ['before the answer', 'after the answer'];

/**
 * System calls that change files, and the maximum of them in one thread. Threads also use `write` to wake
 * each other. A crash at the first `write` to a file leaves an empty file.
 */
const SYSTEM_CALLS = {
  mkdir: { names: 'mkdir,mkdirat', max: 12 },
  write: { names: 'write,pwrite64,writev,copy_file_range,sendfile', max: 60 },
  rename: { names: 'rename,renameat,renameat2,linkat', max: 10 },
  remove: { names: 'unlink,unlinkat', max: 6 },
};

/** @typedef {{scenario: string, call: {id: string, name: string, count: number}, when: string}} Crash */

/** Returns a crash at every call of a scenario, before and after the response. */
async function crashCases(environment, scenario) {
  const { calls } = await environment.baseline(scenario);
  return calls.flatMap((call) => MOMENTS.map((when) => ({ scenario, call, when })));
}

/** @returns {Promise<{reached: boolean}>} whether the deployment made the call in this run */
async function runCrashCase(environment, { scenario, call, when }) {
  const run = await environment.setUp(scenario);
  try {
    let isOver = false;
    const outcome = await run.deployDisturbed((_, { name, count }, process) => {
      if (isOver) return NEVER;
      if (name !== call.name || count !== call.count) return undefined;
      return {
        deliver(real, response) {
          isOver = true;
          crash(process, when, real, response);
        },
      };
    });
    await assertRecovered(environment, scenario, run);
    return { reached: outcome.exit === 'SIGKILL' };
  } finally {
    await run.tearDown();
  }
}

function crash(process, when, { status, headers, body }, response) {
  if (when === 'before the answer') return process.kill();
  response.writeHead(status, headers);
  // The process gets time to write to the disk. Its further requests do not reach AWS.
  return response.end(body, () => setTimeout(process.kill, 100));
}

/** A response that never comes. */
const NEVER = new Promise(() => {});

/**
 * Kills the process after the nth change of a file that its parent observes, which is a little late. See
 * `runWriteCase` for a crash exactly at a write.
 *
 * @returns {Promise<{reached: boolean}>}
 */
async function runFileCase(environment, { scenario, nth }) {
  const run = await environment.setUp(scenario);
  try {
    const process = run.deploy();
    const changes = watch(path.join(run.project.root, '.deploy'), nth, process.kill);
    const outcome = await process.done;
    changes.stop();
    await assertRecovered(environment, scenario, run);
    return { reached: outcome.exit === 'SIGKILL' };
  } finally {
    await run.tearDown();
  }
}

/** Calls `onNth` at the nth change in a directory and in its subdirectories, once they exist. */
function watch(folder, nth, onNth) {
  const watchers = new Map();
  let count = 0;
  const observe = (inner) => {
    if (watchers.has(inner) || !fs.existsSync(inner)) return;
    const watcher = fs.watch(inner, (event, name) => {
      count += 1;
      if (count === nth) onNth();
      const changed = name && path.join(inner, name);
      if (changed && fs.statSync(changed, { throwIfNoEntry: false })?.isDirectory())
        observe(changed);
    });
    watchers.set(
      inner,
      watcher.on('error', () => {}),
    );
  };
  for (const inner of [folder, path.join(folder, 'beta')]) {
    fs.mkdirSync(inner, { recursive: true });
    observe(inner);
  }
  return { stop: () => watchers.forEach((watcher) => watcher.close()) };
}

/** Whether strace is installed and can kill a process at a system call. */
function hasStrace() {
  try {
    const inject = ['-e', 'trace=openat', '-e', 'inject=openat:signal=SIGKILL:when=1'];
    execFileSync('strace', ['-f', '-qq', ...inject, 'true'], { stdio: 'ignore' });
    return false;
  } catch (error) {
    return error.signal === 'SIGKILL';
  }
}

/**
 * Kills the process before any of its threads makes its nth system call of a kind. (With
 * `--seccomp-bpf`, strace miscounts.)
 *
 * @param {{scenario: string, kind: keyof SYSTEM_CALLS, nth: number}} crash
 * @returns {Promise<{reached: boolean}>} false if no thread makes that many
 */
async function runWriteCase(environment, { scenario, kind, nth }) {
  const run = await environment.setUp(scenario);
  try {
    const calls = SYSTEM_CALLS[kind].names;
    const inject = `inject=${calls}:signal=SIGKILL:when=${nth}`;
    const log = `${run.project.root}.strace`;
    const strace = ['strace', '-f', '-qq', '-o', log, '-e', `trace=${calls}`];
    const outcome = await run.deploy({}, [...strace, '-e', inject]).done;
    fs.rmSync(log, { force: true });
    // strace may end a little before the last thread of the process.
    await sleep(50);
    assert.ok([0, 'SIGKILL'].includes(outcome.exit), `exit ${outcome.exit} ${outcome.stderr}`);
    await assertRecovered(environment, scenario, run);
    return { reached: outcome.exit === 'SIGKILL' };
  } finally {
    await run.tearDown();
  }
}

module.exports = { crashCases, runCrashCase, runFileCase, runWriteCase, hasStrace, SYSTEM_CALLS };
