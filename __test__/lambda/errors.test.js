'use strict';

// What goes wrong, and what then has been changed: nothing where it could have been known before,
// and nothing that the next deployment does not finish.

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { assertMentions, hintFor } = require('../support/assertions');
const litexa = require('../..');
const words = require('../support/aws/errors');
const { useCloud, temporarySkill, NAMES } = require('../support/litexa/skill');

const cloud = useCloud();

const WRONG_OPTIONS = [
  [{ lambdaConfiguration: { MemorySiez: 256 } }, /MemorySiez.*\bMemorySize\b/],
  [{ lambdaConfiguration: { MemorySize: '256' } }, /lambdaConfiguration\.MemorySize/],
  [{ lambdaConfiguration: { Environment: 'x' } }, /lambdaConfiguration\.Environment\b/],
  [
    { lambdaConfiguration: { Environment: { Variables: [] } } },
    /lambdaConfiguration\.Environment\.Variables/,
  ],
  [{ lambdaConfiguration: { Environment: { Variables: { '1a': 'x' } } } }, /Variables\.1a/],
  [{ lambdaConfiguration: { Environment: { Variables: { AWS_REGION: 'x' } } } }, /AWS_REGION/],
  [
    { lambdaConfiguration: { Environment: { Variables: { long: 'x'.repeat(4096) } } } },
    /Environment\.Variables.*\d{4} bytes/,
  ],
  [{ lambdaConfiguration: { VpcConfig: { SubnetId: 's' } } }, /VpcConfig\.SubnetId/],
  [{ lambdaConfiguration: { keepVersions: -1 } }, /keepVersions/],
  [{ lambdaConfiguration: 7 }, /lambdaConfiguration.*object/],
  [{ iamConfiguration: { role: 'mine' } }, /iamConfiguration\.role.*shared.*dedicated/],
  [{ iamConfiguration: { policies: ['arn:aws:iam::aws:policy/A'] } }, /iamConfiguration\.policies/],
  [
    { dynamoDbConfiguration: { billingMode: 'FREE' } },
    /dynamoDbConfiguration\.billingMode.*PAY_PER_REQUEST/,
  ],
  [{ dynamoDbConfiguration: { timeToLive: { enable: true } } }, /timeToLive\.AttributeName/],
  [{ awsRegion: 'virginia' }, /awsRegion.*virginia/],
];

for (const [options, message] of WRONG_OPTIONS) {
  const [key] = Object.keys(options);
  test(`wrong options are named before AWS is asked anything: ${key}, ${message}`, async (t) => {
    const { error } = await temporarySkill(t).refused(options);
    assert.equal(error.code, 'INVALID_OPTION');
    assert.match(error.message, message);
    assert.deepEqual(cloud.proxy.requests, []);
  });
}

test('a name that Lambda would refuse is refused before AWS is asked anything', async (t) => {
  const names = [{ name: 'c'.repeat(45) }, { target: 't'.repeat(60) }, { name: 'cat food' }];
  for (const name of names) {
    const { error } = await temporarySkill(t, name).refused();
    assert.equal(error.code, 'INVALID_NAME');
    assert.deepEqual(cloud.proxy.requests, []);
  }
});

test('dependencies that are not installed stop the deployment before anything is changed', async (t) => {
  const skill = temporarySkill(t);
  skill.write('litexa/package.json', JSON.stringify({ dependencies: { ms: '2.1.3' } }));
  const { error } = await skill.refused();

  assert.equal(error.code, 'INVALID_PACKAGE');
  assertMentions(error.message, 'npm install', 'litexa');
  assert.deepEqual(cloud.proxy.writes(), []);
});

test('a package.json without dependencies needs no node_modules', async (t) => {
  const skill = temporarySkill(t);
  skill.write('litexa/package.json', '{"name": "cats"}');
  await skill.deploy();
  assert.ok(await cloud.aws.getFunction(NAMES.function));
});

