'use strict';

// `npm run smoke`, which is meant for real accounts, on accounts of an emulator that checks signatures:
// it does nothing unasked, and leaves nothing behind.

const assert = require('node:assert/strict');
const { spawn } = require('node:child_process');
const path = require('node:path');
const { after, before, describe, test } = require('node:test');
const { setTimeout: sleep } = require('node:timers/promises');
const { assertMentions } = require('../support/assertions');
const { openAccount } = require('../support/aws/account');
const { startEmulator } = require('../support/aws/emulator');
const { startProxy } = require('../support/aws/proxy');
const { sign } = require('../../scripts/smoke/signed-request');

const SCRIPT = path.join(__dirname, '..', '..', 'scripts', 'smoke', 'index.js');
const ROLE = 'litexa_handler_lambda';
const EMPTY = { buckets: {}, functions: {}, tables: {}, roles: {}, logGroups: [] };
const TRUST = JSON.stringify({
  Version: '2012-10-17',
  Statement: [
    {
      Effect: 'Allow',
      Principal: { Service: 'lambda.amazonaws.com' },
      Action: 'sts:AssumeRole',
    },
  ],
});

let emulator;
let accounts = 300_000_000_000;

before(async () => {
  emulator = await startEmulator({ auth: true });
});
after(() => emulator?.stop());

/** An account whose administrator runs the smoke test through a proxy. */
async function openStage(t) {
  const account = openAccount(emulator, String(++accounts));
  const proxy = await startProxy(emulator.endpoint);
  t.after(() => proxy.stop());
  const credentials = await createAdministrator(account.aws);
  const env = { ...emulator.env, ...credentials, AWS_ENDPOINT_URL: proxy.endpoint };
  const allowed = { LITEXA_SMOKE: account.id, LITEXA_SMOKE_BUCKET_PREFIX: 'acme' };
  return {
    ...account,
    proxy,
    /** @param {object} [settings] what allows it */
    smoke: (settings = allowed) => runSmoke({ ...env, ...settings }),
  };
}

async function createAdministrator(aws) {
  const UserName = 'administrator';
  const Statement = [{ Effect: 'Allow', Action: '*', Resource: '*' }];
  const PolicyDocument = JSON.stringify({ Version: '2012-10-17', Statement });
  await aws.iam('CreateUser', { UserName });
  await aws.iam('PutUserPolicy', { UserName, PolicyName: 'all', PolicyDocument });
  const xml = await aws.iam('CreateAccessKey', { UserName });
  const field = (name) => new RegExp(`<${name}>([^<]*)<`).exec(xml)[1];
  return {
    AWS_ACCESS_KEY_ID: field('AccessKeyId'),
    AWS_SECRET_ACCESS_KEY: field('SecretAccessKey'),
  };
}

function runSmoke(env) {
  const kept = Object.entries(process.env).filter(
    ([name]) => !/^(AWS_|LITEXA_|NODE_TEST_CONTEXT$)/.test(name),
  );
  const child = spawn(process.execPath, [SCRIPT], {
    env: { ...Object.fromEntries(kept), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (chunk) => (text += chunk));
  }
  const done = new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (exit, signal) => resolve({ exit: exit ?? signal, text }));
  });
  return { done, interrupt: () => child.kill('SIGINT') };
}

test('requests are signed as in the example that AWS publishes', async () => {
  const url = new URL('https://example.amazonaws.com/');
  const scope = { service: 'service', region: 'us-east-1' };
  const accessKeyId = 'AKIDEXAMPLE';
  const secretAccessKey = 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY';
  const now = new Date('2015-08-30T12:36:00Z');
  const asked = { method: 'GET', url, headers: {}, body: '' };
  const headers = await sign(asked, scope, { accessKeyId, secretAccessKey }, now);
  assert.equal(
    headers.authorization,
    'AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, ' +
      'SignedHeaders=host;x-amz-date, ' +
      'Signature=5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31',
  );
});

