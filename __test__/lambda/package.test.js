'use strict';

// The content of a package, and its upload: in the request, or through S3 if it is too large for that.

const assert = require('node:assert/strict');
const crypto = require('node:crypto');
const { test } = require('node:test');
const { setTimeout: sleep } = require('node:timers/promises');
const litexa = require('../..');
const errors = require('../support/aws/errors');
const { useAws } = require('../support/aws/use-aws');
const { outcomeOf } = require('../support/exit-code');
const { createProject, NAMES } = require('../support/litexa/project');

const BUCKET = 'cats-assets';
const LARGE_BYTES = 53 * 1024 * 1024; // The module sends up to 50 MiB in a request.

const aws = useAws();

/** Creates a project with a dependency that cannot be compressed. */
function createLargeProject(t) {
  const project = createProject(t);
  project.write('litexa/package.json', JSON.stringify({ dependencies: { whale: '1.0.0' } }));
  project.write('litexa/node_modules/whale/package.json', '{"name": "whale", "version": "1.0.0"}');
  project.write('litexa/node_modules/whale/whale.bin', crypto.randomBytes(LARGE_BYTES));
  return project;
}

const withBucket = (bucketName) => ({ s3Configuration: { bucketName } });

test('a package over 50 MiB is uploaded as a private object, which is then deleted', async (t) => {
  const project = createLargeProject(t);
  await aws.client.createBucket(BUCKET);
  await project.deployHandler(withBucket(BUCKET));

  const [{ Code }] = aws.sent('CreateFunction');
  assert.equal(Code.S3Bucket, BUCKET);
  assert.equal(Code.ZipFile, undefined);
  assert.ok(!Code.S3Key.startsWith('cats/'), 'its prefix is not public');
  const [put] = aws.requests('PutObject');
  assert.equal(put.headers['x-amz-acl'], undefined);
  const [removed] = aws.requests('DeleteObject');
  assert.ok(removed.path.includes(Code.S3Key));
  assert.deepEqual(await aws.client.listObjects(BUCKET), []);
  const { CodeSize } = (await aws.client.getFunction(NAMES.function)).Configuration;
  assert.ok(CodeSize > LARGE_BYTES);

  aws.clearRequests();
  await project.deployHandler(withBucket(BUCKET));
  assert.deepEqual(aws.writes(), []);
});

test('a staged package has the encryption and the owner that uploadParams set by default', async (t) => {
  await aws.client.createBucket(BUCKET);
  const params = {
    ServerSideEncryption: 'AES256',
    ExpectedBucketOwner: aws.emulator.account,
    CacheControl: 'no-cache',
  };
  const other = { filter: ['*.mp3'], params: { ServerSideEncryption: 'aws:kms' } };
  const s3Configuration = { bucketName: BUCKET, uploadParams: [other, { params }] };
  await createLargeProject(t).deployHandler({ s3Configuration });
  const [{ headers }] = aws.requests('PutObject');
  assert.equal(headers['x-amz-server-side-encryption'], 'AES256');
  assert.equal(headers['x-amz-expected-bucket-owner'], aws.emulator.account);
  assert.equal(headers['cache-control'], undefined);
});

test('the object is deleted, too, if Lambda rejects the package', async (t) => {
  await aws.client.createBucket(BUCKET);
  aws.answer('CreateFunction', errors.accessDenied('lambda:CreateFunction'));
  const { error } = await createLargeProject(t).failToDeployHandler(withBucket(BUCKET));
  assert.equal(error.code, 'ACCESS_DENIED');
  assert.deepEqual(await aws.client.listObjects(BUCKET), []);
});

test('the upload waits for a bucket that the assets are creating', async (t) => {
  const project = createLargeProject(t);
  project.write('litexa/assets/meow.mp3', 'meow');
  // Longer than the wait for a bucket that no deployment is creating.
  aws.answer('CreateBucket', () => sleep(7000), { times: 1 });
  const context = project.context(withBucket(BUCKET));
  await Promise.all([
    litexa.lambda.deploy(context, context.logger),
    litexa.assets.deploy(context, context.logger),
  ]);
  assert.equal(aws.sent('CreateFunction')[0].Code.S3Bucket, BUCKET);
});

const forbidden = { status: 403, headers: { 'x-amz-bucket-region': 'us-east-1' } };
const denied = '<Error><Code>AccessDenied</Code><Message>no</Message></Error>';
const elsewhere = { status: 200, headers: { 'x-amz-bucket-region': 'eu-west-1' } };

for (const [what, options, message, answers] of [
  ['no bucket is configured', {}, /s3Configuration\.bucketName/],
  ['the bucket is missing', withBucket(BUCKET), /cats-assets does not exist.*Deploy the assets/],
  [
    'the bucket is in another region',
    withBucket(BUCKET),
    /in eu-west-1/,
    { HeadBucket: elsewhere },
  ],
  [
    'the bucket may not be read',
    withBucket(BUCKET),
    /S3 denies access to the bucket cats-assets/,
    { HeadBucket: forbidden, ListObjectsV2: { ...forbidden, body: denied } },
  ],
]) {
  test(`a package over 50 MiB is an error if ${what}, before any change and in a dry run`, async (t) => {
    for (const [operation, answer] of Object.entries(answers ?? {})) aws.answer(operation, answer);
    const project = createLargeProject(t);
    const context = { ...project.context(options), dryRun: true };
    const [dry, { error }] = await Promise.all([
      outcomeOf(() => litexa.lambda.deploy(context, context.logger)),
      project.failToDeployHandler(options),
    ]);
    assert.equal(error.code, 'INVALID_PACKAGE');
    assert.match(error.message, message);
    assert.match(error.message, /\b52\.4 MB\b.*S3/);
    assert.equal(dry.error?.message, error.message);
    assert.deepEqual(aws.writes(), []);
  });
}

