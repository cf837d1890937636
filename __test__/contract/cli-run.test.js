'use strict';

// One run of `litexa deploy`: the CLI calls `lambda.deploy` at once, and `assets.deploy` after its
// conversion, or never. It ends at the first rejection, and its exit code is that of the process.

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { setTimeout: sleep } = require('node:timers/promises');
const litexa = require('../..');
const errors = require('../support/aws/errors');
const { useAws } = require('../support/aws/use-aws');
const { outcomeOf } = require('../support/exit-code');
const { logsContext } = require('../support/litexa/context');
const { BUCKET, createProject } = require('../support/litexa/project');

const aws = useAws();

const WITH_BUCKET = { s3Configuration: { bucketName: BUCKET } };
const ALL = { assets: true, lambda: true, model: true, manifest: true };

/** Returns the context of a run that deploys these parts, of a project with one asset. */
function contextOfRun(t, options, deploymentTypes = ALL, overrides) {
  const project = createProject(t);
  project.writeAsset('default/meow.mp3', 'meow');
  const context = project.context(options, overrides);
  context.artifacts.save('lastDeployment', { date: 'today', deploymentTypes });
  return context;
}

/** Fails unless what the CLI prints of an error ends with the address of its code, and has one only. */
function assertEndsWithAddress(error, code) {
  assert.equal(error.code, code);
  assert.ok(error.url.endsWith(`/docs/troubleshooting.md#${code.toLowerCase()}`), error.url);
  const [message, ...addresses] = String(error).split(/\nSee (?=https:)/);
  assert.equal(message, `Error: ${error.message}`);
  assert.deepEqual(addresses, [error.url]);
}

const deploy = (part, context) => outcomeOf(() => litexa[part].deploy(context, context.logger));

for (const [what, options, code] of [
  ['no bucket', {}, 'INVALID_BUCKET_NAME'],
  [
    'a wrong option of the assets',
    { s3Configuration: { bucketName: BUCKET, uploadParams: [{ params: { Body: 'x' } }] } },
    'INVALID_OPTION',
  ],
  [
    'a wrong option of the handler',
    { ...WITH_BUCKET, lambdaConfiguration: { MemorySize: 1 } },
    'INVALID_OPTION',
  ],
]) {
  test(`${what}: neither part changes anything, whichever is called`, async (t) => {
    for (const parts of [
      ['lambda', 'assets'],
      ['assets', 'lambda'],
    ]) {
      const context = contextOfRun(t, options);
      for (const part of parts) {
        const { error, exitCode } = await deploy(part, context);
        assertEndsWithAddress(error, code);
        assert.equal(exitCode, 1);
      }
    }
    assert.deepEqual(aws.requests(), []);
  });
}

test('a part that the run does not deploy is not checked', async (t) => {
  const handlerOnly = contextOfRun(t, {}, { lambda: true, assets: false });
  assert.equal((await deploy('lambda', handlerOnly)).error, undefined);
  const broken = () => assert.fail('the skill was compiled');
  const assetsOnly = contextOfRun(t, WITH_BUCKET, { assets: true }, { handler: broken });
  assert.equal((await deploy('assets', assetsOnly)).error, undefined);
});

test('the skill is compiled once, and an error of the compiler reaches the CLI unchanged', async (t) => {
  const broken = Object.assign(new Error('unexpected word'), { location: { start: {} } });
  let compilations = 0;
  const handler = () => {
    compilations += 1;
    throw broken;
  };
  const context = contextOfRun(t, WITH_BUCKET, ALL, { handler });
  assert.equal((await deploy('lambda', context)).error, broken);
  assert.match(
    (await deploy('assets', context)).error.message,
    /^the assets were not deployed either: unexpected word$/,
  );
  assert.equal(compilations, 1);
  assert.deepEqual(aws.requests(), []);
});

test('a failure is reported after the other part, with what happened to that', async (t) => {
  aws.answer('CreateFunction', errors.accessDenied('lambda:CreateFunction'));
  aws.answer('CreateBucket', () => sleep(1500), { times: 1 });
  const context = contextOfRun(t, WITH_BUCKET);
  const ends = [];
  const end = (part) => deploy(part, context).finally(() => ends.push(part));
  const [handler, assets] = await Promise.all(['lambda', 'assets'].map(end));
  assert.ok(aws.count('CreateFunction') > 0);
  assert.deepEqual(ends, ['assets', 'lambda']);
  assert.equal(assets.error, undefined);
  const report =
    /lambda:CreateFunction.*\nThe handler was not completed; the assets were deployed\.$/;
  assert.match(handler.error.message, report);
  assertEndsWithAddress(handler.error, 'ACCESS_DENIED');
});

test('two failures are both in the first error that the CLI gets', async (t) => {
  aws.answer('CreateFunction', errors.accessDenied('lambda:CreateFunction'));
  aws.rejectS3(
    'CreateBucket',
    409,
    'BucketAlreadyExists',
    'The requested bucket name is not available.',
  );
  const context = contextOfRun(t, WITH_BUCKET);
  const [handler, assets] = await Promise.all(
    ['lambda', 'assets'].map((part) => deploy(part, context)),
  );
  assert.match(
    handler.error.message,
    /lambda:CreateFunction[^]*\nThe assets were not completed either: [^]*cats-assets/,
  );
  assert.match(
    assets.error.message,
    /cats-assets[^]*\nThe handler was not completed either: [^]*lambda:CreateFunction/,
  );
  for (const [error, other] of [
    [handler.error, assets.error],
    [assets.error, handler.error],
  ]) {
    assert.equal(error.message.split('\n').length, 2);
    assert.notEqual(error.url, other.url);
    assert.ok(error.message.endsWith(` (${other.url})`), error.message);
    assertEndsWithAddress(error, error.code);
  }
});

