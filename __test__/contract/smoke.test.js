'use strict';

// `npm run smoke` is for real accounts. Here it runs on accounts of an emulator that verifies signatures:
// it changes nothing without a confirmation, and removes everything.

const assert = require('node:assert/strict');
const { spawn } = require('node:child_process');
const path = require('node:path');
const { describe, test } = require('node:test');
const { setTimeout: sleep } = require('node:timers/promises');
const { assertMentions } = require('../support/assertions');
const { jsonError } = require('../support/aws/errors');
const { createUser } = require('../support/aws/iam-user');
const { useAws } = require('../support/aws/use-aws');
const { cleanEnvironment } = require('../support/environment');
const { INTERRUPTIBLE, interrupt } = require('../support/interrupt');
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

const aws = useAws({ auth: true, keepState: true });

/** Opens an account whose administrator runs the smoke test. */
async function openSmokeAccount(t) {
  const account = await aws.openAccount(t);
  const administrator = [{ Effect: 'Allow', Action: '*', Resource: '*' }];
  const credentials = await createUser(account.client, administrator, 'administrator');
  const env = {
    ...account.env,
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
  };
  const confirmed = { LITEXA_SMOKE: account.id, LITEXA_SMOKE_BUCKET_PREFIX: 'acme' };
  return {
    ...account,
    /** Runs the smoke test with settings, by default with those that confirm it. */
    smoke: (settings = confirmed) => runSmoke({ ...env, ...settings }),
  };
}

function runSmoke(env) {
  const child = spawn(process.execPath, [...INTERRUPTIBLE.flags, SCRIPT], {
    env: { ...cleanEnvironment(), ...env },
    stdio: ['ignore', 'pipe', 'pipe', ...INTERRUPTIBLE.stdio],
  });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (chunk) => (text += chunk));
  }
  const done = new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (exit, signal) => resolve({ exit: exit ?? signal, text }));
  });
  return { done, interrupt: () => interrupt(child) };
}

test('requests are signed as in the example that AWS publishes', async () => {
  const url = new URL('https://example.amazonaws.com/');
  const scope = { service: 'service', region: 'us-east-1' };
  const accessKeyId = 'AKIDEXAMPLE';
  const secretAccessKey = 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY';
  const now = new Date('2015-08-30T12:36:00Z');
  const request = { method: 'GET', url, headers: {}, body: '' };
  const headers = await sign(request, scope, { accessKeyId, secretAccessKey }, now);
  assert.equal(
    headers.authorization,
    'AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, ' +
      'SignedHeaders=host;x-amz-date, ' +
      'Signature=5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31',
  );
});

describe('the smoke test', { concurrency: true }, () => {
  test('prints its plan and does nothing unless the account is confirmed', async (t) => {
    const { id, requests, intercept, smoke } = await openSmokeAccount(t);
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
    const operations = new Set(requests().map(({ operation }) => operation));
    assert.deepEqual(operations, new Set(['GetCallerIdentity', 'GetRole']));
  });

  test('needs a prefix of the bucket name', async (t) => {
    const { id, smoke, snapshot } = await openSmokeAccount(t);
    for (const prefix of [{}, { LITEXA_SMOKE_BUCKET_PREFIX: 'Not_For_S3' }]) {
      const { exit, text } = await smoke({ LITEXA_SMOKE: id, ...prefix }).done;
      assert.equal(exit, 1);
      assert.match(text, /LITEXA_SMOKE_BUCKET_PREFIX/);
    }
    assert.deepEqual(await snapshot(), EMPTY);
  });

  test('does not print the message of AWS for an invalid signature, which contains the session token', async (t) => {
    const { id, requests, intercept, smoke } = await openSmokeAccount(t);
    const body =
      '<ErrorResponse><Error><Code>SignatureDoesNotMatch</Code><Message>The Canonical String should ' +
      'have been: x-amz-security-token:TOKEN</Message></Error></ErrorResponse>';
    intercept(({ operation }) => operation === 'GetCallerIdentity' && { status: 403, body });
    const { exit, text } = await smoke({ LITEXA_SMOKE: id, AWS_SESSION_TOKEN: 'TOKEN' }).done;
    assert.equal(exit, 1);
    assert.match(text, /\bsts\b.*\bsignature\b/);
    assert.doesNotMatch(text, /TOKEN/);
    assert.equal(requests()[0].headers['x-amz-security-token'], 'TOKEN');
  });

  test('deploys, launches, pulls logs, rolls back, removes, and leaves an empty account', async (t) => {
    const account = await openSmokeAccount(t);
    const { requests, smoke, snapshot } = account;
    account.intercept(({ operation }) => {
      if (operation === 'Invoke') account.clearRequests();
    });
    const { exit, text } = await smoke().done;
    assert.equal(exit, 0, text);
    assert.match(text, /Welcome back, visit 2\./);
    assert.match(text, /passed\W*$/);
    assert.deepEqual(await snapshot(), EMPTY);

    // After the last launch, resources are only removed.
    const removals = /:(Delete|Detach)/;
    assert.ok(requests().some(({ operation }) => operation === 'GetFunctionConfiguration'));
    assert.deepEqual(
      account.writes().filter((operation) => !removals.test(operation)),
      [],
    );
  });

  test('detects that a second deployment changes resources, and keeps a role that existed before', async (t) => {
    const { client, intercept, requests, smoke, snapshot } = await openSmokeAccount(t);
    await client.iam('CreateRole', { RoleName: ROLE, AssumeRolePolicyDocument: TRUST });
    // The module reads another memory size after the launch, as after an out-of-band change.
    intercept(({ headers, method, path: url }) => {
      const isModule = headers['user-agent']?.includes('aws-sdk-rust');
      const wasLaunched = requests('Invoke').length > 0;
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
    const { intercept, smoke, snapshot } = await openSmokeAccount(t);
    const running = smoke();
    intercept(async ({ service, operation }) => {
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

  test('reports the resources that it cannot remove, and removes the others', async (t) => {
    const { answer, smoke, snapshot } = await openSmokeAccount(t);
    answer('DeleteTable', jsonError(400, 'AccessDeniedException'));
    const { exit, text } = await smoke().done;
    assert.equal(exit, 1, text);
    const [, table] = /DynamoDB table ([\w-]+).*AccessDeniedException/.exec(text);
    const { tables, ...others } = await snapshot();
    assert.deepEqual({ ...others, tables: Object.keys(tables) }, { ...EMPTY, tables: [table] });
  });
});
