'use strict';

// The function: made, changed where it differs, and waited for as AWS wants it.

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { assertMentions } = require('../support/assertions');
const words = require('../support/aws/errors');
const { useCloud, temporarySkill, NAMES } = require('../support/litexa/skill');

const cloud = useCloud();

/** The function as it is, but in another state. */
async function inState(changes) {
  const found = await cloud.aws.getFunction(NAMES.function);
  if (!found) return undefined;
  return { status: 200, body: JSON.stringify({ ...found.Configuration, ...changes }) };
}

const configuration = async () => (await cloud.aws.getFunction(NAMES.function)).Configuration;

const changeByHand = (input) =>
  cloud.aws.lambda(`${NAMES.function}/configuration`, { method: 'PUT', input });

test('a new function is waited for until it is active', async (t) => {
  cloud.answer('GetFunctionConfiguration', () => inState({ State: 'Pending' }), { times: 4 });
  await temporarySkill(t).deploy();

  const asked = cloud.proxy.requests.map(({ operation }) => operation);
  const meanwhile = asked.slice(asked.indexOf('CreateFunction') + 1, asked.indexOf('CreateAlias'));
  assert.ok(meanwhile.length > 4);
  assert.deepEqual([...new Set(meanwhile)], ['GetFunctionConfiguration']);
});

test('a function that AWS cannot make is an error with the reason', async (t) => {
  const StateReason = 'The subnet ID subnet-0123 does not exist';
  cloud.answer('GetFunctionConfiguration', () => inState({ State: 'Failed', StateReason }));
  const { error } = await temporarySkill(t).refused();

  assert.equal(error.code, 'RESOURCE_NOT_READY');
  assert.match(error.message, /subnet-0123 does not exist/);
  assert.equal(cloud.count('CreateAlias'), 0);
});

test('a change that AWS gives up is an error with the reason', async (t) => {
  const skill = temporarySkill(t);
  await skill.deploy();
  const LastUpdateStatusReason = 'The security group sg-0123 does not exist';
  const failed = { LastUpdateStatus: 'Failed', LastUpdateStatusReason };
  cloud.answer('GetFunctionConfiguration', () =>
    cloud.count('UpdateFunctionConfiguration') > 0 ? inState(failed) : undefined,
  );
  const { error } = await skill.refused({ lambdaConfiguration: { MemorySize: 512 } });

  assert.equal(error.code, 'RESOURCE_NOT_READY');
  assert.match(error.message, /sg-0123 does not exist/);
});

for (const [what, state] of [
  ['could not be made', { State: 'Failed', StateReason: 'it is broken' }],
  ['could not be changed', { LastUpdateStatus: 'Failed', LastUpdateStatusReason: 'it is broken' }],
]) {
  test(`a function that ${what} last time is not passed over in silence`, async (t) => {
    const skill = temporarySkill(t);
    await skill.deploy();
    cloud.answer('GetFunctionConfiguration', () => inState(state));

    const { error } = await skill.refused();
    assert.equal(error.code, 'RESOURCE_NOT_READY');
    assert.match(error.message, /it is broken/);
  });
}

test('an idle function is fine', async (t) => {
  const skill = temporarySkill(t);
  await skill.deploy();
  cloud.answer('GetFunctionConfiguration', () =>
    inState({ State: 'Inactive', StateReasonCode: 'Idle' }),
  );
  await skill.deploy({ lambdaConfiguration: { MemorySize: 512 } });
  assert.equal((await configuration()).MemorySize, 512);
});

test('changes wait while Lambda is busy with another, and say so once', async (t) => {
  const skill = temporarySkill(t);
  await skill.deploy();
  cloud.answer('UpdateFunctionConfiguration', words.busy(NAMES.functionArn), { times: 2 });
  cloud.answer('UpdateFunctionCode', words.pending(), { times: 2 });
  const { logger } = await skill.deploy(
    { lambdaConfiguration: { MemorySize: 512 } },
    { handler: 'exports.handler = (event, context, callback) => callback(null, 2);\n' },
  );

  assert.equal(cloud.count('UpdateFunctionConfiguration'), 3);
  assert.equal(cloud.count('UpdateFunctionCode'), 3);
  assert.equal((await configuration()).MemorySize, 512);
  assert.equal(logger.lines().filter((line) => /\bwaiting\b/.test(line)).length, 2);
});

test('a new role that Lambda does not know yet is tried again', async (t) => {
  cloud.answer('CreateFunction', words.notAssumable(), { times: 3 });
  const { logger } = await temporarySkill(t).deploy();

  assert.equal(cloud.count('CreateFunction'), 4);
  assert.ok(await cloud.aws.getFunction(NAMES.function));
  assert.ok(logger.lines('log').some((line) => /\bwaiting\b.*\brole\b/.test(line)));
});

test("users' permissions do not include GetFunction, so it is never called", async (t) => {
  const skill = temporarySkill(t);
  await skill.deploy();
  await skill.deploy({ lambdaConfiguration: { Timeout: 5, keepVersions: 1 } });
  assert.equal(cloud.count('GetFunction'), 0);
});