test('a cause that both parts have is printed once', async (t) => {
  const both = (context) => Promise.all(['lambda', 'assets'].map((part) => deploy(part, context)));
  for (const [options, cause, code] of [
    [{}, /has no S3 bucket/g, 'INVALID_BUCKET_NAME'],
    [{ ...WITH_BUCKET, tagz: {}, tags: 7 }, /\btags\b/g, 'INVALID_OPTION'],
    [{ s3Configuration: { bucketName: 'Meow_Meow' } }, /'Meow_Meow'/g, 'INVALID_BUCKET_NAME'],
  ]) {
    const [handler, assets] = await both(contextOfRun(t, options));
    assert.equal(handler.error.message.match(cause).length, 1, handler.error.message);
    for (const { error } of [handler, assets]) {
      assert.match(error.message, /\nNeither the assets nor the handler was completed\.$/);
      assertEndsWithAddress(error, code);
    }
  }
  const broken = Object.assign(new Error('unexpected word'), { location: { start: {} } });
  const handler = () => Promise.reject(broken);
  const outcomes = await both(contextOfRun(t, WITH_BUCKET, ALL, { handler }));
  for (const { error } of outcomes) assert.equal(error, broken);
  assert.equal(broken.message, 'unexpected word');
});

test('after a failure of the handler, assets that have not begun are not deployed', async (t) => {
  aws.answer('CreateFunction', errors.accessDenied('lambda:CreateFunction'));
  const context = contextOfRun(t, WITH_BUCKET);
  // The CLI is converting the assets, or has failed to.
  const { error } = await deploy('lambda', context);
  assert.match(error.message, /\nThe handler was not completed; the assets were not deployed\.$/);
  const assets = await deploy('assets', context);
  assert.equal(assets.error.code, 'ACCESS_DENIED');
  assert.match(assets.error.message, /^the assets were not deployed either: /);
  assert.equal(assets.exitCode, 1);
  assert.equal(aws.count('CreateBucket'), 0);
});

test('outside of a run of both, a part does not depend on the other', async (t) => {
  aws.answer('CreateFunction', errors.accessDenied('lambda:CreateFunction'));
  const context = contextOfRun(t, WITH_BUCKET, {});
  assert.equal((await deploy('lambda', context)).error.code, 'ACCESS_DENIED');
  const { error, exitCode } = await deploy('assets', context);
  assert.deepEqual({ error, exitCode }, { error: undefined, exitCode: 0 });
});

test('a context can be deployed again after a failure', async (t) => {
  aws.answer('CreateFunction', errors.accessDenied('lambda:CreateFunction'), { times: 1 });
  const context = contextOfRun(t, WITH_BUCKET);
  assert.equal((await deploy('lambda', context)).exitCode, 1);
  const { error, exitCode } = await deploy('lambda', context);
  assert.deepEqual({ error, exitCode }, { error: undefined, exitCode: 0 });
  assert.equal((await deploy('assets', context)).error, undefined);
});

test('only functions that the CLI calls set the exit code', async (t) => {
  const project = createProject(t);
  const logs = () =>
    logsContext({ projectRoot: project.root, target: 'beta', options: { logsConfiguration: 7 } });
  const calls = {
    pull: () => litexa.logs.pull(logs()),
    logs: () => litexa.logs(logs()),
    deploy: () => litexa.deploy(project.context()),
  };
  for (const [name, exitCode] of [
    ['pull', 1],
    ['logs', 0],
    ['deploy', 0],
  ]) {
    const outcome = await outcomeOf(calls[name]);
    assert.match(outcome.error.code, /^INVALID_/);
    assert.equal(outcome.exitCode, exitCode, name);
  }
});

test('the option whose wrong name causes the failure is a warning, too', async (t) => {
  const options = { s3configuration: { bucketName: 'cats' } };
  const context = contextOfRun(t, options);
  const { error } = await deploy('assets', context);
  assert.equal(error.code, 'INVALID_BUCKET_NAME');
  assert.match(context.logger.lines('warning').join('\n'), /Did you mean s3Configuration\?/);
});

test('an option with a wrong name on the target is a warning of deployments and log pulls', async (t) => {
  const options = { region: 'eu-west-1', s3Config: {}, bucketName: 'cats', otherTool: 1 };
  const deployment = contextOfRun(t, options, { lambda: true });
  assert.equal((await deploy('lambda', deployment)).exitCode, 0);
  const pull = logsContext({ projectRoot: deployment.projectRoot, target: 'beta', options });
  await litexa.logs(pull);
  for (const { logger } of [deployment, pull]) {
    const warnings = logger.lines('warning').filter((line) => line.includes('does not know'));
    assert.deepEqual(
      warnings.map((line) => /'(\w+)'\. Did you mean (.+)\?$/.exec(line)?.slice(1)),
      [
        ['bucketName', 's3Configuration.bucketName'],
        ['region', 'awsRegion'],
        ['s3Config', 's3Configuration'],
      ],
    );
  }
});
