'use strict';

// Deployments that meet: on one machine, from two, with another tool, or with one that was killed. Each
// ends well, and one more ends where a deployment does that nobody has disturbed.

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { after, before, describe, test } = require('node:test');
const { setTimeout: sleep } = require('node:timers/promises');
const litexa = require('../..');
const { openAccount } = require('../support/aws/account');
const { busy } = require('../support/aws/errors');
const { deployInProcess } = require('../support/litexa/deploy-child');
const { startEmulator, useEnvironment } = require('../support/aws/emulator');
const { deployContext } = require('../support/litexa/context');
const { invocation } = require('../support/lambda/log-events');
const { writeStream, pull, minutesAgo } = require('../support/lambda/log-streams');
const { startProxy } = require('../support/aws/proxy');
const { temporarySkill, NAMES } = require('../support/litexa/skill');

const WAITING = /another deployment/;

let emulator;
let restoreEnvironment;
let accounts = 300_000_000_000;

before(async () => {
  emulator = await startEmulator();
  restoreEnvironment = useEnvironment(emulator.env);
});

after(async () => {
  restoreEnvironment?.();
  await emulator?.stop();
});

/**
 * An account of its own, behind a proxy that refuses what Lambda refuses while it works on a change:
 * the emulator takes its time, too, but refuses nothing. `cloud.meanwhile` is called before.
 */
async function openCloud(t) {
  const account = openAccount(emulator, String(++accounts));
  const proxy = await startProxy(emulator.endpoint);
  t.after(() => proxy.stop());
  const env = { ...account.env, AWS_ENDPOINT_URL: proxy.endpoint };
  const cloud = { ...account, proxy, env, meanwhile: () => {}, refused: [] };
  proxy.on(async ({ operation, path }) => {
    if (!/^UpdateFunction/.test(operation)) return undefined;
    await cloud.meanwhile(operation);
    const name = path.split('/')[3];
    const { State, LastUpdateStatus } = await account.aws.lambda(`${name}/configuration`);
    if (State === 'Active' && LastUpdateStatus === 'Successful') return undefined;
    cloud.refused.push(operation);
    return busy(name);
  });
  return cloud;
}

const SOURCE = (answer) => `exports.handler = async () => ${answer};\n`;

/** A checkout of the skill `cats` that is deployed to an account, for one target or several. */
function checkOut(t, cloud, { answer = 1, meow = 'meow', targets = { beta: {} } } = {}) {
  const skill = temporarySkill(t);
  const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey } = cloud.env;
  const deployments = {};
  const keys = {};
  for (const [target, options] of Object.entries(targets)) {
    const s3Configuration = { bucketName: cloud.bucket, ...options.s3Configuration };
    deployments[target] = { module: '@litexa/deploy-aws', ...options, s3Configuration };
    keys[target] = { accessKeyId, secretAccessKey, region: 'us-east-1' };
  }
  skill.write('litexa.config.json', JSON.stringify({ name: 'cats', deployments }));
  skill.write('aws-config.json', JSON.stringify(keys));
  skill.write('handler.js', SOURCE(answer));
  skill.write('litexa/assets/meow.txt', meow);
  return {
    ...skill,
    context: () => deployContext({ projectRoot: skill.root, target: 'beta' }),
    /** In a process of its own. */
    start: (target = 'beta') =>
      deployInProcess({ projectRoot: skill.root, target, env: cloud.env, limitSeconds: 60 }),
    /** Until artifacts.json is written: the CLI does not replace it in one step. */
    async isKnown(...keys) {
      const file = path.join(skill.root, 'artifacts.json');
      const isThere = (text) => keys.every((key) => text.includes(key)) && text.endsWith('}');
      while (!isThere(fs.readFileSync(file, 'utf8'))) await sleep(20);
    },
  };
}

/** What the account holds, but for what is history: its versions, and the order in a policy. */
async function stateOf(cloud) {
  const { functions, buckets, ...rest } = await cloud.snapshot();
  for (const name of Object.keys(functions)) delete functions[name].versions;
  for (const bucket of Object.values(buckets)) {
    bucket.policy = JSON.parse(bucket.policy)?.Statement.sort((a, b) => (a.Sid < b.Sid ? -1 : 1));
  }
  return { ...rest, functions, buckets };
}