test('a runtime that AWS refuses is named, in one line, with a warning before', async (t) => {
  cloud.answer('CreateFunction', words.runtimeRefused('nodejs14.x'));
  const { error, logger } = await temporarySkill(t).refused({
    lambdaConfiguration: { Runtime: 'nodejs14.x' },
  });

  assert.equal(error.code, 'AWS_REQUEST_REJECTED');
  assert.match(
    String(error),
    /^Error: .*cats_beta_litexa_handler.*nodejs14\.x is no longer supported.*$/,
  );
  assert.ok(logger.lines('warning').some((line) => /nodejs14\.x.*2024-01-09/.test(line)));
});

test('a function deleted behind our back is made again, with all that belongs to it', async (t) => {
  const skill = temporarySkill(t);
  await skill.deploy();
  await cloud.aws.lambda(NAMES.function, { method: 'DELETE' });
  await skill.deploy();

  assert.equal((await configuration()).Handler, 'index.handler');
  for (const alias of [NAMES.alias, 'LIVE']) {
    assert.equal((await cloud.aws.getAlias(NAMES.function, alias)).FunctionVersion, '$LATEST');
  }
  assert.equal((await cloud.aws.getPolicy(NAMES.function, NAMES.alias)).Statement.length, 1);
});

test('a configuration changed behind our back is brought back', async (t) => {
  const skill = temporarySkill(t);
  await skill.deploy();
  await changeByHand({ Timeout: 3, Handler: 'other.handler' });
  const { logger } = await skill.deploy();

  const { Timeout, Handler } = await configuration();
  assert.deepEqual({ Timeout, Handler }, { Timeout: 10, Handler: 'index.handler' });
  const line = logger.lines('log').find((line) => line.includes('configuration'));
  assertMentions(line, NAMES.function, /\bHandler\b/, /\bTimeout\b/);
  assert.doesNotMatch(line, /Runtime|MemorySize|Environment|Role/);
});

test('a change of the configuration sends no code, and a change of the code no configuration', async (t) => {
  const skill = temporarySkill(t);
  await skill.deploy();
  cloud.proxy.clear();
  await skill.deploy({ lambdaConfiguration: { Environment: { Variables: { tone: 'kind' } } } });
  assert.deepEqual(cloud.proxy.writes(), ['lambda:UpdateFunctionConfiguration']);

  cloud.proxy.clear();
  const options = { lambdaConfiguration: { Environment: { Variables: { tone: 'kind' } } } };
  await skill.deploy(options, { handler: 'exports.handler = async () => 2;\n' });
  assert.deepEqual(cloud.proxy.writes(), ['lambda:UpdateFunctionCode']);
});

test('lambdaConfiguration is merged with the defaults, variables one by one', async (t) => {
  await temporarySkill(t).deploy({
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

test('a variable set by hand stays until the configuration changes, and then goes with a warning', async (t) => {
  const skill = temporarySkill(t);
  await skill.deploy();
  const { Variables } = (await configuration()).Environment;
  await changeByHand({ Environment: { Variables: { ...Variables, byHand: 'yes' } } });

  await skill.deploy();
  assert.equal((await configuration()).Environment.Variables.byHand, 'yes');

  const { logger } = await skill.deploy({
    lambdaConfiguration: { Environment: { Variables: { tone: 'kind' } } },
  });
  const after = (await configuration()).Environment.Variables;
  assert.equal(after.byHand, undefined);
  assert.equal(after.tone, 'kind');
  assert.ok(logger.lines('warning').some((line) => line.includes('byHand')));
});

test('variables are named, and their values, which may be secrets, are not', async (t) => {
  const skill = temporarySkill(t);
  await skill.deploy();
  const { logger } = await skill.deploy({
    lambdaConfiguration: { Environment: { Variables: { apiKey: 'hush-hush' } } },
  });
  assert.match(logger.lines().join('\n'), /Environment\.Variables\.apiKey/);
  assert.doesNotMatch(logger.lines().join('\n'), /hush-hush/);
});

for (const cache of [undefined, false]) {
  test(`a second deployment writes nothing, ${cache === false ? 'without' : 'with'} cache`, async (t) => {
    const skill = temporarySkill(t);
    const options = { lambdaConfiguration: { TracingConfig: { Mode: 'Active' }, Layers: [] } };
    await skill.deploy(options);
    cloud.proxy.clear();
    const { artifacts } = await skill.deploy(options, { cache });

    assert.deepEqual(cloud.proxy.writes(), []);
    assert.deepEqual(artifacts.saves, []);
    assert.ok(cloud.count('GetFunctionConfiguration') > 0);
  });
}

test('published versions stay, unless it is said how many', async (t) => {
  const skill = temporarySkill(t);
  const versions = async () => {
    const found = await cloud.aws.lambda(`${NAMES.function}/versions`);
    return found.Versions.map(({ Version }) => Version).filter((version) => version !== '$LATEST');
  };
  const deploy = (number, options) =>
    skill.deploy(options, { handler: `exports.handler = async () => ${number};\n` });
  for (const number of [1, 2, 3, 4]) await deploy(number);
  assert.deepEqual(await versions(), ['1', '2', '3', '4']);

  const input = { FunctionVersion: '2' };
  await cloud.aws.lambda(`${NAMES.function}/aliases/LIVE`, { method: 'PUT', input });
  await deploy(5, { lambdaConfiguration: { keepVersions: 2 } });
  assert.deepEqual(await versions(), ['2', '4', '5']);
});
