'use strict';

// Failures: those that can be detected before change nothing, and the next deployment finishes all
// others.

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { assertMentions, hintFor } = require('../support/assertions');
const litexa = require('../..');
const { outcomeOf } = require('../support/exit-code');
const errors = require('../support/aws/errors');
const { useAws } = require('../support/aws/use-aws');
const { openStrictAws } = require('../support/aws/use-strict-aws');
const { createProject, NAMES } = require('../support/litexa/project');

const aws = useAws();

const INVALID_OPTIONS = [
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
  [
    { lambdaConfiguration: { endpointVersion: 'newest' } },
    /endpointVersion.*"latest".*"published"/,
  ],
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

for (const [options, message] of INVALID_OPTIONS) {
  const [key] = Object.keys(options);
  test(`the error for an invalid option names it, before any request: ${key}, ${message}`, async (t) => {
    const { error } = await createProject(t).failToDeployHandler(options);
    assert.equal(error.code, 'INVALID_OPTION');
    assert.match(error.message, message);
    assert.deepEqual(aws.requests(), []);
  });
}

test('a function name that Lambda would reject is an error before any request', async (t) => {
  const names = [{ name: 'c'.repeat(45) }, { target: 't'.repeat(60) }, { name: 'cat food' }];
  for (const name of names) {
    const { error } = await createProject(t, name).failToDeployHandler();
    assert.equal(error.code, 'INVALID_NAME');
    assert.deepEqual(aws.requests(), []);
  }
});

test('dependencies that are not installed are an error before any change', async (t) => {
  const project = createProject(t);
  project.write('litexa/package.json', JSON.stringify({ dependencies: { ms: '2.1.3' } }));
  const { error } = await project.failToDeployHandler();

  assert.equal(error.code, 'INVALID_PACKAGE');
  assertMentions(error.message, 'npm install', 'litexa');
  assert.deepEqual(aws.writes(), []);
});

test('a handler that the package does not have is an error before any change', async (t) => {
  const project = createProject(t);
  const withHandler = (Handler) => ({ lambdaConfiguration: { Handler } });
  const { error } = await project.failToDeployHandler(withHandler('main.handler'));

  assert.equal(error.code, 'INVALID_OPTION');
  assertMentions(error.message, 'lambdaConfiguration.Handler', 'main.js', 'index.handler');
  assert.deepEqual(aws.writes(), []);

  await project.deployHandler(withHandler('skill.handler'));
  const { Configuration } = await aws.client.getFunction(NAMES.function);
  assert.equal(Configuration.Handler, 'skill.handler');
});

test('a handler in a layer that was attached by hand is kept, but not without layers', async (t) => {
  const strict = await openStrictAws(t, { lag: 0 });
  const project = createProject(t);
  await project.deployHandler();
  const Layers = ['arn:aws:lambda:us-east-1:123456789012:layer:wrapper:1'];
  await strict.client.lambda(`${NAMES.function}/configuration`, {
    method: 'PUT',
    input: { Layers },
  });
  const Handler = 'wrapper.handler';
  await project.deployHandler({ lambdaConfiguration: { Handler } });
  const { Configuration } = await strict.client.getFunction(NAMES.function);
  assert.deepEqual([Configuration.Handler, Configuration.Layers.length], [Handler, 1]);

  await project.deployHandler({ lambdaConfiguration: { Handler, Layers } });
  const variables = { Environment: { Variables: { NODE_PATH: '/mnt/modules' } } };
  await project.deployHandler({ lambdaConfiguration: { Handler, ...variables, Layers: [] } });
  const without = { lambdaConfiguration: { Handler, Layers: [] } };
  const { error } = await project.failToDeployHandler(without);
  assert.equal(error.code, 'INVALID_OPTION');
});

test('a handler that is not of Node.js need not be a module', async (t) => {
  const strict = await openStrictAws(t, { lag: 0 });
  const lambdaConfiguration = { Runtime: 'provided.al2023', Handler: 'skill' };
  await createProject(t).deployHandler({ lambdaConfiguration });
  const { Configuration } = await strict.client.getFunction(NAMES.function);
  assert.equal(Configuration.Handler, 'skill');
});

test('a package.json without dependencies does not need node_modules', async (t) => {
  const project = createProject(t);
  project.write('litexa/package.json', '{"name": "cats"}');
  await project.deployHandler();
  assert.ok(await aws.client.getFunction(NAMES.function));
});

test('an error that toLambda throws is the rejection, with its location', async (t) => {
  const compileError = Object.assign(new Error('unexpected state'), {
    location: { source: 'main.litexa', start: { line: 3 } },
  });
  const handler = () => {
    throw compileError;
  };
  const { error } = await createProject(t).failToDeployHandler({}, { handler });

  assert.equal(error, compileError);
  assert.equal(error.location.source, 'main.litexa');
  assert.deepEqual(aws.requests(), []);
});

test('an error that the logger throws is the rejection, after the deployment has finished', async (t) => {
  const context = createProject(t).context();
  const broken = new Error('the output is closed');
  context.logger.log = () => {
    throw broken;
  };
  const { error } = await outcomeOf(() => litexa.lambda.deploy(context, context.logger));
  assert.equal(error, broken);
  assert.ok(await aws.client.getAlias(NAMES.function, NAMES.alias));
});

test('an error that artifacts throw is the rejection, after the deployment has finished', async (t) => {
  const context = createProject(t).context();
  const broken = new Error('artifacts.json is read-only');
  context.artifacts.save = () => {
    throw broken;
  };
  const { error } = await outcomeOf(() => litexa.lambda.deploy(context, context.logger));
  assert.equal(error, broken);
  assert.ok(await aws.client.getAlias(NAMES.function, NAMES.alias));
});

test('the next deployment finishes one that lost its connection', async (t) => {
  const project = createProject(t);
  let isDown = true;
  aws.answer('CreateAlias', () => (isDown ? { destroy: true } : undefined));
  const { error } = await project.failToDeployHandler();
  assert.equal(error.code, 'AWS_UNAVAILABLE');
  assertMentions(error.message, 'alias', NAMES.function);

  isDown = false;
  const { artifacts } = await project.deployHandler();
  assert.equal(artifacts.get('lambdaARN'), `${NAMES.functionArn}:release-0`);
  await assertComplete(project);
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
const OF_IAM = ['CreateRole', 'AttachRolePolicy'];
// Without this permission the log group keeps its events permanently, with a warning.
const OPTIONAL = 'PutRetentionPolicy';
for (const step of STEPS.filter((step) => step !== OPTIONAL)) {
  test(`the next deployment finishes one to which ${step} was denied`, async (t) => {
    const project = createProject(t);
    const denied = OF_IAM.includes(step) ? errors.accessDeniedByIam : errors.accessDenied;
    aws.answer(step, denied(step), { times: 1 });
    const { error } = await project.failToDeployHandler();
    assert.equal(error.code, 'ACCESS_DENIED');
    assert.match(error.message, hintFor(`[a-z0-9]+:${step}`));

    await project.deployHandler();
    await assertComplete(project);
  });
}

test('a deployment succeeds although the response to each creation is lost once', async (t) => {
  const project = createProject(t);
  for (const step of STEPS) aws.loseAnswer(step);
  await project.deployHandler();
  await assertComplete(project);
});

test('throttled requests are retried', async (t) => {
  aws.answer('CreateFunction', errors.throttled(), { times: 2 });
  aws.answer('GetFunctionConfiguration', errors.throttled(), { times: 1 });
  const project = createProject(t);
  await project.deployHandler();
  await assertComplete(project);
});

/** Checks that all resources of a deployment exist, and that a repeated one does not change them. */
async function assertComplete(project) {
  const { client } = aws;
  assert.equal((await client.listAttachedRolePolicies(NAMES.role)).length, 3);
  assert.equal((await client.describeTable(NAMES.table)).TableStatus, 'ACTIVE');
  const [group] = await client.describeLogGroups(NAMES.logGroup);
  assert.equal(group.retentionInDays, 30);
  for (const alias of [NAMES.alias, 'LIVE']) {
    assert.equal((await client.getAlias(NAMES.function, alias)).FunctionVersion, '$LATEST');
  }
  assert.equal((await client.getPolicy(NAMES.function, NAMES.alias)).Statement.length, 1);

  aws.clearRequests();
  await project.deployHandler();
  assert.deepEqual(aws.writes(), []);
}
