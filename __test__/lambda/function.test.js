'use strict';

// The function: created, updated if it differs, and polled until it is ready.

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { assertMentions } = require('../support/assertions');
const errors = require('../support/aws/errors');
const { useAws } = require('../support/aws/use-aws');
const { createProject, NAMES } = require('../support/litexa/project');

const aws = useAws();

/** Returns a response with the function in another state. */
async function withState(changes) {
  const found = await aws.client.getFunction(NAMES.function);
  if (!found) return undefined;
  return { status: 200, body: JSON.stringify({ ...found.Configuration, ...changes }) };
}

const configuration = async () => (await aws.client.getFunction(NAMES.function)).Configuration;

const changeOutOfBand = (input) =>
  aws.client.lambda(`${NAMES.function}/configuration`, { method: 'PUT', input });

test('the deployment waits until a new function is active', async (t) => {
  aws.answer('GetFunctionConfiguration', () => withState({ State: 'Pending' }), { times: 4 });
  await createProject(t).deployHandler();

  const operations = aws.requests().map(({ operation }) => operation);
  const [start, end] = ['CreateFunction', 'CreateAlias'].map((one) => operations.indexOf(one));
  const waiting = operations.slice(start + 1, end);
  assert.ok(waiting.length > 4);
  assert.deepEqual([...new Set(waiting)], ['GetFunctionConfiguration']);
});

test('the error for a function that AWS fails to create has the reason', async (t) => {
  const StateReason = 'The subnet ID subnet-0123 does not exist';
  aws.answer('GetFunctionConfiguration', () => withState({ State: 'Failed', StateReason }));
  const { error } = await createProject(t).failToDeployHandler();

  assert.equal(error.code, 'RESOURCE_NOT_READY');
  assert.match(error.message, /subnet-0123 does not exist/);
  assert.equal(aws.count('CreateAlias'), 0);
});

test('the error for an update that AWS fails to make has the reason', async (t) => {
  const project = createProject(t);
  await project.deployHandler();
  const LastUpdateStatusReason = 'The security group sg-0123 does not exist';
  const failed = { LastUpdateStatus: 'Failed', LastUpdateStatusReason };
  aws.answer('GetFunctionConfiguration', () =>
    aws.count('UpdateFunctionConfiguration') > 0 ? withState(failed) : undefined,
  );
  const { error } = await project.failToDeployHandler({ lambdaConfiguration: { MemorySize: 512 } });

  assert.equal(error.code, 'RESOURCE_NOT_READY');
  assert.match(error.message, /sg-0123 does not exist/);
});

for (const [what, state] of [
  ['failed to be created', { State: 'Failed', StateReason: 'it is broken' }],
  ['failed to be updated', { LastUpdateStatus: 'Failed', LastUpdateStatusReason: 'it is broken' }],
]) {
  test(`a function that ${what} before this deployment is an error`, async (t) => {
    const project = createProject(t);
    await project.deployHandler();
    aws.answer('GetFunctionConfiguration', () => withState(state));

    const { error } = await project.failToDeployHandler();
    assert.equal(error.code, 'RESOURCE_NOT_READY');
    assert.match(error.message, /it is broken/);
  });
}

test('an inactive function is updated', async (t) => {
  const project = createProject(t);
  await project.deployHandler();
  aws.answer('GetFunctionConfiguration', () =>
    withState({ State: 'Inactive', StateReasonCode: 'Idle' }),
  );
  await project.deployHandler({ lambdaConfiguration: { MemorySize: 512 } });
  assert.equal((await configuration()).MemorySize, 512);
});

test('updates are retried while another one is in progress, which is logged once each', async (t) => {
  const project = createProject(t);
  await project.deployHandler();
  aws.answer('UpdateFunctionConfiguration', errors.updateInProgress(NAMES.functionArn), {
    times: 2,
  });
  aws.answer('UpdateFunctionCode', errors.functionPending(), { times: 2 });
  const { logger } = await project.deployHandler(
    { lambdaConfiguration: { MemorySize: 512 } },
    { handler: 'exports.handler = (event, context, callback) => callback(null, 2);\n' },
  );

  assert.equal(aws.count('UpdateFunctionConfiguration'), 3);
  assert.equal(aws.count('UpdateFunctionCode'), 3);
  assert.equal((await configuration()).MemorySize, 512);
  assert.equal(logger.lines().filter((line) => /\bwaiting\b/.test(line)).length, 2);
});

test('the creation of a function is retried until Lambda knows its new role', async (t) => {
  aws.answer('CreateFunction', errors.roleNotAssumable(), { times: 3 });
  const { logger } = await createProject(t).deployHandler();

  assert.equal(aws.count('CreateFunction'), 4);
  assert.ok(await aws.client.getFunction(NAMES.function));
  assert.ok(logger.lines('log').some((line) => /\bwaiting\b.*\brole\b/.test(line)));
});

test('GetFunction is never called, since the documented policy does not allow it', async (t) => {
  const project = createProject(t);
  await project.deployHandler();
  await project.deployHandler({ lambdaConfiguration: { Timeout: 5, keepVersions: 1 } });
  assert.equal(aws.count('GetFunction'), 0);
});

test('the error for an unsupported runtime names it in one line, after a warning', async (t) => {
  aws.answer('CreateFunction', errors.runtimeUnsupported('nodejs14.x'));
  const { error, logger } = await createProject(t).failToDeployHandler({
    lambdaConfiguration: { Runtime: 'nodejs14.x' },
  });

  assert.equal(error.code, 'AWS_REQUEST_REJECTED');
  assert.match(
    String(error),
    /^Error: .*cats_beta_litexa_handler.*nodejs14\.x is no longer supported.*$/,
  );
  assert.ok(logger.lines('warning').some((line) => /nodejs14\.x.*2024-01-09/.test(line)));
});