describe('the smoke test', { concurrency: true }, () => {
  test('prints its plan and does nothing unless the account is confirmed', async (t) => {
    const { id, proxy, smoke } = await openStage(t);
    for (const LITEXA_SMOKE of [undefined, 'yes', '123456789012']) {
      const settings = {
        LITEXA_SMOKE_BUCKET_PREFIX: 'acme',
        ...(LITEXA_SMOKE && { LITEXA_SMOKE }),
      };
      const { exit, text } = await smoke(settings).done;
      assert.equal(exit, 1);
      assertMentions(text, id, 'us-east-1', /acme-litexa-smoke-[0-9a-f]{8}/, 'USD');
      assertMentions(text, `LITEXA_SMOKE=${id}`);
    }
    const operations = new Set(proxy.requests.map(({ operation }) => operation));
    assert.deepEqual(operations, new Set(['GetCallerIdentity', 'GetRole']));
  });

  test('needs the beginning of a name for the bucket', async (t) => {
    const { id, smoke, snapshot } = await openStage(t);
    for (const prefix of [{}, { LITEXA_SMOKE_BUCKET_PREFIX: 'Not_For_S3' }]) {
      const { exit, text } = await smoke({ LITEXA_SMOKE: id, ...prefix }).done;
      assert.equal(exit, 1);
      assert.match(text, /LITEXA_SMOKE_BUCKET_PREFIX/);
    }
    assert.deepEqual(await snapshot(), EMPTY);
  });

  test('does not repeat what AWS says of a wrong signature, which has the session token in it', async (t) => {
    const { id, proxy, smoke } = await openStage(t);
    const body =
      '<ErrorResponse><Error><Code>SignatureDoesNotMatch</Code><Message>The Canonical String should ' +
      'have been: x-amz-security-token:TOKEN</Message></Error></ErrorResponse>';
    proxy.on(({ operation }) => operation === 'GetCallerIdentity' && { status: 403, body });
    const { exit, text } = await smoke({ LITEXA_SMOKE: id, AWS_SESSION_TOKEN: 'TOKEN' }).done;
    assert.equal(exit, 1);
    assert.match(text, /\bsts\b.*\bsignature\b/);
    assert.doesNotMatch(text, /TOKEN/);
    assert.equal(proxy.requests[0].headers['x-amz-security-token'], 'TOKEN');
  });

  test('deploys, launches, deploys, pulls logs, and leaves an empty account', async (t) => {
    const { proxy, smoke, snapshot } = await openStage(t);
    proxy.on(({ operation }) => {
      if (operation === 'Invoke') proxy.clear();
    });
    const { exit, text } = await smoke().done;
    assert.equal(exit, 0, text);
    assert.match(text, /Welcome back, visit 2\./);
    assert.match(text, /passed\W*$/);
    assert.deepEqual(await snapshot(), EMPTY);

    // Since the last launch: what is removed at the end, and nothing else.
    const removals = /:(Delete|Detach)/;
    assert.ok(proxy.requests.some(({ operation }) => operation === 'GetFunctionConfiguration'));
    assert.deepEqual(
      proxy.writes().filter((operation) => !removals.test(operation)),
      [],
    );
  });

  test('finds out that a second deployment changes something, and keeps a role of others', async (t) => {
    const { aws, proxy, smoke, snapshot } = await openStage(t);
    await aws.iam('CreateRole', { RoleName: ROLE, AssumeRolePolicyDocument: TRUST });
    // The module is made to believe that somebody has changed the function's memory.
    proxy.on(({ headers, method, path: url }) => {
      const isModule = headers['user-agent']?.includes('aws-sdk-rust');
      const wasLaunched = proxy.requests.some(({ operation }) => operation === 'Invoke');
      if (!isModule || !wasLaunched || method !== 'GET' || !url.endsWith('/configuration')) return;
      const smaller = ({ status, headers: given, body }) => {
        const { 'content-length': _, ...others } = given;
        const found = JSON.stringify({ ...JSON.parse(body), MemorySize: 128 });
        return { status, headers: others, body: found };
      };
      return { rewrite: smaller };
    });
    const { exit, text } = await smoke().done;
    assert.equal(exit, 1, text);
    assert.match(text, /second deployment.*handler/);
    assert.match(text, /failed\W*$/);
    const { roles, ...others } = await snapshot();
    assert.deepEqual({ ...others, roles: Object.keys(roles) }, { ...EMPTY, roles: [ROLE] });
  });

  test('removes everything after Ctrl-C in the middle of a deployment', async (t) => {
    const { proxy, smoke, snapshot } = await openStage(t);
    const running = smoke();
    proxy.on(async ({ service, operation }) => {
      if (service !== 'lambda' || operation !== 'CreateFunction') return;
      running.interrupt();
      await sleep(300);
    });
    const { exit, text } = await running.done;
    assert.equal(exit, 130, text);
    assert.match(text, /interrupted/i);
    assert.doesNotMatch(text, /visit 1/);
    assert.deepEqual(await snapshot(), EMPTY);
  });

  test('says what AWS did not let it remove, and removes the rest', async (t) => {
    const { proxy, smoke, snapshot } = await openStage(t);
    const body = JSON.stringify({ __type: 'AccessDeniedException', Message: 'not you' });
    proxy.on(({ operation }) => (operation === 'DeleteTable' ? { status: 400, body } : undefined));
    const { exit, text } = await smoke().done;
    assert.equal(exit, 1, text);
    const [, table] = /DynamoDB table ([\w-]+).*AccessDeniedException/.exec(text);
    const { tables, ...others } = await snapshot();
    assert.deepEqual({ ...others, tables: Object.keys(tables) }, { ...EMPTY, tables: [table] });
  });
});