const references = new Map();

/** What the account holds after one deployment of each target that nobody has disturbed. */
function undisturbed(t, what = { targets: { beta: {} } }) {
  const key = JSON.stringify(what);
  if (!references.has(key)) references.set(key, deployUndisturbed(t, what));
  return references.get(key);
}

async function deployUndisturbed(t, what) {
  const cloud = await openCloud(t);
  const skill = checkOut(t, cloud, what);
  for (const target of Object.keys(what.targets ?? { beta: {} })) await well(skill.start(target));
  return stateOf(cloud);
}

async function well({ done }) {
  const { exit, error, stderr, lines } = await done;
  assert.equal(exit, 0, error?.message ?? stderr);
  return lines.map(({ line }) => line);
}

/** Keeps the first request of an operation until `release`; `arrived` tells that it is there. */
function hold(proxy, operation) {
  let arrive;
  let release;
  const arrived = new Promise((resolve) => (arrive = resolve));
  const released = new Promise((resolve) => (release = resolve));
  let isFirst = true;
  proxy.on(async (asked) => {
    if (asked.operation !== operation || !isFirst) return undefined;
    isFirst = false;
    arrive();
    return released;
  });
  return { arrived, release };
}

/** Until a request of the operation has come for the `count`-th time. */
function comes(proxy, operation, count) {
  return new Promise((resolve) => {
    let left = count;
    proxy.on((asked) => {
      if (asked.operation === operation && --left === 0) resolve();
    });
  });
}

