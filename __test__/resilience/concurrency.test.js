'use strict';

// Concurrent deployments: on one machine, from two, with another tool, or after one that was killed. Each
// succeeds, and the next one leaves the same state as a single deployment.

const assert = require('node:assert/strict');
const fs = require('node:fs');
const { describe, test } = require('node:test');
const { setTimeout: sleep } = require('node:timers/promises');
const litexa = require('../..');
const { updateInProgress } = require('../support/aws/errors');
const { useAws } = require('../support/aws/use-aws');
const { invocation } = require('../support/lambda/log-events');
const { writeStream, pull, minutesAgo } = require('../support/lambda/log-streams');
const { deployInChild } = require('../support/litexa/deploy-child');
const { createProject, NAMES } = require('../support/litexa/project');

const WAITS_FOR_LOCK = /another command for this target/;

const aws = useAws({ keepState: true });

/**
 * Opens an account behind a proxy that rejects updates as Lambda does while another one is in progress:
 * the emulator accepts them. `outOfBandChange` is called before each update.
 */
async function openAccount(t) {
  const account = await aws.openAccount(t);
  Object.assign(account, { outOfBandChange() {}, rejected: [] });
  account.intercept(async ({ operation, path }) => {
    if (!/^UpdateFunction/.test(operation)) return undefined;
    await account.outOfBandChange(operation);
    const name = path.split('/')[3];
    const { State, LastUpdateStatus } = await account.client.lambda(`${name}/configuration`);
    if (State === 'Active' && LastUpdateStatus === 'Successful') return undefined;
    account.rejected.push(operation);
    return updateInProgress(name);
  });
  return account;
}

const handlerThatAnswers = (answer) => `exports.handler = async () => ${answer};\n`;

/** Creates a checkout of the project `cats` that is deployed to an account, with one target or more. */
function checkOut(t, account, { answer = 1, meow = 'meow', targets = { beta: {} } } = {}) {
  const project = createProject(t);
  const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey } = account.env;
  const options = {};
  const keys = {};
  for (const [target, { s3Configuration, ...others }] of Object.entries(targets)) {
    options[target] = {
      ...others,
      s3Configuration: { bucketName: account.bucket, ...s3Configuration },
    };
    keys[target] = { accessKeyId, secretAccessKey, region: 'us-east-1' };
  }
  project.configure(options);
  project.write('aws-config.json', JSON.stringify(keys));
  project.write('handler.js', handlerThatAnswers(answer));
  project.write('litexa/assets/meow.txt', meow);
  return {
    ...project,
    /** Deploys in a process of its own. */
    start: (target = 'beta') =>
      deployInChild({ projectRoot: project.root, target, env: account.env, limitSeconds: 60 }),
    /** Waits until artifacts are written. */
    async untilSaved(...artifacts) {
      const file = project.path('artifacts.json');
      const isSaved = (text) => artifacts.every((one) => text.includes(one)) && text.endsWith('}');
      while (!isSaved(fs.readFileSync(file, 'utf8'))) await sleep(20);
    },
  };
}

/** Returns the account's resources, without the versions and the order of statements in a policy. */
async function stateOf(account) {
  const { functions, buckets, ...rest } = await account.snapshot();
  for (const name of Object.keys(functions)) delete functions[name].versions;
  for (const bucket of Object.values(buckets)) {
    bucket.policy = JSON.parse(bucket.policy)?.Statement.sort((a, b) => (a.Sid < b.Sid ? -1 : 1));
  }
  return { ...rest, functions, buckets };
}

const baselines = new Map();

/** Returns the state of an account after one deployment of each target, without another one. */
function baselineOf(t, what = { targets: { beta: {} } }) {
  const key = JSON.stringify(what);
  if (!baselines.has(key)) baselines.set(key, deployBaseline(t, what));
  return baselines.get(key);
}

async function deployBaseline(t, what) {
  const account = await openAccount(t);
  const project = checkOut(t, account, what);
  const targets = Object.keys(what.targets ?? { beta: {} });
  for (const target of targets) await linesOf(project.start(target));
  return stateOf(account);
}

/** Waits for a deployment, which must succeed, and returns its lines. */
async function linesOf({ done }) {
  const { exit, error, stderr, lines } = await done;
  assert.equal(exit, 0, error?.message ?? stderr);
  return lines.map(({ line }) => line);
}

/** Holds the first request of an operation until `release`. `arrived` resolves when it has arrived. */
function holdRequest({ intercept }, operation) {
  let arrive;
  let release;
  const arrived = new Promise((resolve) => (arrive = resolve));
  const released = new Promise((resolve) => (release = resolve));
  let isFirst = true;
  intercept(async (request) => {
    if (request.operation !== operation || !isFirst) return undefined;
    isFirst = false;
    arrive();
    return released;
  });
  return { arrived, release };
}

