'use strict';

// `lambdaConfiguration.endpointVersion`: an endpoint that points to published versions.

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { assertMentions, hintFor } = require('../support/assertions');
const errors = require('../support/aws/errors');
const { useAws } = require('../support/aws/use-aws');
const { createProject, NAMES } = require('../support/litexa/project');

const aws = useAws();

const handler = (answer) => `exports.handler = async () => ${answer};\n`;
const published = (lambdaConfiguration) => ({
  lambdaConfiguration: { endpointVersion: 'published', ...lambdaConfiguration },
});
const latest = { lambdaConfiguration: {} };

const target = async (name = NAMES.alias) =>
  (await aws.client.getAlias(NAMES.function, name)).FunctionVersion;

const pointTo = (FunctionVersion) =>
  aws.client.lambda(`${NAMES.function}/aliases/${NAMES.alias}`, {
    method: 'PUT',
    input: { FunctionVersion },
  });

const versions = async () =>
  (await aws.client.lambda(`${NAMES.function}/versions`)).Versions.map(({ Version }) => Version);

/** Returns the configuration that callers of the endpoint get. */
const live = () => aws.client.lambda(`${NAMES.function}/configuration?Qualifier=${NAMES.alias}`);

test('the endpoint points to the version that was published, and LIVE to $LATEST', async (t) => {
  const project = createProject(t);
  await project.deployHandler(published());
  assert.deepEqual([await target(), await target('LIVE')], ['1', '$LATEST']);
  const { logger } = await project.deployHandler(published(), { handler: handler(2) });
  assert.deepEqual([await target(), await target('LIVE')], ['2', '$LATEST']);
  assert.ok(logger.lines('log').some((line) => line.endsWith(': version 1 -> version 2')));
  const { Statement } = await aws.client.getPolicy(NAMES.function, NAMES.alias);
  assert.equal(Statement.length, 1);
});

test('configuration and code change together for callers: the alias is changed last', async (t) => {
  const project = createProject(t);
  await project.deployHandler(published());
  aws.clearRequests();
  await project.deployHandler(published({ MemorySize: 512 }), { handler: handler(2) });
  const writes = aws.writes().filter((operation) => operation !== 'lambda:PublishVersion');
  assert.deepEqual(writes, [
    'lambda:UpdateFunctionConfiguration',
    'lambda:UpdateFunctionCode',
    'lambda:UpdateAlias',
  ]);
  assert.equal(aws.sent('UpdateAlias')[0].FunctionVersion, '2');
  assert.equal((await live()).MemorySize, 512);
});

test('a change of the configuration alone is published, too', async (t) => {
  const project = createProject(t);
  await project.deployHandler(published());
  await project.deployHandler(published({ Timeout: 7 }));
  assert.equal(await target(), '2');
  assert.equal((await live()).Timeout, 7);
});

test('an unchanged deployment changes nothing', async (t) => {
  const project = createProject(t);
  await project.deployHandler(published());
  aws.clearRequests();
  const { logger } = await project.deployHandler(published());
  assert.deepEqual(aws.writes(), []);
  assert.ok(!logger.lines('warning').some((line) => line.includes('roll')));
});

test('a version that cannot be published leaves the old one live, and is published by the next deployment', async (t) => {
  const project = createProject(t);
  await project.deployHandler(published());
  const before = await live();
  for (const [options, overrides] of [
    [published({ MemorySize: 512 }), {}],
    [published({ MemorySize: 1024 }), { handler: handler(2) }],
  ]) {
    const refusal = errors.jsonError(
      400,
      'CodeStorageExceededException',
      'Code storage limit exceeded.',
    );
    const restore = aws.answer('PublishVersion', refusal);
    await project.failToDeployHandler(options, overrides);
    restore();
    assert.equal((await live()).CodeSha256, before.CodeSha256);
    assert.equal((await live()).MemorySize, before.MemorySize);
  }
  await project.deployHandler(published({ MemorySize: 1024 }), { handler: handler(2) });
  assert.equal((await live()).MemorySize, 1024);
});