test('what toLambda throws comes out as it is, with its location', async (t) => {
  const compileError = Object.assign(new Error('unexpected state'), {
    location: { source: 'main.litexa', start: { line: 3 } },
  });
  const handler = () => {
    throw compileError;
  };
  const { error } = await temporarySkill(t).refused({}, { handler });

  assert.equal(error, compileError);
  assert.equal(error.location.source, 'main.litexa');
  assert.deepEqual(cloud.proxy.requests, []);
});

test('what a logger throws comes out, after the deployment has been finished', async (t) => {
  const context = temporarySkill(t).context();
  const broken = new Error('no more paper');
  context.logger.log = () => {
    throw broken;
  };
  await assert.rejects(litexa.lambda.deploy(context, context.logger), (error) => error === broken);
  assert.ok(await cloud.aws.getAlias(NAMES.function, NAMES.alias));
});

test('what artifacts throw comes out, after the deployment has been finished', async (t) => {
  const context = temporarySkill(t).context();
  const broken = new Error('artifacts.json is read-only');
  context.artifacts.save = () => {
    throw broken;
  };
  await assert.rejects(litexa.lambda.deploy(context, context.logger), (error) => error === broken);
  assert.ok(await cloud.aws.getAlias(NAMES.function, NAMES.alias));
});

test('a deployment that lost its connection half-way is finished by the next one', async (t) => {
  const skill = temporarySkill(t);
  let isDown = true;
  cloud.answer('CreateAlias', () => (isDown ? { destroy: true } : undefined));
  const { error } = await skill.refused();
  assert.equal(error.code, 'AWS_UNAVAILABLE');
  assertMentions(error.message, 'alias', NAMES.function);

  isDown = false;
  const { artifacts } = await skill.deploy();
  assert.equal(artifacts.get('lambdaARN'), `${NAMES.functionArn}:release-0`);
  await assertComplete(skill);
});

const STEPS = [
  'CreateRole',
  'AttachRolePolicy',
  'CreateTable',
  'CreateLogGroup',
  'PutRetentionPolicy',
  'CreateFunction',
  'CreateAlias',
  'AddPermission',
];
// Without this right the log group keeps everything, and the deployment goes on.
const TOLERATED = 'PutRetentionPolicy';
for (const step of STEPS.filter((step) => step !== TOLERATED)) {
  test(`a deployment that died at ${step} is finished by the next one`, async (t) => {
    const skill = temporarySkill(t);
    cloud.answer(step, words.denied(step), { times: 1 });
    const { error } = await skill.refused();
    assert.equal(error.code, 'ACCESS_DENIED');
    assert.match(error.message, hintFor(`[a-z0-9]+:${step}`));

    await skill.deploy();
    await assertComplete(skill);
  });
}

test('answers that got lost on the way do no harm', async (t) => {
  const skill = temporarySkill(t);
  for (const step of STEPS) cloud.loseAnswer(step);
  await skill.deploy();
  await assertComplete(skill);
});

test('a busy AWS is asked again', async (t) => {
  cloud.answer('CreateFunction', words.throttled(), { times: 2 });
  cloud.answer('GetFunctionConfiguration', words.throttled(), { times: 1 });
  const skill = temporarySkill(t);
  await skill.deploy();
  await assertComplete(skill);
});

/** Everything that a deployment makes is there, and nothing is left to do. */
async function assertComplete(skill) {
  const { aws } = cloud;
  assert.equal((await aws.listAttachedRolePolicies(NAMES.role)).length, 3);
  assert.equal((await aws.describeTable(NAMES.table)).TableStatus, 'ACTIVE');
  const [group] = await aws.describeLogGroups(NAMES.logGroup);
  assert.equal(group.retentionInDays, 30);
  for (const alias of [NAMES.alias, 'LIVE']) {
    assert.equal((await aws.getAlias(NAMES.function, alias)).FunctionVersion, '$LATEST');
  }
  assert.equal((await aws.getPolicy(NAMES.function, NAMES.alias)).Statement.length, 1);

  cloud.proxy.clear();
  await skill.deploy();
  assert.deepEqual(cloud.proxy.writes(), []);
}
