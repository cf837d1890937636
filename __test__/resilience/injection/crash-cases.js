'use strict';

// The process is killed at each call to AWS: when AWS has done it and nobody has heard of it, and
// when the answer has arrived; and at each of its own writes to the disk.

const assert = require('node:assert/strict');
const { execFileSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const { setTimeout: sleep } = require('node:timers/promises');
const { assertHealed } = require('./environment');

const WHEN = ['before the answer', 'after the answer'];

/**
 * What changes files, and how often a thread makes such a call at most. `write` is also how threads
 * wake each other, so it comes much more often. A file that was opened and not written to is what
 * a crash at its first write leaves.
 */
const SYSTEM_CALLS = {
  mkdir: { names: 'mkdir,mkdirat', most: 12 },
  write: { names: 'write,pwrite64,writev,copy_file_range,sendfile', most: 60 },
  rename: { names: 'rename,renameat,renameat2,linkat', most: 10 },
  remove: { names: 'unlink,unlinkat', most: 6 },
};

/** @typedef {{scenario: string, call: {id: string, name: string, count: number}, when: string}} Crash */

/** A crash at every call of a scenario, before and after its answer. */
async function crashCases(stage, scenario) {
  const { calls } = await stage.undisturbed(scenario);
  return calls.flatMap((call) => WHEN.map((when) => ({ scenario, call, when })));
}

/** @returns {Promise<{reached: boolean}>} whether the deployment made the call this time */
async function runCrashCase(stage, { scenario, call, when }) {
  const place = await stage.setUp(scenario);
  try {
    let isOver = false;
    const outcome = await place.deployDisturbed((asked, { name, count }, process) => {
      if (isOver) return NEVER;
      if (name !== call.name || count !== call.count) return undefined;
      return {
        deliver(real, response) {
          isOver = true;
          crash(process, when, real, response);
        },
      };
    });
    await assertHealed(stage, scenario, place);
    return { reached: outcome.exit === 'SIGKILL' };
  } finally {
    await place.tearDown();
  }
}

function crash(process, when, { status, headers, body }, response) {
  if (when === 'before the answer') return process.kill();
  response.writeHead(status, headers);
  // Time to take it in, and to write to the disk. What is asked after it does not reach AWS.
  return response.end(body, () => setTimeout(process.kill, 100));
}

/** What stands for an answer that does not come. */
const NEVER = new Promise(() => {});

/**
 * Kills the process at the nth change of a file that the parent sees. By then the process may be a
 * little further: for a crash at exactly a write see `runWriteCase`.
 *
 * @returns {Promise<{reached: boolean}>}
 */
async function runFileCase(stage, { scenario, nth }) {
  const place = await stage.setUp(scenario);
  try {
    const process = place.deploy();
    const changes = watch(path.join(place.project.root, '.deploy'), nth, process.kill);
    const outcome = await process.done;
    changes.stop();
    await assertHealed(stage, scenario, place);
    return { reached: outcome.exit === 'SIGKILL' };
  } finally {
    await place.tearDown();
  }
}

/** Calls `react` at the nth change in a folder, its subfolders included as soon as they are there. */
function watch(folder, nth, react) {
  const watchers = new Map();
  let count = 0;
  const look = (inner) => {
    if (watchers.has(inner) || !fs.existsSync(inner)) return;
    const watcher = fs.watch(inner, (event, name) => {
      count += 1;
      if (count === nth) react();
      const changed = name && path.join(inner, name);
      if (changed && fs.statSync(changed, { throwIfNoEntry: false })?.isDirectory()) look(changed);
    });
    watchers.set(
      inner,
      watcher.on('error', () => {}),
    );
  };
  for (const inner of [folder, path.join(folder, 'beta')]) {
    fs.mkdirSync(inner, { recursive: true });
    look(inner);
  }
  return { stop: () => watchers.forEach((watcher) => watcher.close()) };
}

/** Whether this machine has a strace that can kill at a system call. */
function hasStrace() {
  try {
    const args = [
      '-f',
      '-qq',
      '-e',
      'trace=openat',
      '-e',
      'inject=openat:signal=SIGKILL:when=1',
      'true',
    ];
    execFileSync('strace', args, { stdio: 'ignore' });
    return false;
  } catch (error) {
    return error.signal === 'SIGKILL';
  }
}

/**
 * Kills the process when any of its threads is about to make its nth system call of a kind, so that
 * it is not made any more. (strace counts wrongly with `--seccomp-bpf`.)
 *
 * @param {{scenario: string, kind: keyof SYSTEM_CALLS, nth: number}} crash
 * @returns {Promise<{reached: boolean}>} false: no thread makes that many
 */
async function runWriteCase(stage, { scenario, kind, nth }) {
  const place = await stage.setUp(scenario);
  try {
    const calls = SYSTEM_CALLS[kind].names;
    const inject = `inject=${calls}:signal=SIGKILL:when=${nth}`;
    const log = path.join(place.project.root, '..', `strace-${path.basename(place.project.root)}`);
    const strace = ['strace', '-f', '-qq', '-o', log, '-e', `trace=${calls}`];
    const outcome = await place.deploy({}, [...strace, '-e', inject]).done;
    fs.rmSync(log, { force: true });
    // strace may end a moment before the last thread of what it watches.
    await sleep(50);
    assert.ok([0, 'SIGKILL'].includes(outcome.exit), `exit ${outcome.exit} ${outcome.stderr}`);
    await assertHealed(stage, scenario, place);
    return { reached: outcome.exit === 'SIGKILL' };
  } finally {
    await place.tearDown();
  }
}

module.exports = { crashCases, runCrashCase, runFileCase, runWriteCase, hasStrace, SYSTEM_CALLS };