test('without the right to publish, nothing is changed, and the error names it', async (t) => {
  const project = createProject(t);
  await project.deployHandler(published());
  aws.answer('PublishVersion', errors.accessDenied('lambda:PublishVersion'));
  aws.clearRequests();
  const { error } = await project.failToDeployHandler(published(), { handler: handler(2) });
  assert.match(error.message, hintFor('lambda:PublishVersion'));
  assert.ok(!aws.writes().includes('lambda:UpdateFunctionCode'));
  assert.equal(await target(), '1');
});

test('a version that was published before the alias could be changed goes live', async (t) => {
  const project = createProject(t);
  await project.deployHandler(published());
  const restore = aws.answer('UpdateAlias', errors.accessDenied('lambda:UpdateAlias'));
  await project.failToDeployHandler(published({ Timeout: 7 }));
  restore();
  assert.equal(await target(), '1');
  const clone = createProject(t);
  await clone.deployHandler(published({ Timeout: 7 }));
  assert.equal(await target(), '2');
  assert.deepEqual(await versions(), ['$LATEST', '1', '2']);
});

test('a roll-back stays while there is no other code', async (t) => {
  const project = createProject(t);
  await project.deployHandler(published());
  await project.deployHandler(published(), { handler: handler(2) });
  await pointTo('1');
  const { logger } = await project.deployHandler(published({ Timeout: 7 }), {
    handler: handler(2),
  });
  assert.equal(await target(), '1');
  const [warning] = logger.lines('warning').filter((line) => line.includes('stays rolled back'));
  assertMentions(warning, 'configuration is not live', 'rollback --undo');
  await project.deployHandler(published({ Timeout: 7 }), { handler: handler(3) });
  assert.equal(await target(), '3');
});

test('the endpoint can be switched to published versions and back', async (t) => {
  const project = createProject(t);
  await project.deployHandler(latest);
  await project.deployHandler(published());
  assert.equal(await target(), '1');
  const { logger } = await project.deployHandler(latest);
  assert.equal(await target(), '$LATEST');
  assert.ok(!logger.lines('warning').some((line) => line.includes('roll')));
});

test('keepVersions keeps the version that the endpoint points to', async (t) => {
  const project = createProject(t);
  for (const answer of [1, 2, 3]) {
    await project.deployHandler(published({ keepVersions: 0 }), { handler: handler(answer) });
  }
  assert.deepEqual(await versions(), ['$LATEST', '3']);
  assert.equal(await target(), '3');
});

/** Answers the next reads of a version with other states, as while Lambda makes a snapshot of it. */
function answerStates(version, states) {
  const left = [...states];
  const reads = [];
  aws.intercept(async ({ operation, path }) => {
    const isRead = operation === 'GetFunctionConfiguration' && path.endsWith(`=${version}`);
    if (!isRead) return undefined;
    reads.push(aws.count('UpdateAlias'));
    const { State, ...configuration } = await aws.client.lambda(
      `${NAMES.function}/configuration?Qualifier=${version}`,
    );
    const body = JSON.stringify({ ...configuration, State: left.shift() ?? State });
    return { status: 200, headers: { 'content-type': 'application/json' }, body };
  });
  return reads;
}

test('the endpoint gets a version only when that can be invoked', async (t) => {
  const project = createProject(t);
  await project.deployHandler(published());
  aws.clearRequests();
  const reads = answerStates('2', ['Pending', 'Pending']);
  await project.deployHandler(published(), { handler: handler(2) });
  assert.deepEqual(reads, [0, 0, 0]);
  assert.equal(await target(), '2');
});

test('a version that Lambda cannot make ready leaves the old one live', async (t) => {
  const project = createProject(t);
  await project.deployHandler(published());
  answerStates('2', ['Pending', 'Failed']);
  const { error } = await project.failToDeployHandler(published(), { handler: handler(2) });
  assert.equal(error.code, 'RESOURCE_NOT_READY');
  assert.equal(await target(), '1');
});
