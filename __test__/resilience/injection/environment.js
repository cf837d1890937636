'use strict';

// What every sweep stands on: an emulator with many accounts, the state that an undisturbed
// deployment leaves, and the comparison with it after a disturbed one.

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { openAccount } = require('../../support/aws/account');
const { deployInProcess } = require('../../support/litexa/deploy-child');
const { startEmulator } = require('../../support/aws/emulator');
const { startProxy } = require('../../support/aws/proxy');
const { counter } = require('./api-calls');
const { SCENARIOS, makeProject, TARGET } = require('./scenarios');

/** How long AWS may take to begin an answer where a fault keeps it back; the default elsewhere. */
const TIMEOUT_SECONDS = 3;

/**
 * A deployment that has not ended by then hangs. An upload of 8 MiB may take 21 times as long as
 * a request without a body, three times over, and half a minute of pauses.
 */
const LIMIT_SECONDS = 3 * 21 * TIMEOUT_SECONDS + 30 + 60;

/**
 * @returns {Promise<{setUp: (scenario: string) => Promise<object>,
 *   undisturbed: (scenario: string) => Promise<{calls: object[], state: object}>,
 *   stop: () => Promise<void>}>}
 */
async function openStage() {
  const emulator = await startEmulator();
  const undisturbed = new Map();
  let accounts = 100000000000;

  const stage = {
    setUp: (scenario) => setUp(emulator, String(++accounts), SCENARIOS[scenario]),
    /** The calls that a scenario's deployment makes, and the state that it leaves. */
    undisturbed(scenario) {
      if (!undisturbed.has(scenario)) undisturbed.set(scenario, deployUndisturbed(stage, scenario));
      return undisturbed.get(scenario);
    },
    stop: () => emulator.stop(),
  };
  return stage;
}

/** A project and an account that are ready for the deployment that counts. */
async function setUp(emulator, id, steps) {
  const account = openAccount(emulator, id);
  const project = makeProject(account);
  const place = {
    account,
    project,
    /** A deployment in a process of its own; `env` goes over the account's. */
    deploy(env = {}, under = []) {
      return deployInProcess({
        projectRoot: project.root,
        target: TARGET,
        env: { ...account.env, ...env },
        under,
        limitSeconds: LIMIT_SECONDS,
      });
    },
    /**
     * A deployment through a proxy. `disturb(asked, call, process)` answers a request, or lets it
     * pass by returning nothing.
     */
    async deployDisturbed(disturb, env) {
      const proxy = await startProxy(emulator.endpoint);
      const count = counter(id);
      const process = place.deploy({ ...env, AWS_ENDPOINT_URL: proxy.endpoint });
      proxy.on((asked) => disturb(asked, count(asked), process));
      const outcome = await process.done;
      await proxy.stop();
      return outcome;
    },
    async deployWell(what) {
      const outcome = await place.deploy().done;
      assert.equal(outcome.exit, 0, `${what} failed: ${outcome.error?.message ?? outcome.stderr}`);
      return outcome;
    },
    state: async () => ({
      account: await account.snapshot(),
      artifacts: readArtifacts(project.root, id),
      leftBehind: leftBehind(deployFolder(project.root)),
    }),
    async tearDown() {
      project.remove();
      await account.empty();
    },
  };
  const [last, ...before] = [...steps].reverse();
  for (const step of before.reverse()) {
    await project.advance(step);
    await place.deployWell('the deployment before');
  }
  await project.advance(last);
  return place;
}

async function deployUndisturbed(stage, scenario) {
  const place = await stage.setUp(scenario);
  const calls = [];
  const outcome = await place.deployDisturbed((asked, call) => {
    calls.push({ ...call, operation: `${asked.service}:${asked.operation}`, asked });
  });
  assert.equal(outcome.exit, 0, outcome.error?.message);
  const state = await place.state();
  await place.tearDown();
  // What was asked carries whole files: only how it was answered is still of interest.
  return { calls: calls.map(({ asked, ...call }) => ({ ...call, status: asked.status })), state };
}

/** Deploys once more, undisturbed: what is there then is what has always been to be there. */
async function assertHealed(stage, scenario, place) {
  const { state } = await stage.undisturbed(scenario);
  assertWhole(place);
  await place.deployWell('the next deployment');
  assert.deepEqual(differences(state, await place.state()), []);
}

/** What is not as it should be, one line each: two accounts side by side fill a screen. */
function differences(expected, actual, path = '') {
  const isInner = (value) => value !== null && typeof value === 'object';
  if (!isInner(expected) || !isInner(actual)) {
    const [should, is] = [expected, actual].map((value) => JSON.stringify(value));
    return should === is ? [] : [`${path} should be ${should}, is ${is}`];
  }
  const names = new Set([...Object.keys(expected), ...Object.keys(actual)]);
  return [...names].flatMap((name) =>
    differences(expected[name], actual[name], path ? `${path}.${name}` : name),
  );
}

/** Nothing that this module writes is torn, whatever has happened. */
function assertWhole({ project }) {
  const folder = deployFolder(project.root);
  for (const name of localFiles(folder)) {
    const content = fs.readFileSync(path.join(folder, name));
    if (name.endsWith('.json')) assertJson(name, content);
    if (name.endsWith('.zip')) assertZip(content);
  }
}

/** Some begin with a line that holds a checksum of the rest. */
function assertJson(name, content) {
  const isSealed = /^[0-9a-f]{8}$/.test(content.subarray(0, content.indexOf('\n')).toString());
  const json = isSealed ? content.subarray(content.indexOf('\n') + 1) : content;
  assert.doesNotThrow(() => JSON.parse(json), `${name} is torn: ${content}`);
}

/** A zip that was cut off has no end. */
function assertZip(content) {
  const end = content.lastIndexOf(Buffer.from('PK\x05\x06', 'latin1'));
  assert.ok(end >= 0 && end + 22 === content.length, 'the package has an end');
  const directory = content.readUInt32LE(end + 16);
  assert.equal(directory + content.readUInt32LE(end + 12), end, 'the package has a directory');
}

const deployFolder = (root) => path.join(root, '.deploy', TARGET);

/** Temporary files, notes of what is still to be finished, uploads that are not given up. */
function leftBehind(folder) {
  const isUnfinished = (name) => /\.tmp$|\.in-progress$/.test(name);
  const uploads = path.join(folder, 'multipart-uploads.json');
  const noted = fs.existsSync(uploads) ? JSON.parse(fs.readFileSync(uploads)) : [];
  return [...localFiles(folder).filter(isUnfinished), ...noted];
}

function localFiles(folder) {
  if (!fs.existsSync(folder)) return [];
  const entries = fs.readdirSync(folder, { withFileTypes: true });
  const names = entries.flatMap((entry) =>
    entry.isDirectory()
      ? localFiles(path.join(folder, entry.name)).map((name) => path.join(entry.name, name))
      : [entry.name],
  );
  return names.sort();
}

function readArtifacts(root, account) {
  const text = fs.readFileSync(path.join(root, 'artifacts.json'), 'utf8');
  return JSON.parse(text.replaceAll(account, '<account>'));
}

module.exports = { openStage, assertHealed, assertWhole, LIMIT_SECONDS, TIMEOUT_SECONDS };