test('a package over 50 MiB has a dry run if the same run deploys the assets', async (t) => {
  const project = createLargeProject(t);
  project.write('litexa/assets/meow.mp3', 'meow');
  const context = project.context(withBucket(BUCKET));
  const { changes } = await litexa.deploy({ ...context, dryRun: true }, context.logger);
  const actions = changes.map(({ iamAction }) => iamAction);
  assert.ok(actions.includes('s3:CreateBucket') && actions.includes('lambda:CreateFunction'));
});

test('the error for a package over 250 MB unpacked names its largest parts, before any change', async (t) => {
  const project = createProject(t);
  project.write('litexa/package.json', JSON.stringify({ dependencies: { whale: '1.0.0' } }));
  project.write('litexa/node_modules/whale/whale.bin', Buffer.alloc(263 * 1000 * 1000));
  const { error } = await project.failToDeployHandler();

  assert.equal(error.code, 'INVALID_PACKAGE');
  assert.match(error.message, /whale\W+(?:250\.8|263)/);
  assert.deepEqual(aws.writes(), []);
});

/** Creates a project that depends on `addon`, with these native addons. */
function createNativeProject(t, addons) {
  const project = createProject(t);
  project.write('litexa/package.json', JSON.stringify({ dependencies: { addon: '1.0.0' } }));
  project.write('litexa/node_modules/addon/package.json', '{"name": "addon", "version": "1.0.0"}');
  for (const [file, bytes] of Object.entries(addons)) {
    project.write(`litexa/node_modules/addon/${file}`, bytes);
  }
  return project;
}

const nativeWarnings = (logger) =>
  logger.lines('warning').filter((line) => line.includes('native code'));

const MAC = Buffer.from('cffaedfe0c000001', 'hex');
/** The header of a library for x64: 62 is the processor. */
const LINUX = Buffer.from('7f454c4602010100000000000000000003003e00', 'hex');

test('native code that does not run on the function is a warning with the command for it', async (t) => {
  const project = createNativeProject(t, { 'build/Release/a.node': MAC });
  const { logger } = await project.deployHandler();
  const [warning] = nativeWarnings(logger);
  assert.match(warning, /^addon@1\.0\.0 has native code for macOS on arm64, but .* Linux on x64/);
  assert.match(warning, /`npm install --os=linux --cpu=x64 --libc=glibc` in litexa/);
});

test('native code for the function beside that for other systems is fine', async (t) => {
  const addons = { 'prebuilds/darwin-arm64/a.node': MAC, 'prebuilds/linux-x64/a.node': LINUX };
  const project = createNativeProject(t, addons);
  assert.deepEqual(nativeWarnings((await project.deployHandler()).logger), []);
  const arm64 = { lambdaConfiguration: { Architectures: ['arm64'] } };
  const { logger } = await project.deployHandler(arm64);
  assert.match(
    nativeWarnings(logger).join(),
    /for Linux on x64, macOS on arm64, .* on arm64 .*--cpu=arm64/,
  );
});

test('the architecture of a deployed function counts if the options name none', async (t) => {
  const project = createNativeProject(t, { 'a.node': LINUX });
  await project.deployHandler({ lambdaConfiguration: { Architectures: ['arm64'] } });
  const { logger } = await project.deployHandler();
  assert.match(nativeWarnings(logger).join(), /but the function runs on Linux on arm64/);
});

test('another version of Node.js on the machine that deploys does not change the code', async (t) => {
  const project = createProject(t);
  const withNode = (version) => ({
    handler: `const userAgent = "@litexa/core/0.9.0 Node/${version}";\nexports.handler = (event, context, callback) => callback(null, userAgent);\n`,
  });
  await project.deployHandler({}, withNode('v20.11.1'));
  aws.clearRequests();
  await project.deployHandler({}, withNode('v24.2.0'));
  assert.deepEqual(aws.writes(), []);
  const { Configuration } = await aws.client.getFunction(NAMES.function);
  const other = withNode('v24.2.0').handler.replace('0.9.0', '0.9.1');
  await project.deployHandler({}, { handler: other });
  const after = await aws.client.getFunction(NAMES.function);
  assert.notEqual(after.Configuration.CodeSha256, Configuration.CodeSha256);
});

for (const [name, content] of [
  ['.ask/cli_config', '{"profiles": {"default": {"token": {"refresh_token": "x"}}}}'],
  ['certificates/server.PEM', '-----BEGIN RSA PRIVATE KEY-----'],
  ['aws/credentials', '[default]\naws_secret_access_key = x'],
]) {
  test(`a dependency's ${name} is packaged with a warning`, async (t) => {
    const project = createProject(t);
    project.installPackage('a/index.js');
    project.write(`litexa/node_modules/a/${name}`, content);
    const { logger } = await project.deployHandler();
    const [warning] = logger.lines('warning').filter((line) => /look like credentials/.test(line));
    assert.ok(warning.endsWith(`node_modules/a/${name}`), warning);
  });
}

const onUnix = { skip: process.platform === 'win32' && 'Windows has no such names' };

test(
  'control sequences in the name of a packaged file are shown, not obeyed',
  onUnix,
  async (t) => {
    const project = createProject(t);
    project.installPackage('tool/index.js');
    project.write('litexa/node_modules/tool/\u001b]52;c;YQ==\u0007/.env', 'TOKEN=abc');
    const context = await project.deployHandler();
    const [warning] = context.logger.lines('warning').filter((line) => line.includes('.env'));
    assert.ok(warning.includes('␛]52;c;YQ==␇/.env'), JSON.stringify(warning));
  },
);
