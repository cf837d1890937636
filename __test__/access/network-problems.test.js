'use strict';

// Networks that fail, and things between here and AWS that answer in its place.

const assert = require('node:assert/strict');
const net = require('node:net');
const { test } = require('node:test');
const litexa = require('../..');
const { useAws } = require('../support/aws/use-aws');
const { setVariables } = require('../support/environment');
const { createProject, createAssetProject, BUCKET } = require('../support/litexa/project');
const { startBlackHole } = require('../support/network/black-hole');
const { listen } = require('../support/network/listen');

const aws = useAws();

function useEndpoint(t, url) {
  const direct = process.env.AWS_ENDPOINT_URL;
  t.after(() => (process.env.AWS_ENDPOINT_URL = direct));
  process.env.AWS_ENDPOINT_URL = url;
}

/** Deploys, which must fail. Returns the error and the lines. */
async function failure(deploy) {
  const lines = [];
  const print = (level, line) => lines.push({ level, line });
  const error = await deploy(print).then(
    () => assert.fail('the deployment succeeded'),
    (reason) => reason,
  );
  return { error, lines };
}

const failToDeployAssets = (t) =>
  failure((print) => createAssetProject(t, { 'default/meow.mp3': 'meow' }).deployAssets({ print }));

function assertWaitIsReported(lines, host) {
  const first = lines.find(({ line }) => line.startsWith('waiting'));
  assert.ok(first, 'no line reports the wait');
  assert.ok(first.line.includes(host), first.line);
  assert.match(first.line, /\(attempt \d of \d\)$/);
}

test('an endpoint where nothing listens is named while it is waited for, and its error begins with the cause', async (t) => {
  const server = await listen(net.createServer());
  await server.close();
  useEndpoint(t, server.url);
  const { error, lines } = await failToDeployAssets(t);
  assertWaitIsReported(lines, `127.0.0.1:${server.port}`);
  assert.equal(error.code, 'AWS_UNAVAILABLE');
  assert.match(
    error.message,
    /failed: 127\.0\.0\.1:\d+ refused the connection\. Check the network/,
  );
  assert.doesNotMatch(error.message, /dispatch failure|LITEXA_AWS_TIMEOUT_SECONDS/);
});

test('a host without an address is named while it is waited for, and its error begins with the cause', async (t) => {
  useEndpoint(t, 'https://no-such-host.invalid');
  const { error, lines } = await failToDeployAssets(t);
  assertWaitIsReported(lines, 'no-such-host.invalid');
  assert.equal(error.code, 'AWS_UNAVAILABLE');
  assert.match(error.message, /failed: the host no-such-host\.invalid was not found/);
  assert.match(error.message, /AWS_ENDPOINT_URL/);
});

for (const [what, deploy] of Object.entries({
  assets: (t, print) =>
    createAssetProject(t, { 'default/meow.mp3': 'meow' }).deployAssets({ print }),
  'the handler': (t, print) => createProject(t).deployHandler({}, { print }),
})) {
  test(`while a server does not answer, the deployment of ${what} reports the wait, and its error names the limit`, async (t) => {
    const hole = await startBlackHole();
    t.after(hole.close);
    useEndpoint(t, hole.url);
    setVariables(t, { LITEXA_AWS_TIMEOUT_SECONDS: '4' });
    const { error, lines } = await failure((print) => deploy(t, print));
    assertWaitIsReported(lines, `127.0.0.1:${hole.port}`);
    assert.ok(
      lines.some(({ line }) => line.includes('(attempt 3 of')),
      'the last attempt is reported',
    );
    assert.equal(error.code, 'AWS_UNAVAILABLE');
    assert.match(error.message, /failed: no answer from 127\.0\.0\.1:\d+ within 4 s\. /);
    assert.match(error.message, /LITEXA_AWS_TIMEOUT_SECONDS to more than 4/);
  });
}

// A captive portal or a proxy answers in the place of AWS.

const page = (status) => ({
  status,
  headers: {
    'content-type': 'text/html; charset=utf-8',
    ...(status === 302 && { location: 'http://portal/' }),
  },
  body: '<html><body>Sign in to the Wi-Fi</body></html>',
});

/** The first deployment sends these; those with `true` change something. */
const CALLS = {
  HeadBucket: false,
  CreateBucket: true,
  PutPublicAccessBlock: true,
  PutBucketCors: true,
  PutObject: true,
  GetFunctionConfiguration: false,
  DescribeTable: false,
  CreateTable: true,
  GetRole: false,
  CreateRole: true,
  AttachRolePolicy: true,
  DescribeLogGroups: false,
  CreateLogGroup: true,
  PutRetentionPolicy: true,
  CreateFunction: true,
  CreateAlias: true,
  AddPermission: true,
};
const answers = Object.entries(CALLS).flatMap(([operation, isChange]) =>
  (isChange ? [200, 403, 302] : [200, 403]).map((status) => ({ operation, isChange, status })),
);

for (const { operation, isChange, status } of answers) {
  test(`a web page with status ${status} in the place of an answer to ${operation} is named, and nothing counts as done`, async (t) => {
    const project = createProject(t, { files: { 'litexa/assets/meow.mp3': 'meow' } });
    const deploy = (print) => {
      const context = project.context({ s3Configuration: { bucketName: BUCKET } }, { print });
      return litexa.deploy(context, context.logger);
    };
    const remove = aws.answer(operation, page(status));
    const { error } = await failure(deploy);
    assert.ok(aws.count(operation) > 0, `${operation} was not sent`);
    assert.equal(error.code, 'AWS_UNAVAILABLE', error.message);
    assert.match(error.message, /does not come from AWS/);
    assert.doesNotMatch(error.message, /Allow \w+:/);
    remove();
    aws.clearRequests();
    await deploy(() => {});
    if (isChange) assert.ok(aws.count(operation) > 0, `${operation} is not repeated`);
  });
}

test('a web page with status 502 that passes does not fail the deployment', async (t) => {
  for (const operation of ['HeadBucket', 'PutPublicAccessBlock', 'PutObject']) {
    aws.answer(operation, page(502), { times: 1 });
  }
  await createAssetProject(t, { 'default/meow.mp3': 'meow' }).deployAssets();
  assert.equal(aws.count('PutPublicAccessBlock'), 2);
});
