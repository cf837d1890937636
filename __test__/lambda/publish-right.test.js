'use strict';

// The right to publish versions: it is checked before anything is changed if the endpoint needs a version, and beside
// other calls if it does not. Also the record of a version that is yet to be published.

const assert = require('node:assert/strict');
const fs = require('node:fs');
const { test } = require('node:test');
const litexa = require('../..');
const { hintFor } = require('../support/assertions');
const { openStrictAws } = require('../support/aws/use-strict-aws');
const { createProject, BUCKET, NAMES } = require('../support/litexa/project');

const handler = (answer) => `exports.handler = async () => ${answer};\n`;
const options = (lambdaConfiguration) => ({ lambdaConfiguration });
const PUBLISHED = { endpointVersion: 'published' };

const isWrite = ({ operation, status }) =>
  status < 300 && !/^(Get|Head|List|Describe)/.test(operation);

const DENIED = {
  kind: 'refused',
  operation: 'PublishVersion',
  times: 99,
  status: 403,
  code: 'AccessDeniedException',
  message: 'User is not authorized to perform: lambda:PublishVersion',
};

const REFUSED = {
  kind: 'refused',
  operation: 'UpdateFunctionCode',
  code: 'InvalidParameterValueException',
  message: 'Unzipped size must be smaller than 262144000 bytes',
};

async function openSkill(t, { lag = 0 } = {}) {
  const aws = await openStrictAws(t, { lag });
  const project = createProject(t);
  const deploy = (answer, configuration) =>
    project.deployHandler(options(configuration), { handler: handler(answer) });
  const fail = (answer, configuration) =>
    project.failToDeployHandler(options(configuration), { handler: handler(answer) });
  const lambda = () => aws.inRegion().functions.get(NAMES.function);
  const versions = () => lambda()?.versions.map(({ Version }) => Version);
  const isPending = () =>
    fs.existsSync(project.path('.deploy', project.target, 'version.in-progress'));
  return { aws, project, deploy, fail, lambda, versions, isPending };
}

for (const [what, before, [answer, configuration]] of [
  ['a change of the configuration', [1, PUBLISHED], [1, { ...PUBLISHED, MemorySize: 512 }]],
  ['a change of the code', [1, PUBLISHED], [2, PUBLISHED]],
  ['a switch from $LATEST', [1, {}], [1, PUBLISHED]],
  ['a first deployment', undefined, [1, PUBLISHED]],
]) {
  test(`without the right, ${what} of a published endpoint changes nothing`, async (t) => {
    const { aws, fail, deploy } = await openSkill(t);
    if (before) await deploy(...before);
    aws.addFault(DENIED);
    aws.requests.length = 0;
    const { error, logger } = await fail(answer, configuration);
    assert.equal(error.code, 'ACCESS_DENIED');
    assert.match(error.message, hintFor('lambda:PublishVersion'));
    assert.deepEqual(aws.requests.filter(isWrite), []);
    assert.ok(!logger.lines('warning').some((line) => line.includes('PublishVersion')));

    aws.faults.length = 0;
    await deploy(answer, configuration);
    aws.requests.length = 0;
    await deploy(answer, configuration);
    assert.deepEqual(aws.requests.filter(isWrite), []);
  });
}

test('the check does not publish anything, whatever code the function has', async (t) => {
  const { aws, deploy, versions } = await openSkill(t);
  await deploy(1, PUBLISHED);
  await deploy(1, { ...PUBLISHED, MemorySize: 512 });
  const checks = aws.sent('PublishVersion').filter(({ status }) => status >= 300);
  assert.equal(checks.length, 2);
  assert.deepEqual(versions(), ['1', '2']);
});

test('an unchanged deployment does not check it', async (t) => {
  const { aws, deploy } = await openSkill(t);
  await deploy(1, PUBLISHED);
  aws.requests.length = 0;
  await deploy(1, PUBLISHED);
  assert.deepEqual(aws.sent('PublishVersion'), []);
  assert.deepEqual(aws.sent('ListVersionsByFunction'), []);
});

test('without the right, Lambda publishes the version with the code, as a dry run shows', async (t) => {
  const { aws, project, deploy, versions, isPending } = await openSkill(t);
  await deploy(1, {});
  aws.addFault(DENIED);
  const target = { s3Configuration: { bucketName: BUCKET } };
  const context = (more) => ({ ...project.context(target, { handler: handler(2) }), ...more });
  const dry = await litexa.deploy(context({ dryRun: true }));
  const real = context();
  const { changes } = await litexa.deploy(real, real.logger);
  assert.deepEqual(changes, dry.changes);
  for (const { description } of changes) assert.ok(real.logger.lines('log').includes(description));
  const warnings = real.logger.lines('warning').filter((line) => line.includes('PublishVersion'));
  assert.equal(warnings.length, 1);
  assert.deepEqual([versions(), isPending()], [['1', '2'], false]);
});

test('code that AWS refuses does not leave the record of a version to publish', async (t) => {
  const { aws, deploy, fail, versions, isPending } = await openSkill(t);
  await deploy(1, {});
  for (const configuration of [{}, { MemorySize: 512 }]) {
    aws.addFault({ ...REFUSED, when: ({ input }) => !input.DryRun });
    await fail(2, configuration);
    assert.equal(isPending(), false);
  }
  // The author goes back to the code that is deployed.
  await deploy(1, { MemorySize: 512 });
  assert.deepEqual(versions(), ['1']);
});

test('a creation that AWS refuses does not leave it either', async (t) => {
  const { aws, deploy, fail, versions, isPending } = await openSkill(t);
  aws.addFault({ ...REFUSED, operation: 'CreateFunction' });
  await fail(1, {});
  assert.equal(isPending(), false);
  await deploy(1, {});
  assert.deepEqual(versions(), ['1']);
});

test('a version that was not published before is still published after code was refused', async (t) => {
  const { aws, deploy, fail, versions, isPending } = await openSkill(t);
  await deploy(1, {});
  const storage = { code: 'CodeStorageExceededException', message: 'Code storage limit exceeded.' };
  const isPublication = ({ input }) => input.Description !== undefined;
  aws.addFault({ kind: 'refused', operation: 'PublishVersion', ...storage, when: isPublication });
  await fail(2, {});
  aws.addFault({ ...REFUSED, when: ({ input }) => !input.DryRun });
  await fail(3, {});
  assert.equal(isPending(), true);
  await deploy(2, {});
  assert.deepEqual([versions(), isPending()], [['1', '2'], false]);
});

test('code whose answer is lost keeps it until its version is published', async (t) => {
  const { aws, deploy, fail, versions, isPending } = await openSkill(t);
  await deploy(1, {});
  aws.addFault({ kind: 'answer-lost', operation: 'UpdateFunctionCode', times: 99 });
  await fail(2, {});
  assert.equal(isPending(), true);
  aws.faults.length = 0;
  await deploy(2, {});
  assert.deepEqual([versions(), isPending()], [['1', '2'], false]);
});
