'use strict';

// Each part of a target has a lock, which its deployment releases when that part has ended, whatever the
// other one still does. A removal takes both.

const assert = require('node:assert/strict');
const { test } = require('node:test');
const litexa = require('../..');
const { s3Error } = require('../support/aws/errors');
const { useAws } = require('../support/aws/use-aws');
const { withoutExitCode } = require('../support/exit-code');
const { until } = require('../support/lambda/following');
const { runExecutable } = require('../support/litexa/executable');
const { createProject, BUCKET, NAMES } = require('../support/litexa/project');

const aws = useAws();

const options = { s3Configuration: { bucketName: BUCKET, publicAccess: 'none' } };
const WAITING = /^waiting: another command for this target/;
const WAITING_LINE = new RegExp(WAITING.source, 'm');

function createSkill(t) {
  return createProject(t, { options, files: { 'litexa/assets/meow.txt': 'meow' } });
}

/** Holds the next request of an operation. Returns the function that lets it pass. */
function hold(operation) {
  let pass;
  const held = new Promise((resolve) => (pass = resolve));
  aws.answer(operation, () => held, { times: 1 });
  return pass;
}

for (const [ended, endLine, operation] of [
  ['assets', /^assets: 1 uploaded/, 'CreateFunction'],
  ['lambda', /^lambda deployment complete/, 'PutObject'],
]) {
  test(`while the other part is deployed, ${ended} can be deployed again`, async (t) => {
    const project = createSkill(t);
    const pass = hold(operation);
    const context = project.context();
    const first = litexa.deploy(context, context.logger);
    const hasLine = (pattern) => () => context.logger.lines().some((line) => pattern.test(line));
    await until(hasLine(endLine));
    await until(() => aws.count(operation) > 0);

    const next = project.context();
    const second = withoutExitCode(() => litexa[ended].deploy(next, next.logger));
    let isDone = false;
    second.then(() => (isDone = true));
    // If the lock is not released, the second deployment waits for the first one, which is held.
    await until(() => isDone);
    pass();
    await Promise.all([first, second]);
  });
}

test('a removal that waits for the handler lets the assets be deployed, for whose bucket that may wait', async (t) => {
  const project = createSkill(t);
  await litexa.deploy(project.context());
  const pass = hold('UpdateFunctionConfiguration');
  const changed = { ...options, lambdaConfiguration: { MemorySize: 512 } };
  const deploying = project.deployHandler(changed);
  await until(() => aws.count('UpdateFunctionConfiguration') > 0);

  const context = project.context();
  const { changes } = await litexa.operate(context, { name: 'remove' }, context.logger);
  const command = { name: 'remove', confirmed: changes };
  const removing = litexa.operate(context, command, context.logger);
  await until(() => context.logger.lines().some((line) => WAITING.test(line)));
  let isDone = false;
  const assets = project.deployAssets().then(() => (isDone = true));
  await until(() => isDone);
  pass();
  await Promise.all([deploying, removing, assets]);
  assert.equal(await aws.client.getFunction(NAMES.function), undefined);
});

for (const [args, stream] of [
  [['invoke', 'launch', '--json'], 'stderr'],
  [['remove', '--yes'], 'stdout'],
]) {
  test(`the executable shows that it waits for a deployment: ${args.join(' ')}`, async (t) => {
    const handler = "exports.handler = async () => ({ version: '1.0', response: {} });\n";
    const project = createSkill(t);
    project.write('handler.js', handler);
    await litexa.deploy(project.context());
    const pass = hold('UpdateFunctionConfiguration');
    const deploying = project.deployHandler({
      ...options,
      lambdaConfiguration: { MemorySize: 512 },
    });
    await until(() => aws.count('UpdateFunctionConfiguration') > 0);
    let text = '';
    const running = runExecutable([...args, '-d', 'beta'], {
      cwd: project.root,
      env: aws.env,
      started: (child) => child[stream].on('data', (data) => (text += data)),
    });
    await until(() => WAITING_LINE.test(text)).finally(pass);
    await deploying;
    const { code, json, stderr } = await running;
    assert.equal(code, 0, stderr);
    if (args.includes('--json')) assert.ok(json());
  });
}

for (const [failing, answer, ended] of [
  ['UpdateFunctionConfiguration', { status: 403, body: '{"message": "no"}' }, 'lambda'],
  ['PutObject', s3Error(403, 'AccessDenied'), 'assets'],
]) {
  test(`a deployment whose ${failing} fails leaves no lock`, async (t) => {
    const project = createSkill(t);
    await litexa.deploy(project.context());
    aws.answer(failing, answer);
    project.write('litexa/assets/meow.txt', 'purr');
    const changed = { ...options, lambdaConfiguration: { MemorySize: 512 } };
    await assert.rejects(litexa.deploy(project.context(changed)));
    aws.removeInterceptors();
    const next = project.context(changed);
    await withoutExitCode(() => litexa[ended].deploy(next, next.logger));
    assert.ok(!next.logger.lines('log').some((line) => WAITING.test(line)));
  });
}
