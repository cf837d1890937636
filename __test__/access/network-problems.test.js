'use strict';

// Networks that fail, and things between here and AWS that answer in its place.

const assert = require('node:assert/strict');
const fs = require('node:fs');
const net = require('node:net');
const path = require('node:path');
const { test } = require('node:test');
const { gzipSync } = require('node:zlib');
const litexa = require('../..');
const { useAws } = require('../support/aws/use-aws');
const { setVariables, useEnvironment } = require('../support/environment');
const { createProject, createAssetProject, BUCKET } = require('../support/litexa/project');
const { startBlackHole } = require('../support/network/black-hole');
const { listen } = require('../support/network/listen');
const { tempDir } = require('../support/tmp');

const aws = useAws();

/** Sets settings of AWS until the end of the test `t`, beside those that the tests have. */
const useSettings = (t, settings) => t.after(useEnvironment({ ...process.env, ...settings }));
const useEndpoint = (t, url) => useSettings(t, { AWS_ENDPOINT_URL: url });

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

for (const name of ['AWS_ENDPOINT_URL', 'AWS_ENDPOINT_URL_S3', 'AWS_ENDPOINT_URL_LAMBDA']) {
  test(`an ${name} without a scheme is an error before any request, without its password`, async (t) => {
    useSettings(t, { [name]: 'ann:tOpS3cr3t@localhost:4566' });
    const { error, lines } = await failToDeployAssets(t);
    assert.equal(error.code, 'INVALID_OPTION');
    const expected = 'must be a URL that begins with http:// or https://, but is';
    assert.ok(
      error.message.startsWith(`the environment variable ${name} ${expected} 'localhost:4566'`),
      error.message,
    );
    assert.doesNotMatch(JSON.stringify([error.message, error.stack, lines]), /s3cr3t/i);
    assert.deepEqual(aws.requests(), []);
  });
}

test('an empty address of one service, which the SDK does not take for unset, is an error that names it', async (t) => {
  setVariables(t, { AWS_ENDPOINT_URL_DYNAMODB: '' });
  const { error } = await failToDeployAssets(t);
  assert.equal(error.code, 'INVALID_OPTION');
  assert.match(
    error.message,
    /environment variable AWS_ENDPOINT_URL_DYNAMODB must be a URL .* is ''/,
  );
  assert.deepEqual(aws.requests(), []);
});

test('an endpoint_url of the profile without a scheme is an error before any request', async (t) => {
  const config = path.join(tempDir(t), 'config');
  fs.writeFileSync(config, '[profile dog]\nendpoint_url = localhost:4566\n');
  useSettings(t, { AWS_CONFIG_FILE: config });
  const project = createAssetProject(t, { 'default/meow.mp3': 'meow' }, {}, { awsProfile: 'dog' });
  const { error } = await failure((print) => project.deployAssets({ print }));
  assert.equal(error.code, 'INVALID_OPTION');
  assert.match(error.message, /endpoint_url of the AWS profile 'dog' must be a URL that begins/);
  assert.deepEqual(aws.requests(), []);
});

const KEYS = 'aws_access_key_id = test\naws_secret_access_key = test\n';

test('an endpoint_url without a scheme of a service in the profile is an error before any request', async (t) => {
  const config = path.join(tempDir(t), 'config');
  const services = '[services local]\niam =\n  endpoint_url = ann:s3cr3t@localhost:4566\n';
  fs.writeFileSync(config, `[profile dog]\n${KEYS}services = local\n${services}`);
  const { AWS_ENDPOINT_URL: _, ...environment } = process.env;
  t.after(useEnvironment({ ...environment, AWS_CONFIG_FILE: config }));
  const project = createAssetProject(t, { 'default/meow.mp3': 'meow' }, {}, { awsProfile: 'dog' });
  const { error } = await failure((print) => project.deployAssets({ print }));
  assert.equal(error.code, 'INVALID_OPTION');
  assert.match(
    error.message,
    /endpoint_url of IAM in the AWS profile must be a URL .* 'localhost:4566'/,
  );
  assert.deepEqual(aws.requests(), []);
});