describe('deployments that meet', { concurrency: 2 }, () => {
  test('two processes deploy the same checkout: the second waits for the first', async (t) => {
    const cloud = await openCloud(t);
    const skill = checkOut(t, cloud);
    const creation = hold(cloud.proxy, 'CreateFunction');
    const secondIsThere = comes(cloud.proxy, 'HeadBucket', 2);
    const first = skill.start();
    await creation.arrived;
    const second = skill.start();
    await secondIsThere;
    creation.release();
    assert.ok(!(await well(first)).some((line) => WAITING.test(line)));
    assert.ok((await well(second)).some((line) => WAITING.test(line)));
    assert.deepEqual(await stateOf(cloud), await undisturbed(t));
    const sent = cloud.proxy.requests.filter(({ operation }) =>
      /FunctionCode|PutObject/.test(operation),
    );
    assert.equal(sent.length, 1, 'the second had nothing to send');
  });

  test('two checkouts are deployed for the first time: both end well', async (t) => {
    const cloud = await openCloud(t);
    const [one, other] = [checkOut(t, cloud), checkOut(t, cloud)];
    const [first, second] = [one.start(), other.start()];
    await well(first);
    await well(second);
    assert.deepEqual(await stateOf(cloud), await undisturbed(t));
  });

  test('two checkouts with different skills: the one that is deployed once more is there', async (t) => {
    const cloud = await openCloud(t);
    const mine = { answer: 2, meow: 'hiss' };
    const [one, other] = [checkOut(t, cloud), checkOut(t, cloud, mine)];
    await well(one.start());
    one.write('handler.js', SOURCE(3));
    one.write('litexa/assets/meow.txt', 'purr');
    const [first, second] = [one.start(), other.start()];
    await well(first);
    await well(second);
    await well(other.start());
    assert.deepEqual(await stateOf(cloud), await undisturbed(t, mine));
  });

  test('two targets share bucket and role: both are there, and may be read', async (t) => {
    const cloud = await openCloud(t);
    const s3Configuration = { publicAccess: 'bucketPolicy' };
    const what = { targets: { beta: { s3Configuration }, live: { s3Configuration } } };
    const skill = checkOut(t, cloud, what);
    const [beta, live] = [skill.start('beta'), skill.start('live')];
    await well(beta);
    await well(live);
    assert.deepEqual(await stateOf(cloud), await undisturbed(t, what));
  });

  test('a lock that a killed process held is nobody’s', async (t) => {
    const cloud = await openCloud(t);
    const skill = checkOut(t, cloud);
    const creation = hold(cloud.proxy, 'CreateFunction');
    const killed = skill.start();
    await creation.arrived;
    await skill.isKnown('iamRole-litexa_handler_lambda', 'dynamoDBARN', 'deployedIconAssets');
    killed.kill();
    assert.equal((await killed.done).exit, 'SIGKILL');
    creation.release({ destroy: true });
    const lines = await well(skill.start());
    assert.ok(!lines.some((line) => WAITING.test(line)));
    assert.deepEqual(await stateOf(cloud), await undisturbed(t));
  });

  test('another tool changes the function meanwhile: it is waited for', async (t) => {
    const cloud = await openCloud(t);
    await well(checkOut(t, cloud).start());
    const changed = { answer: 2, targets: { beta: { lambdaConfiguration: { MemorySize: 512 } } } };
    const skill = checkOut(t, cloud, changed);
    const changes = new Set();
    cloud.meanwhile = async (operation) => {
      if (changes.has(operation)) return;
      changes.add(operation);
      const input = { Timeout: 60 };
      await cloud.aws.lambda(`${NAMES.function}/configuration`, { method: 'PUT', input });
    };
    const lines = await well(skill.start());
    assert.ok(lines.some((line) => /^waiting\b.*\bfunction\b/.test(line)));
    const refused = [...new Set(cloud.refused)];
    assert.deepEqual(refused, ['UpdateFunctionConfiguration', 'UpdateFunctionCode']);
    await well(skill.start());
    assert.deepEqual(await stateOf(cloud), await undisturbed(t, changed));
  });

  test('each change of the endpoint is refused at first: it is made in the end', async (t) => {
    const cloud = await openCloud(t);
    const refused = new Set();
    cloud.proxy.on(({ operation, path }) => {
      const change = `${operation} ${path}`;
      if (!/^(CreateAlias|AddPermission)$/.test(operation) || refused.has(change)) return undefined;
      refused.add(change);
      return busy(NAMES.functionArn);
    });
    await well(checkOut(t, cloud).start());
    assert.ok(refused.size > 0);
    assert.deepEqual(await stateOf(cloud), await undisturbed(t));
  });

  test('two calls in one process deploy the same checkout: they wait for each other', async (t) => {
    const cloud = await openCloud(t);
    const skill = checkOut(t, cloud);
    const lives = [skill.context(), skill.context()];
    await Promise.all(lives.map((live) => litexa.deploy(live)));
    const lines = lives.flatMap(({ logger }) => logger.lines());
    assert.ok(lines.some((line) => WAITING.test(line)));
    assert.deepEqual(await stateOf(cloud), await undisturbed(t));
  });

  test('assets and handler are deployed at once, each on its own', async (t) => {
    const cloud = await openCloud(t);
    const skill = checkOut(t, cloud);
    const [assets, handler] = [skill.context(), skill.context()];
    await Promise.all([litexa.assets.deploy(assets), litexa.lambda.deploy(handler)]);
    assert.ok(![assets, handler].some(({ logger }) => logger.lines().some((l) => WAITING.test(l))));
    assert.deepEqual(await stateOf(cloud), await undisturbed(t));
  });

  test('two log pulls at once write a file each, with the same in it', async (t) => {
    const cloud = await openCloud(t);
    const skill = checkOut(t, cloud);
    const events = invocation('4f0e9b5a-7d1c-4f0e-9b5a-000000000001', minutesAgo(5));
    await writeStream(cloud.aws, '2026/11/22/[$LATEST]1', events);
    const [one, other] = await Promise.all([pull(skill), pull(skill)]);
    assert.match(one.text, /success:1/);
    const requests = (text) => text.slice(text.indexOf('---'));
    assert.equal(requests(one.text), requests(other.text));
    assert.notEqual(one.result.files[0], other.result.files[0]);
  });
});
