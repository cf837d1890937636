'use strict';

// Runs tables of bad input. Each case runs in a child process, so that an abort, a hang or an
// unhandled rejection of the module is seen and told, and not the end of the test.

const assert = require('node:assert/strict');
const { fork } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { after, before, test } = require('node:test');
const { startEmulator } = require('../support/aws/emulator');
const { startProxy } = require('../support/aws/proxy');

const CHILD = path.join(__dirname, 'child.js');
const LIMIT_MS = 60_000;

/** More than a person reads, and more than a terminal shows. */
const LONGEST_MESSAGE = 4000;

/**
 * @typedef {object} Case
 * @property {string} title what is wrong
 * @property {string} [group] cases of one group are one test; without it a case is a test of its own
 * @property {string} [code] of the error; without it the input is accepted
 * @property {string | RegExp} [says] part of the error's message: the place
 * @property {'deploy' | 'assets' | 'lambda' | 'logs'} [call] `deploy` unless told otherwise
 * @property {object} [options] the target's options, over those that name a bucket
 * @property {Record<string, string>} [env] environment variables for the call
 * @property {(project: object) => void} [prepare] changes the project's files
 * @property {(context: object, project: object) => void | object} [context] changes the context, or
 *   returns another one
 * @property {(context: object) => any} [logger] the second argument
 * @property {(modules: object) => any} [run] calls something else
 * @property {boolean} [changesAws] although it is refused: nothing tells it before
 * @property {number} [uid] the user who deploys
 */

/** Makes tests of a table: a module in this folder that exports `cases`. */
function testTable(table) {
  const { cases } = require(table);
  const outcomes = new Map();
  // A child that dies leaves its projects behind.
  const TMPDIR = fs.mkdtempSync(path.join(os.tmpdir(), 'litexa-bad-'));
  fs.chmodSync(TMPDIR, 0o755);
  let emulator;
  let proxy;

  before(async () => {
    emulator = await startEmulator();
    proxy = await startProxy(emulator.endpoint);
    const env = { ...emulator.env, AWS_ENDPOINT_URL: proxy.endpoint, TMPDIR };
    for (let next = 0; next < cases.length;) {
      next = await runChild({ table, cases, next, env, proxy, outcomes });
    }
  });
  after(async () => {
    await proxy?.stop();
    await emulator?.stop();
    fs.rmSync(TMPDIR, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  });

  for (const [title, group] of groups(cases)) {
    test(title, () => {
      const faults = group.flatMap((one) => faultsOf(one, outcomes.get(one)));
      assert.deepEqual(faults, []);
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

/** Runs cases until all are done or the child has died of one. Returns the next one's index. */
async function runChild({ table, cases, next, env, proxy, outcomes }) {
  const foreign = /^(AWS_|LITEXA_|NODE_TEST_CONTEXT$)/;
  const kept = Object.entries(process.env).filter(([name]) => !foreign.test(name));
  const child = fork(CHILD, [table, String(next)], {
    env: { ...Object.fromEntries(kept), ...env },
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    serialization: 'advanced',
  });
  let words = '';
  child.stderr.setEncoding('utf8').on('data', (text) => (words = (words + text).slice(-2000)));
  let timer;
  const watch = () => {
    clearTimeout(timer);
    timer = setTimeout(() => child.kill('SIGKILL'), cases[next]?.limitMs ?? LIMIT_MS);
  };
  watch();
  proxy.clear();
  child.on('message', (outcome) => {
    outcomes.set(cases[next], { ...outcome, writes: proxy.writes() });
    proxy.clear();
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
  outcomes.set(cases[last], { died: `the process ${died}: ${words}`, writes: proxy.writes() });
  return last + 1;
}

/** All that is wrong with a group is told at once. */
function faultsOf(one, outcome) {
  try {
    judge(one, outcome);
    return [];
  } catch (fault) {
    return [fault.message];
  }
}

function judge(one, outcome) {
  const about = `${one.title} (${one.code ?? 'accepted'}): ${JSON.stringify(outcome)}`.slice(
    0,
    600,
  );
  assert.ok(outcome && !outcome.died, about);
  assert.deepEqual(outcome.unhandled, [], about);
  if (!one.code && !one.throws) {
    assert.equal(outcome.error, undefined, about);
    return;
  }
  assert.ok(outcome.error, `accepted, and should be refused: ${about}`);
  const { code, message } = outcome.error;
  if (one.throws) return assert.match(message, one.throws, about);
  assert.equal(code, one.code, about);
  if (typeof one.says === 'string') assert.ok(message.includes(one.says), about);
  else assert.match(message, one.says, about);
  assert.doesNotMatch(message, /undefined|\[object |[\n\r]/, about);
  assert.ok(message.length <= LONGEST_MESSAGE, `${message.length} characters: ${about}`);
  if (!one.changesAws) assert.deepEqual(outcome.writes, [], about);
}

module.exports = { testTable };