describe('concurrent deployments', { concurrency: 2 }, () => {
  test('the second of two processes that deploy the same checkout waits for the first', async (t) => {
    const account = await openAccount(t);
    const project = checkOut(t, account);
    const creation = holdRequest(account, 'CreateFunction');
    const first = project.start();
    await creation.arrived;
    const second = project.start();
    await second.untilPrinted(WAITS_FOR_LOCK);
    creation.release();
    assert.ok(!(await linesOf(first)).some((line) => WAITS_FOR_LOCK.test(line)));
    assert.ok((await linesOf(second)).some((line) => WAITS_FOR_LOCK.test(line)));
    assert.deepEqual(await stateOf(account), await baselineOf(t));
    const uploads = account.count('UpdateFunctionCode') + account.count('PutObject');
    assert.equal(uploads, 1, 'the second deployment uploads nothing');
  });

  test('the first deployments of two checkouts both succeed', async (t) => {
    const account = await openAccount(t);
    const [one, other] = [checkOut(t, account), checkOut(t, account)];
    const [first, second] = [one.start(), other.start()];
    await linesOf(first);
    await linesOf(second);
    assert.deepEqual(await stateOf(account), await baselineOf(t));
  });

  test('after two checkouts with different content, the one that is deployed again is complete', async (t) => {
    const account = await openAccount(t);
    const content = { answer: 2, meow: 'hiss' };
    const [one, other] = [checkOut(t, account), checkOut(t, account, content)];
    await linesOf(one.start());
    one.write('handler.js', handlerThatAnswers(3));
    one.write('litexa/assets/meow.txt', 'purr');
    // Each of them completes, or reports that it has been overtaken.
    for (const { done } of [one.start(), other.start()]) {
      const { exit, error } = await done;
      if (exit !== 0) assert.match(error.message, /runs other code|changed by someone else/);
    }
    await linesOf(other.start());
    assert.deepEqual(await stateOf(account), await baselineOf(t, content));
  });

  test('two targets that share bucket and role are both deployed, and readable', async (t) => {
    const account = await openAccount(t);
    const s3Configuration = { publicAccess: 'bucketPolicy' };
    const what = { targets: { beta: { s3Configuration }, live: { s3Configuration } } };
    const project = checkOut(t, account, what);
    const [beta, live] = [project.start('beta'), project.start('live')];
    await linesOf(beta);
    await linesOf(live);
    assert.deepEqual(await stateOf(account), await baselineOf(t, what));
  });

  test('the lock of a killed process is released', async (t) => {
    const account = await openAccount(t);
    const project = checkOut(t, account);
    const creation = holdRequest(account, 'CreateFunction');
    const killed = project.start();
    await creation.arrived;
    await project.untilSaved('iamRole-litexa_handler_lambda', 'dynamoDBARN', 'deployedIconAssets');
    killed.kill();
    assert.equal((await killed.done).exit, 'SIGKILL');
    creation.release({ destroy: true });
    const lines = await linesOf(project.start());
    assert.ok(!lines.some((line) => WAITS_FOR_LOCK.test(line)));
    assert.deepEqual(await stateOf(account), await baselineOf(t));
  });

  test('updates wait while an out-of-band change of the function is in progress', async (t) => {
    const account = await openAccount(t);
    await linesOf(checkOut(t, account).start());
    const changed = { answer: 2, targets: { beta: { lambdaConfiguration: { MemorySize: 512 } } } };
    const project = checkOut(t, account, changed);
    const changes = new Set();
    account.outOfBandChange = async (operation) => {
      if (changes.has(operation)) return;
      changes.add(operation);
      const input = { Timeout: 60 };
      await account.client.lambda(`${NAMES.function}/configuration`, { method: 'PUT', input });
    };
    const lines = await linesOf(project.start());
    assert.ok(lines.some((line) => /^waiting\b.*\bfunction\b/.test(line)));
    assert.deepEqual(
      [...new Set(account.rejected)],
      ['UpdateFunctionConfiguration', 'UpdateFunctionCode'],
    );
    await linesOf(project.start());
    assert.deepEqual(await stateOf(account), await baselineOf(t, changed));
  });

  test('changes of alias and permission are retried after a rejection', async (t) => {
    const account = await openAccount(t);
    const rejected = new Set();
    account.intercept(({ operation, path }) => {
      const change = `${operation} ${path}`;
      if (!/^(CreateAlias|AddPermission)$/.test(operation) || rejected.has(change))
        return undefined;
      rejected.add(change);
      return updateInProgress(NAMES.functionArn);
    });
    await linesOf(checkOut(t, account).start());
    assert.ok(rejected.size > 0);
    assert.deepEqual(await stateOf(account), await baselineOf(t));
  });

  test('two calls in one process that deploy the same checkout wait for each other', async (t) => {
    const account = await openAccount(t);
    const project = checkOut(t, account);
    const contexts = [project.context(), project.context()];
    await Promise.all(contexts.map((context) => litexa.deploy(context)));
    const lines = contexts.flatMap(({ logger }) => logger.lines());
    assert.ok(lines.some((line) => WAITS_FOR_LOCK.test(line)));
    assert.deepEqual(await stateOf(account), await baselineOf(t));
  });

  test('separate deployments of assets and handler do not wait for each other', async (t) => {
    const account = await openAccount(t);
    const project = checkOut(t, account);
    const [assets, handler] = [project.context(), project.context()];
    await Promise.all([litexa.assets.deploy(assets), litexa.lambda.deploy(handler)]);
    assert.ok(
      ![assets, handler].some(({ logger }) => logger.lines().some((l) => WAITS_FOR_LOCK.test(l))),
    );
    assert.deepEqual(await stateOf(account), await baselineOf(t));
  });

  test('concurrent log pulls write a file each, with the same content', async (t) => {
    const account = await openAccount(t);
    const project = checkOut(t, account);
    const events = invocation('4f0e9b5a-7d1c-4f0e-9b5a-000000000001', minutesAgo(5));
    await writeStream(account.client, '2026/11/22/[$LATEST]1', events);
    const [one, other] = await Promise.all([pull(project), pull(project)]);
    assert.match(one.text, /success:1/);
    const requests = (text) => text.slice(text.indexOf('---'));
    assert.equal(requests(one.text), requests(other.text));
    assert.notEqual(one.result.files[0], other.result.files[0]);
  });
});
