'use strict';

// Runs tables of invalid input. The cases run in a child process, so that an abort, a hang or an unhandled
// rejection of the module is a failure of that case only.

const assert = require('node:assert/strict');
const { fork } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const { after, test } = require('node:test');
const { useAws } = require('../support/aws/use-aws');
const { cleanEnvironment } = require('../support/environment');
const { makeTempDir, removeDir } = require('../support/tmp');

const CHILD = path.join(__dirname, 'child.js');
/** A process that makes no progress for this long hangs. Slow machines need more than a minute for a case. */
const DEFAULT_LIMIT_MS = 300_000;

/** Messages are for people. */
const MAX_MESSAGE_LENGTH = 4000;

/**
 * @typedef {object} Case
 * @property {string} title
 * @property {string} [group] the title of one test for several cases
 * @property {string} [code] of the expected error; the input is accepted without it
 * @property {string | RegExp} [mentions] a part of the error's message: the place
 * @property {RegExp} [throws] the message of an error without a code
 * @property {'deploy' | 'assets' | 'lambda' | 'logs'} [call] the default is `deploy`
 * @property {() => object} [options] the target's options, in addition to the bucket's name
 * @property {boolean} [bucket] false for options without the bucket's name
 * @property {Record<string, string>} [env] environment variables for the call
 * @property {(project: object) => void} [prepare] changes the project's files
 * @property {(context: object, project: object) => void | object} [context] changes the context or
 *   returns another one
 * @property {(context: object) => any} [logger] the second argument
 * @property {(modules: object) => any} [run] replaces the call
 * @property {boolean} [changesAws] the error is detected after the first change
 * @property {number} [uid] the user that deploys
 * @property {number} [limitMs] the time after which the case is considered to hang
 */

/** Creates tests from a table: a module in this directory that exports `cases`. */
function testTable(table) {
  const { cases } = require(table);
  const outcomes = new Map();
  // A child process that is killed does not remove its projects.
  const TMPDIR = makeTempDir('invalid-input');
  fs.chmodSync(TMPDIR, 0o755);
  const aws = useAws({
    keepState: true,
    async setUp() {
      // Windows has another variable for it.
      const env = { ...aws.env, TMPDIR, TEMP: TMPDIR };
      for (let next = 0; next < cases.length;) {
        next = await runChild({ table, cases, next, env, aws, outcomes });
      }
    },
  });
  after(() => removeDir(TMPDIR));

  for (const [title, group] of groups(cases)) {
    test(title, (t) => {
      const skipped = group.map((one) => outcomes.get(one)?.skipped);
      if (skipped.every(Boolean)) return t.skip(skipped[0]);
      const failures = group.flatMap((one) => failuresOf(one, outcomes.get(one)));
      return assert.deepEqual(failures, []);
    });
  }
}

function groups(cases) {
  const groups = new Map();
  for (const one of cases) {
    const title = one.group ?? `${one.title}: ${one.code ?? 'accepted'}`;
    groups.set(title, [...(groups.get(title) ?? []), one]);
  }
  return groups;
}

/** Runs cases until all are done or one has ended the child process. Returns the next case's index. */
async function runChild({ table, cases, next, env, aws, outcomes }) {
  const child = fork(CHILD, [table, String(next)], {
    env: { ...cleanEnvironment(), ...env },
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    serialization: 'advanced',
  });
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text) => (stderr = (stderr + text).slice(-2000)));
  let timer;
  const watch = () => {
    clearTimeout(timer);
    timer = setTimeout(() => child.kill('SIGKILL'), cases[next]?.limitMs ?? DEFAULT_LIMIT_MS);
  };
  watch();
  aws.clearRequests();
  child.on('message', (outcome) => {
    outcomes.set(cases[next], { ...outcome, writes: aws.writes() });
    aws.clearRequests();
    next += 1;
    watch();
    child.send('next');
  });
  const [code, signal] = await new Promise((resolve) =>
    child.once('close', (...how) => resolve(how)),
  );
  clearTimeout(timer);
  if (next === cases.length && code === 0) return next;
  const died = signal === 'SIGKILL' ? 'hung' : `ended with ${signal ?? code}`;
  const last = Math.min(next, cases.length - 1);
  outcomes.set(cases[last], { died: `the process ${died}: ${stderr}`, writes: aws.writes() });
  return last + 1;
}

/** Returns the failure of a case, so that those of a group are reported together. */
function failuresOf(one, outcome) {
  try {
    assertOutcome(one, outcome);
    return [];
  } catch (failure) {
    return [failure.message];
  }
}

function assertOutcome(one, outcome) {
  const about = `${one.title} (${one.code ?? 'accepted'}): ${JSON.stringify(outcome)}`.slice(
    0,
    600,
  );
  assert.ok(outcome && !outcome.died, about);
  assert.deepEqual(outcome.unhandled, [], about);
  if (outcome.skipped) return undefined;
  if (!one.code && !one.throws) {
    return assert.equal(outcome.error, undefined, about);
  }
  assert.ok(outcome.error, `must be an error, but is accepted: ${about}`);
  const { code, message } = outcome.error;
  if (one.throws) return assert.match(message, one.throws, about);
  assert.equal(code, one.code, about);
  // Paths in messages are those of the system.
  const shown = message.replaceAll('\\', '/');
  if (typeof one.mentions === 'string') assert.ok(shown.includes(one.mentions), about);
  else assert.match(message, one.mentions, about);
  assert.doesNotMatch(message, /undefined|\[object |[\n\r]/, about);
  assert.ok(message.length <= MAX_MESSAGE_LENGTH, `${message.length} characters: ${about}`);
  if (!one.changesAws) assert.deepEqual(outcome.writes, [], about);
  return undefined;
}

module.exports = { testTable };
