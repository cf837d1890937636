'use strict';

// Sets up disturbed deployments, each in an emulator account of its own, and compares the final state
// with that of an undisturbed deployment.

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { startProxy } = require('../../support/aws/proxy');
const { startAws } = require('../../support/aws/use-aws');
const { deployInChild } = require('../../support/litexa/deploy-child');
const { callCounter } = require('./api-calls');
const { SCENARIOS, createScenarioProject, TARGET } = require('./scenarios');
const { withStrictS3 } = require('./strict-account');

/** The timeout of requests to AWS for faults that delay the response. */
const TIMEOUT_SECONDS = 3;

/**
 * The time after which a deployment is considered to hang. The timeout of an upload of 8 MiB is 21 times
 * that of a request without a body; there are three attempts and half a minute of backoff.
 */
const LIMIT_SECONDS = 3 * 21 * TIMEOUT_SECONDS + 30 + 60;

/**
 * @param {object} [options]
 * @param {string} [options.region]
 * @param {'emulator' | 'strict'} [options.s3]
 * @returns {Promise<{region: string, setUp: (scenario: string) => Promise<object>,
 *   baseline: (scenario: string) => Promise<{calls: object[], warnings: string[], state: object}>,
 *   stop: () => Promise<void>}>}
 */
async function openEnvironment({ region = 'us-east-1', s3 = 'emulator' } = {}) {
  const aws = await startAws();
  // The proxy, which answers what the emulator ignores.
  const endpoint = aws.env.AWS_ENDPOINT_URL;
  const openAccount = async () => {
    aws.clearRequests();
    const account = aws.newAccount({ region });
    if (s3 === 'strict') return withStrictS3(account, endpoint);
    const env = { ...account.env, AWS_ENDPOINT_URL: endpoint };
    return { ...account, env, endpoint, setClock: () => {} };
  };
  const baselines = new Map();
  const environment = {
    region,
    setUp: async (scenario) => setUp(await openAccount(), SCENARIOS[scenario]),
    /**
     * Returns the calls of a scenario's undisturbed deployment, its warnings, and its final state.
     */
    baseline(scenario) {
      if (!baselines.has(scenario)) baselines.set(scenario, deployBaseline(environment, scenario));
      return baselines.get(scenario);
    },
    stop: aws.stop,
  };
  return environment;
}

/** Prepares a project and an account for the deployment to disturb. */
async function setUp(account, steps) {
  const project = createScenarioProject(account);
  const run = {
    account,
    project,
    /** The command of the current step; without one, it deploys. */
    command: undefined,
    /** Deploys, or carries out the command, in a process of its own. `env` overrides the account's environment. */
    deploy(env = {}, wrapper = [], dryRun = false) {
      return deployInChild({
        command: run.command,
        projectRoot: project.root,
        target: TARGET,
        dryRun,
        env: { ...account.env, ...env },
        wrapper,
        limitSeconds: LIMIT_SECONDS,
      });
    },
    /**
     * Deploys through a proxy. `disturb(request, call, process)` returns a response, or nothing to let
     * the request pass.
     */
    async deployDisturbed(disturb, env) {
      const proxy = await startProxy(account.endpoint);
      const callOf = callCounter(account.id);
      const process = run.deploy({ ...env, AWS_ENDPOINT_URL: proxy.endpoint });
      proxy.intercept((request) => disturb(request, callOf(request), process));
      const outcome = await process.done;
      await proxy.stop();
      return outcome;
    },
    /** Deploys, or asks for a dry run, and returns the requests as well. */
    async deployRecorded({ dryRun = false } = {}) {
      const proxy = await startProxy(account.endpoint);
      const outcome = await run.deploy({ AWS_ENDPOINT_URL: proxy.endpoint }, [], dryRun).done;
      await proxy.stop();
      return { ...outcome, requests: proxy.requests };
    },
    async deployUndisturbed(what) {
      const outcome = await run.deploy().done;
      assert.equal(outcome.exit, 0, `${what} failed: ${outcome.error?.message ?? outcome.stderr}`);
    },
    state: async () => ({
      account: await account.snapshot(),
      artifacts: readArtifacts(project, account.id),
      unfinished: unfinishedIn(deployDir(project)),
    }),
    /** Deploys until another deployment would change nothing. */
    async settle() {
      const { deploymentsToSettle = 1 } = steps.at(-1);
      for (let number = 2; number <= deploymentsToSettle; number++)
        await run.deployUndisturbed(`deployment ${number}`);
    },
    async tearDown() {
      project.remove();
      await account.empty();
    },
  };
  for (const [index, step] of steps.entries()) {
    if (index > 0) await run.deployUndisturbed('the preceding step');
    await project.advance(step);
    run.command = step.command;
  }
  return run;
}

