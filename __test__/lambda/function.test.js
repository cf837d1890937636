'use strict';

// The function: created, updated if it differs, and polled until it is ready.

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { assertMentions, hintFor } = require('../support/assertions');
const errors = require('../support/aws/errors');
const { useAws } = require('../support/aws/use-aws');
const { createProject, BUCKET, NAMES } = require('../support/litexa/project');

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

test('the version of a new function waits until that is active, and its aliases do not', async (t) => {
  aws.answer('GetFunctionConfiguration', () => withState({ State: 'Pending' }), { times: 4 });
  await createProject(t).deployHandler();

  const operations = aws.requests().map(({ operation }) => operation);
  const start = operations.indexOf('CreateFunction');
  const between = operations.slice(start + 1, operations.lastIndexOf('PublishVersion'));
  const reads = between.filter((operation) => operation === 'GetFunctionConfiguration');
  assert.ok(reads.length > 4);
  assert.ok(!between.includes('PublishVersion'));
  assert.ok(between.lastIndexOf('CreateAlias') < between.lastIndexOf('GetFunctionConfiguration'));
});

test('the error for a function that AWS fails to create has the reason', async (t) => {
  const StateReason = 'The subnet ID subnet-0123 does not exist';
  aws.answer('GetFunctionConfiguration', () => withState({ State: 'Failed', StateReason }));
  const { error } = await createProject(t).failToDeployHandler();

  assert.equal(error.code, 'RESOURCE_NOT_READY');
  assert.match(error.message, /subnet-0123 does not exist/);
  // The check of the right.
  assert.equal(aws.count('PublishVersion'), 1);
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

test('a function that failed to be created before this deployment is an error before any change, with the command that deletes it', async (t) => {
  const project = createProject(t);
  await project.deployHandler();
  aws.answer('GetFunctionConfiguration', () =>
    withState({ State: 'Failed', StateReason: 'it is broken' }),
  );
  aws.clearRequests();

  const { error } = await project.failToDeployHandler({ lambdaConfiguration: { MemorySize: 512 } });
  assert.equal(error.code, 'RESOURCE_NOT_READY');
  assertMentions(
    error.message,
    'it is broken',
    `aws lambda delete-function --function-name ${NAMES.function} --region us-east-1`,
  );
  assert.deepEqual(aws.writes(), []);
});

test('a function that failed to be updated before this deployment is an error', async (t) => {
  const project = createProject(t);
  await project.deployHandler();
  aws.answer('GetFunctionConfiguration', () =>
    withState({ LastUpdateStatus: 'Failed', LastUpdateStatusReason: 'it is broken' }),
  );

  const { error } = await project.failToDeployHandler();
  assert.equal(error.code, 'RESOURCE_NOT_READY');
  assert.match(error.message, /it is broken/);
  assert.doesNotMatch(error.message, /delete-function/);
});

test('environment variables that AWS does not show are neither compared nor replaced, with one warning', async (t) => {
  const project = createProject(t);
  await project.deployHandler({
    lambdaConfiguration: { Environment: { Variables: { mine: '1' } } },
  });
  const KMSKeyArn = 'arn:aws:kms:us-east-1:123456789012:key/1';
  const Environment = { Error: { ErrorCode: 'AccessDeniedException', Message: 'no kms:Decrypt' } };
  aws.answer('GetFunctionConfiguration', () => withState({ Environment, KMSKeyArn }));

  for (const [MemorySize, writes] of [
    [256, []],
    [512, ['lambda:UpdateFunctionConfiguration']],
  ]) {
    aws.clearRequests();
    const { logger } = await project.deployHandler({
      lambdaConfiguration: { MemorySize, Environment: { Variables: { mine: '2' } } },
    });
    assert.deepEqual(aws.writes(), writes);
    const warnings = logger.lines('warning').filter((line) => line.includes('variables'));
    assert.equal(warnings.length, 1);
    assertMentions(warnings[0], 'kms:Decrypt', KMSKeyArn, 'AccessDeniedException');
  }
  assert.equal(aws.sent('UpdateFunctionConfiguration')[0].Environment, undefined);
  assert.equal((await configuration()).Environment.Variables.mine, '1');
});

for (const [what, refusal, ...mentions] of [
  [
    'a layer that the deployer may not read',
    errors.accessDenied('lambda:GetLayerVersion'),
    hintFor('lambda:GetLayerVersion'),
  ],
  [
    'a role that the deployer may not pass',
    errors.accessDenied('iam:PassRole'),
    hintFor('iam:PassRole'),
  ],
  [
    'an explicit deny',
    errors.jsonError(
      403,
      'AccessDeniedException',
      'User: arn:aws:iam::1:user/d is not authorized to perform: lambda:CreateFunction on resource: x with an explicit deny in a service control policy',
    ),
    /does not help.*service control policy.*administrator/,
  ],
]) {
  test(`the error for ${what} has the fix for its cause`, async (t) => {
    aws.answer('CreateFunction', refusal);
    const { error } = await createProject(t).failToDeployHandler();
    assertMentions(error.message, ...mentions);
  });
}

for (const operation of ['CreateFunction', 'UpdateFunctionCode', 'PublishVersion']) {
  test(`the error for code storage that is full names the option that frees it: ${operation}`, async (t) => {
    const project = createProject(t);
    if (operation === 'UpdateFunctionCode') await project.deployHandler();
    const code = 'CodeStorageExceededException';
    aws.answer(operation, errors.jsonError(400, code, 'Code storage limit exceeded.'));
    const handler = 'exports.handler = async () => 2;\n';
    const { error } = await project.failToDeployHandler({}, { handler });
    assertMentions(error.message, 'Code storage limit', 'lambdaConfiguration.keepVersions');
  });
}

test('an inactive function is updated', async (t) => {
  const project = createProject(t);
  await project.deployHandler();
  aws.answer('GetFunctionConfiguration', () =>
    withState({ State: 'Inactive', StateReasonCode: 'Idle' }),
  );
  const { logger } = await project.deployHandler({ lambdaConfiguration: { MemorySize: 512 } });
  const changes = logger.lines('log').filter((line) => line.includes('the configuration of'));
  assert.deepEqual(changes, [
    `updating the configuration of ${NAMES.function}: MemorySize 256 -> 512`,
  ]);
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

test('the error for a runtime that AWS has retired in the meantime names it in one line, after a warning', async (t) => {
  aws.answer('CreateFunction', errors.runtimeUnsupported('nodejs16.x'));
  const { error, logger } = await createProject(t).failToDeployHandler({
    lambdaConfiguration: { Runtime: 'nodejs16.x' },
  });

  assert.equal(error.code, 'AWS_REQUEST_REJECTED');
  assert.match(
    String(error),
    /^Error: .*cats_beta_litexa_handler.*nodejs16\.x is no longer supported.*\nSee .*#aws_request_rejected$/,
  );
  assert.ok(logger.lines('warning').some((line) => /nodejs16\.x.*2027-02-01/.test(line)));
});

test('a function is not updated to a retired runtime, before anything is changed', async (t) => {
  const project = createProject(t);
  await project.deployHandler();
  aws.clearRequests();
  const lambdaConfiguration = { Runtime: 'nodejs12.x' };
  const { error } = await project.failToDeployHandler({ lambdaConfiguration });
  assert.equal(error.code, 'INVALID_OPTION');
  assert.match(error.message, /nodejs12\.x.*does not update functions/);
  assert.deepEqual(aws.writes(), []);
});

for (const Runtime of ['nodejs14.x', 'nodejs12.x', 'nodejs8.10']) {
  test(`a function is not created with the retired runtime ${Runtime}, before anything is made`, async (t) => {
    const { error } = await createProject(t).failToDeployHandler({
      lambdaConfiguration: { Runtime },
    });
    assert.equal(error.code, 'INVALID_OPTION');
    assertMentions(error.message, 'lambdaConfiguration.Runtime', Runtime);
    assert.deepEqual(aws.writes(), []);
  });
}

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
  // The first one is refused, because the function still has the old code.
  assert.deepEqual(aws.writes(), [
    'lambda:PublishVersion',
    'lambda:UpdateFunctionCode',
    'lambda:PublishVersion',
  ]);
});

test('lambdaConfiguration is merged with the defaults, variable by variable', async (t) => {
  await createProject(t).deployHandler({
    lambdaConfiguration: {
      MemorySize: 1024,
      Runtime: 'nodejs22.x',
      TracingConfig: { Mode: 'Active' },
      Environment: {
        Variables: { loggingLevel: 'verbose', retries: 3, strict: true, key: undefined, no: null },
      },
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

test('variables that are too large are an error before anything is made, with the assets root', async (t) => {
  await aws.client.createBucket(BUCKET);
  const variables = (length) => ({ DB_PASSWORD: 'hunter2', long: 'x'.repeat(length) });
  const lengths = [2000, 2900];
  for (const length of lengths) {
    const project = createProject(t, { name: 'c'.repeat(30) });
    const { error } = await project.failToDeployHandler({
      s3Configuration: { bucketName: BUCKET },
      lambdaConfiguration: {
        Environment: { Variables: { ...variables(length), quotes: '"'.repeat(1000) } },
      },
    });
    assert.equal(error.code, 'INVALID_OPTION');
    assertMentions(error.message, 'Environment.Variables', /\b4\d{3} bytes\b/);
    assert.deepEqual(
      aws.writes().filter((operation) => operation !== 's3:CreateBucket'),
      [],
    );
  }
});

for (const [notation, quote] of [
  ['JSON', (variables) => `String measured: ${JSON.stringify(variables)}`],
  ["Java's notation", ({ DB_PASSWORD }) => `Value '{DB_PASSWORD=${DB_PASSWORD}}' at 'environment'`],
  ['one value', ({ DB_PASSWORD }) => `The value ${DB_PASSWORD} of DB_PASSWORD is invalid`],
]) {
  test(`the values of variables that AWS quotes are not shown: ${notation}`, async (t) => {
    aws.answer('CreateFunction', ({ body }) =>
      errors.jsonError(
        400,
        'InvalidParameterValueException',
        `The request is wrong. ${quote(JSON.parse(body).Environment.Variables)}`,
      ),
    );
    const { error, logger } = await createProject(t).failToDeployHandler({
      lambdaConfiguration: { Environment: { Variables: { DB_PASSWORD: 'hunter2' } } },
    });
    assert.match(error.message, /The request is wrong/);
    assert.doesNotMatch([error.message, ...logger.lines()].join('\n'), /hunter2/);
  });
}

test('numbers above what AWS accepts today are sent, with a warning each', async (t) => {
  // The emulator has limits of its own.
  aws.answer('CreateFunction', errors.jsonError(400, 'InvalidParameterValueException', 'too much'));
  const { logger } = await createProject(t).failToDeployHandler({
    lambdaConfiguration: { Timeout: 5400, MemorySize: 20_480, EphemeralStorage: { Size: 512 } },
  });
  const [sent] = aws.sent('CreateFunction');
  assert.deepEqual([sent.Timeout, sent.MemorySize], [5400, 20_480]);
  const warnings = logger.lines('warning').filter((line) => line.includes('AWS accepts up to'));
  assert.deepEqual(warnings.length, 2);
  assertMentions(warnings.join(), 'Timeout is 5400', 'MemorySize is 20480');
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