test('a function that was deleted out of band is created again, with aliases and permissions', async (t) => {
  const project = createProject(t);
  await project.deployHandler();
  await aws.client.lambda(NAMES.function, { method: 'DELETE' });
  await project.deployHandler();

  assert.equal((await configuration()).Handler, 'index.handler');
  for (const alias of [NAMES.alias, 'LIVE']) {
    assert.equal((await aws.client.getAlias(NAMES.function, alias)).FunctionVersion, '$LATEST');
  }
  assert.equal((await aws.client.getPolicy(NAMES.function, NAMES.alias)).Statement.length, 1);
});

test('a configuration that was changed out of band is restored', async (t) => {
  const project = createProject(t);
  await project.deployHandler();
  await changeOutOfBand({ Timeout: 3, Handler: 'other.handler' });
  const { logger } = await project.deployHandler();

  const { Timeout, Handler } = await configuration();
  assert.deepEqual({ Timeout, Handler }, { Timeout: 10, Handler: 'index.handler' });
  const line = logger.lines('log').find((line) => line.includes('configuration'));
  assertMentions(line, NAMES.function, /\bHandler\b/, /\bTimeout\b/);
  assert.doesNotMatch(line, /Runtime|MemorySize|Environment|Role/);
});

test('only the part that differs is updated: configuration or code', async (t) => {
  const project = createProject(t);
  await project.deployHandler();
  aws.clearRequests();
  await project.deployHandler({
    lambdaConfiguration: { Environment: { Variables: { tone: 'kind' } } },
  });
  assert.deepEqual(aws.writes(), ['lambda:UpdateFunctionConfiguration']);

  aws.clearRequests();
  const options = { lambdaConfiguration: { Environment: { Variables: { tone: 'kind' } } } };
  await project.deployHandler(options, { handler: 'exports.handler = async () => 2;\n' });
  assert.deepEqual(aws.writes(), ['lambda:UpdateFunctionCode']);
});

test('lambdaConfiguration is merged with the defaults, variable by variable', async (t) => {
  await createProject(t).deployHandler({
    lambdaConfiguration: {
      MemorySize: 1024,
      Runtime: 'nodejs22.x',
      TracingConfig: { Mode: 'Active' },
      Environment: { Variables: { loggingLevel: 'verbose', retries: 3, strict: true } },
    },
  });

  const { MemorySize, Runtime, Timeout, TracingConfig, Environment } = await configuration();
  assert.deepEqual(
    { MemorySize, Runtime, Timeout, TracingConfig },
    { MemorySize: 1024, Runtime: 'nodejs22.x', Timeout: 10, TracingConfig: { Mode: 'Active' } },
  );
  assert.deepEqual(Environment.Variables, {
    variant: 'beta',
    loggingLevel: 'verbose',
    dynamoTableName: NAMES.table,
    retries: '3',
    strict: 'true',
  });
});

test('a variable that was set out of band stays until the configuration changes, and is removed with a warning', async (t) => {
  const project = createProject(t);
  await project.deployHandler();
  const { Variables } = (await configuration()).Environment;
  await changeOutOfBand({ Environment: { Variables: { ...Variables, outOfBand: 'yes' } } });

  await project.deployHandler();
  assert.equal((await configuration()).Environment.Variables.outOfBand, 'yes');

  const { logger } = await project.deployHandler({
    lambdaConfiguration: { Environment: { Variables: { tone: 'kind' } } },
  });
  const after = (await configuration()).Environment.Variables;
  assert.equal(after.outOfBand, undefined);
  assert.equal(after.tone, 'kind');
  assert.ok(logger.lines('warning').some((line) => line.includes('outOfBand')));
});

test('log lines name changed variables, but not their values, which may be secrets', async (t) => {
  const project = createProject(t);
  await project.deployHandler();
  const { logger } = await project.deployHandler({
    lambdaConfiguration: { Environment: { Variables: { apiKey: 'hush-hush' } } },
  });
  assert.match(logger.lines().join('\n'), /Environment\.Variables\.apiKey/);
  assert.doesNotMatch(logger.lines().join('\n'), /hush-hush/);
});

for (const cache of [undefined, false]) {
  test(`a second deployment writes nothing, ${cache === false ? 'without' : 'with'} cache`, async (t) => {
    const project = createProject(t);
    const options = { lambdaConfiguration: { TracingConfig: { Mode: 'Active' }, Layers: [] } };
    await project.deployHandler(options);
    aws.clearRequests();
    const { artifacts } = await project.deployHandler(options, { cache });

    assert.deepEqual(aws.writes(), []);
    assert.deepEqual(artifacts.saves, []);
    assert.ok(aws.count('GetFunctionConfiguration') > 0);
  });
}

test('published versions stay, unless keepVersions limits them', async (t) => {
  const project = createProject(t);
  const versions = async () => {
    const found = await aws.client.lambda(`${NAMES.function}/versions`);
    return found.Versions.map(({ Version }) => Version).filter((version) => version !== '$LATEST');
  };
  const deploy = (number, options) =>
    project.deployHandler(options, { handler: `exports.handler = async () => ${number};\n` });
  for (const number of [1, 2, 3, 4]) await deploy(number);
  assert.deepEqual(await versions(), ['1', '2', '3', '4']);

  const input = { FunctionVersion: '2' };
  await aws.client.lambda(`${NAMES.function}/aliases/LIVE`, { method: 'PUT', input });
  await deploy(5, { lambdaConfiguration: { keepVersions: 2 } });
  assert.deepEqual(await versions(), ['2', '4', '5']);
});