async function deployBaseline(environment, scenario) {
  const run = await environment.setUp(scenario);
  const calls = [];
  const outcome = await run.deployDisturbed((request, call) => {
    calls.push({ ...call, operation: `${request.service}:${request.operation}`, request });
  });
  assert.equal(outcome.exit, 0, outcome.error?.message);
  await run.settle();
  const state = await run.state();
  await run.tearDown();
  // Requests contain whole files, so only their status is kept.
  const withStatus = ({ request, ...call }) => ({ ...call, status: request.status });
  return { calls: calls.map(withStatus), warnings: warningsOf(outcome, run), state };
}

/** Returns the warnings of a deployment, with one name for every account. */
function warningsOf({ lines }, { account }) {
  const warnings = lines.filter(({ level }) => level === 'warning');
  return warnings.map(({ line }) => line.replaceAll(account.id, '<account>'));
}

/** Checks that an undisturbed deployment leads to the state of the baseline. */
async function assertRecovered(environment, scenario, run) {
  const { state } = await environment.baseline(scenario);
  assertComplete(run);
  await run.deployUndisturbed('the next deployment');
  await run.settle();
  assert.deepEqual(differences(state, await run.state()), []);
}

/** Returns one line for each difference. */
function differences(expected, actual, path = '') {
  const isInner = (value) => value !== null && typeof value === 'object';
  if (!isInner(expected) || !isInner(actual)) {
    const [should, is] = [expected, actual].map((value) => JSON.stringify(value));
    return should === is ? [] : [`${path} must be ${should}, but is ${is}`];
  }
  const names = new Set([...Object.keys(expected), ...Object.keys(actual)]);
  return [...names].flatMap((name) =>
    differences(expected[name], actual[name], path ? `${path}.${name}` : name),
  );
}

/** Checks that no file of the module is incomplete. */
function assertComplete({ project }) {
  const folder = deployDir(project);
  for (const name of localFiles(folder)) {
    const content = fs.readFileSync(path.join(folder, name));
    if (name.endsWith('.json')) assertJson(name, content);
    if (name.endsWith('.zip')) assertZip(content);
  }
}

/** Checks a JSON file. A cache starts with a line with a checksum, and each of its other lines is JSON. */
function assertJson(name, content) {
  const text = content.toString();
  const [first, ...lines] = text.split('\n');
  const values = /^[0-9a-f]{8}$/.test(first) ? lines : [text];
  assert.doesNotThrow(() => values.forEach((value) => JSON.parse(value)), `${name} is incomplete`);
}

/** Checks that a zip file has a central directory and its end record. */
function assertZip(content) {
  const end = content.lastIndexOf(Buffer.from('PK\x05\x06', 'latin1'));
  assert.ok(end >= 0 && end + 22 === content.length, 'the package has an end');
  const directory = content.readUInt32LE(end + 16);
  assert.equal(directory + content.readUInt32LE(end + 12), end, 'the package has a directory');
}

const deployDir = (project) => project.path('.deploy', TARGET);

/** Returns temporary files, markers of unfinished creations, the session of `invoke`, and recorded multipart uploads. */
function unfinishedIn(folder) {
  const isUnfinished = (name) => /\.tmp$|\.in-progress$|^invoke-session\.json$/.test(name);
  const uploads = path.join(folder, 'multipart-uploads.json');
  const recorded = fs.existsSync(uploads) ? JSON.parse(fs.readFileSync(uploads)) : [];
  return [...localFiles(folder).filter(isUnfinished), ...recorded];
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

function readArtifacts(project, account) {
  const text = fs.readFileSync(project.path('artifacts.json'), 'utf8');
  return JSON.parse(text.replaceAll(account, '<account>'));
}

module.exports = { TIMEOUT_SECONDS, assertRecovered, openEnvironment, warningsOf };