test('addresses that the profile ignores are not checked', async (t) => {
  const config = path.join(tempDir(t), 'config');
  const ignored = 'endpoint_url = localhost:4566\nignore_configured_endpoint_urls = true\n';
  fs.writeFileSync(config, `[profile dog]\n${KEYS}${ignored}`);
  const proxy = await listen(net.createServer((socket) => socket.destroy()));
  t.after(() => proxy.close());
  useSettings(t, { AWS_CONFIG_FILE: config });
  setVariables(t, { HTTPS_PROXY: proxy.url });
  const project = createAssetProject(t, { 'default/meow.mp3': 'meow' }, {}, { awsProfile: 'dog' });
  const { error } = await failure((print) => project.deployAssets({ print }));
  assert.equal(error.code, 'AWS_UNAVAILABLE', error.message);
});

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

for (const command of ['remove', 'doctor']) {
  for (const [what, seconds, cause, openEndpoint] of [
    [
      'whose name does not resolve',
      4,
      /failed: the host no-such-host\.invalid was not found/,
      () => 'https://no-such-host.invalid',
    ],
    [
      'that refuses connections',
      4,
      /failed: 127\.0\.0\.1:\d+ refused the connection/,
      async () => {
        const server = await listen(net.createServer());
        await server.close();
        return server.url;
      },
    ],
    [
      'that does not answer',
      1,
      /failed: no answer from 127\.0\.0\.1:\d+ within 1 s/,
      async (t) => {
        const hole = await startBlackHole();
        t.after(hole.close);
        return hole.url;
      },
    ],
  ]) {
    test(`${command} names a host ${what}, and what to check`, async (t) => {
      useEndpoint(t, await openEndpoint(t));
      setVariables(t, { LITEXA_AWS_TIMEOUT_SECONDS: String(seconds) });
      const context = createProject(t).context();
      const outcome = await litexa.operate(context, { name: command }, context.logger).then(
        ({ findings }) => findings.find(({ check }) => check === 'account'),
        ({ message }) => ({ detail: message, fix: message }),
      );
      assert.match(outcome.detail, /^reading the account of the credentials/);
      assert.match(outcome.detail, cause);
      assert.match(outcome.fix, /Check the network.* AWS_ENDPOINT_URL/);
    });
  }
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

const XHTML = `<?xml version="1.0" encoding="UTF-8"?>
<!-- portal --><!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Strict//EN" "http://www.w3.org/TR/xhtml1/DTD/xhtml1-strict.dtd">
<html xmlns="http://www.w3.org/1999/xhtml"><body>Sign in</body></html>`;
const HTML = ' \r\n<!doctype HTML>\n<title>Sign in</title>';

/** Answers of something in between whose headers are those of AWS's answers, or none. */
const FORMS = [
  [undefined, '<html><body>Sign in</body></html>'],
  ['application/json', HTML],
  ['application/x-amz-json-1.1', HTML],
  ['application/xml', XHTML],
  ['text/xml', '\ufeff<HTML><head/></HTML>'],
  ['text/plain', 'Access to this site is blocked by your company.'],
];
const OPERATIONS = ['PutBucketCors', 'GetRole', 'CreateFunction', 'PutRetentionPolicy'];

for (const [contentType, body] of FORMS) {
  for (const operation of OPERATIONS) {
    const title = body.trim().slice(0, 15).replace(/\s+/g, ' ');
    test(`'${title}…' as ${contentType} in the place of an answer to ${operation} is recognized by its content`, async (t) => {
      const project = createProject(t, { files: { 'litexa/assets/meow.mp3': 'meow' } });
      const headers = contentType ? { 'content-type': contentType } : {};
      aws.answer(operation, { status: 200, headers, body });
      const { error } = await failure((print) => {
        const context = project.context({ s3Configuration: { bucketName: BUCKET } }, { print });
        return litexa.deploy(context, context.logger);
      });
      assert.equal(error.code, 'AWS_UNAVAILABLE', error.message);
      assert.match(error.message, /does not come from AWS \(status 200/);
    });
  }
}

for (const [what, answer] of Object.entries({
  'status 511': { status: 511, body: '' },
  'status 404 without a body': { status: 404, body: '' },
  'a compressed page': {
    status: 200,
    headers: { 'content-encoding': 'gzip' },
    body: gzipSync('<html>Sign in</html>'),
  },
  'XML of a hotspot': {
    status: 200,
    headers: { 'content-type': 'text/xml' },
    body: '<?xml version="1.0"?><WISPAccessGatewayParam></WISPAccessGatewayParam>',
  },
  'JSON in place of XML': { status: 200, body: '{"error": "sign in"}' },
})) {
  test(`the error for ${what} to every request names something else than AWS`, async (t) => {
    aws.intercept(() => answer);
    const { error } = await failToDeployAssets(t);
    assert.equal(error.code, 'AWS_UNAVAILABLE');
    assert.match(error.message, /(does|may) not come from AWS/);
    assert.deepEqual(aws.writes(), []);
  });
}

/** Creates a project of which a deployment does not warn. */
function createQuietProject(t) {
  const project = createProject(t, { files: { 'litexa/assets/meow.mp3': 'meow' } });
  project.saveArtifact('skillId', 'amzn1.ask.skill.11111111-2222-3333-4444-555555555555');
  return project;
}

test('an answer without an ID that is JSON or XML counts as one of a service like AWS', async (t) => {
  const withoutId = ({ headers }) =>
    Object.fromEntries(
      Object.entries(headers).filter(([name]) => !/^x-amzn?-(request|id)/.test(name)),
    );
  aws.intercept(() => ({
    rewrite: (real) => ({ ...real, headers: withoutId(real) }),
  }));
  const context = createQuietProject(t).context({ s3Configuration: { bucketName: BUCKET } });
  await litexa.deploy(context, context.logger);
  assert.deepEqual(context.logger.lines('warning'), []);
});

// This machine's clock, by the dates of AWS's answers.

const MINUTE_MS = 60_000;

/** Makes the dates of all answers those of a clock that is `minutes` ahead. */
function moveClock(minutes) {
  const date = () => new Date(Date.now() + minutes * MINUTE_MS).toUTCString();
  aws.intercept(() => ({
    rewrite: ({ status, headers, body }) => ({
      status,
      headers: { ...headers, date: date() },
      body,
    }),
  }));
}

for (const [minutes, direction] of [
  [20, 'behind'],
  [120, 'behind'],
  [-60, 'ahead of'],
]) {
  test(`a clock that is ${Math.abs(minutes)} min ${direction} AWS's is warned of once, whatever asks how many services`, async (t) => {
    moveClock(minutes);
    const project = createQuietProject(t);
    for (const deployer of ['deploy', 'assets', 'lambda']) {
      const context = project.context({ s3Configuration: { bucketName: BUCKET } });
      const deploy = deployer === 'deploy' ? litexa.deploy : litexa[deployer].deploy;
      await deploy(context, context.logger);
      const warnings = context.logger.lines('warning');
      assert.equal(warnings.length, 1, `${deployer}: ${warnings.join('\n')}`);
      assert.match(
        warnings[0],
        new RegExp(`^the clock of this machine is \\d+ min ${direction} AWS's`),
      );
    }
  });
}

test("a clock that is 4 min off is not warned of, and the date of something in between is not AWS's", async (t) => {
  moveClock(4);
  const project = createQuietProject(t);
  const deploy = async () => {
    const context = project.context({ s3Configuration: { bucketName: BUCKET } });
    await litexa.deploy(context, context.logger).catch(() => {});
    return context.logger.lines('warning');
  };
  assert.deepEqual(await deploy(), []);
  aws.removeInterceptors();
  const date = new Date(Date.now() + 60 * MINUTE_MS).toUTCString();
  aws.intercept(() => ({ ...page(200), headers: { ...page(200).headers, date } }));
  assert.deepEqual(await deploy(), []);
});

test('a web page with status 502 that passes does not fail the deployment', async (t) => {
  for (const operation of ['HeadBucket', 'PutPublicAccessBlock', 'PutObject']) {
    aws.answer(operation, page(502), { times: 1 });
  }
  await createAssetProject(t, { 'default/meow.mp3': 'meow' }).deployAssets();
  assert.equal(aws.count('PutPublicAccessBlock'), 2);
});
