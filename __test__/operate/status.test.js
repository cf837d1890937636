'use strict';

// `status`, against services with AWS's rules.

const assert = require('node:assert/strict');
const { test } = require('node:test');
const litexa = require('../..');
const { recordingFailure } = require('../../deployment-failure');
const { assertMentions } = require('../support/assertions');
const errors = require('../support/aws/errors');
const { useAws } = require('../support/aws/use-aws');
const { setVariables } = require('../support/environment');
const { withoutExitCode } = require('../support/exit-code');
const { runExecutable } = require('../support/litexa/executable');
const { createAssetProject, createProject, BUCKET, PREFIX } = require('../support/litexa/project');

const FUNCTION = 'cats_development_litexa_handler';
const SKILL_ID = 'amzn1.ask.skill.11111111-2222-3333-4444-555555555555';

const aws = useAws();

async function status(project, options) {
  const context = project.context(options);
  return litexa.operate(context, { name: 'status' }, context.logger);
}

test('the status shows every resource', async (t) => {
  const project = createAssetProject(t, { 'default/meow.txt': 'meow', 'en-GB/purr.txt': 'purr' });
  project.saveArtifact('skillId', SKILL_ID);
  await project.deployAssets();
  await project.deployHandler({ s3Configuration: { bucketName: BUCKET } });
  const found = await status(project);

  assert.deepEqual(found.notShown, []);
  assert.deepEqual(
    [found.bucket.name, found.bucket.prefix, found.bucket.objects, found.bucket.bytes],
    [BUCKET, PREFIX, 3, 12],
  );
  assert.equal(found.bucket.publicAccess, 'acl');
  assert.equal(found.function.name, FUNCTION);
  assert.deepEqual([found.function.memoryMb, found.function.timeoutSeconds], [256, 10]);
  assert.deepEqual(
    [found.function.runtime, found.function.supportedUntil],
    ['nodejs24.x', '2028-04-30'],
  );
  const aliases = found.aliases.map(({ name, pointsTo }) => `${name} ${pointsTo}`).sort();
  assert.deepEqual(aliases, ['LIVE $LATEST', 'release-0 $LATEST']);
  assert.deepEqual(found.mayInvoke, [`the skill ${SKILL_ID}`]);
  assert.equal(found.role.name, 'litexa_handler_lambda');
  assert.equal(found.role.policies.length, 3);
  assert.deepEqual(
    [found.table.billingMode, found.table.readCapacityUnits, found.table.writeCapacityUnits],
    ['PROVISIONED', 10, 10],
  );
  assert.deepEqual([found.timeToLive, found.backups], ['', false]);
  assert.equal(found.logGroup.retentionInDays, 30);
  assert.deepEqual(found.lastHour, { answered: 0, failed: 0, isComplete: true });
  const none = { changes: [], failure: null };
  assert.deepEqual(found.differences, { handler: none, assets: none });
  assert.deepEqual(found.notWanted, []);
});

test('what differs from the config are the changes of a dry run, except for the code', async (t) => {
  const project = createAssetProject(t, { 'default/meow.txt': 'meow', 'default/old.txt': 'old' });
  await litexa.deploy(project.context());
  const options = {
    s3Configuration: {
      bucketName: BUCKET,
      publicAccess: 'bucketPolicy',
      deleteRemovedAssets: true,
    },
    lambdaConfiguration: { MemorySize: 512, Environment: { Variables: { token: 'secret-token' } } },
    dynamoDbConfiguration: {
      deletionProtection: true,
      timeToLive: { AttributeName: 'end', enable: true },
    },
    tags: { team: 'voice' },
  };
  project.saveArtifact('skillId', SKILL_ID);
  project.writeAsset('default/old.txt', null);
  project.writeAsset('default/meow.txt', 'purr');
  project.write('handler.js', 'exports.handler = () => {};\n');
  aws.clearRequests();
  const found = await status(project, options);
  const context = project.context(options);
  const { changes } = await litexa.deploy({ ...context, dryRun: true }, context.logger);

  const { assets, handler } = found.differences;
  const isCode = ({ iamAction }) => /UpdateFunctionCode|PublishVersion/.test(iamAction);
  const lines = (list) => list.map(({ iamAction, description }) => `${iamAction}: ${description}`);
  assert.deepEqual(
    lines([...assets.changes, ...handler.changes]),
    lines(changes.filter((change) => !isCode(change))),
  );
  const types = new Set(changes.map(({ resourceType }) => resourceType));
  for (const type of [
    'AWS::S3::Object',
    'AWS::S3::BucketPolicy',
    'AWS::DynamoDB::Table',
    'AWS::Lambda::Permission',
  ]) {
    assert.ok(types.has(type), [...types].join());
  }
  assert.deepEqual(aws.writes(), []);
  assert.doesNotMatch(JSON.stringify(found), /secret-token/);

  project.configure({ development: options });
  const { stdout, code } = await runExecutable(['status'], { cwd: project.root, env: aws.env });
  assert.equal(code, 0);
  assertMentions(stdout, 'MemorySize 256 -> 512', 'replacing 1 object\n', 'deleting 1 object\n');
});

test('what would stop a deployment is shown in its place', async (t) => {
  const project = createAssetProject(t, { 'default/meow.txt': 'meow' });
  const names = ['userId', 'time'];
  await aws.client.dynamoDb('CreateTable', {
    TableName: `${FUNCTION}_state`,
    BillingMode: 'PAY_PER_REQUEST',
    AttributeDefinitions: names.map((name) => ({ AttributeName: name, AttributeType: 'S' })),
    KeySchema: names.map((name, at) => ({ AttributeName: name, KeyType: ['HASH', 'RANGE'][at] })),
  });
  const { differences, table } = await status(project);
  assert.match(differences.handler.failure, /has the partition key userId .* sort key time/);
  assert.ok(differences.assets.changes.length > 0);
  assert.equal(table.status, 'ACTIVE');
  const Role = 'arn:aws-cn:iam::123456789012:role/r';
  const elsewhere = await status(project, { lambdaConfiguration: { Role } });
  assert.match(elsewhere.differences.handler.failure, /must be an ARN of the partition aws,/);
  const { stdout } = await runExecutable(['status'], { cwd: project.root, env: aws.env });
  assertMentions(stdout, 'a deployment would fail: the table', 'uploading 1 object');
});

test('before the first deployment, nothing exists', async (t) => {
  const found = await status(createProject(t));
  for (const part of ['bucket', 'function', 'aliases', 'mayInvoke', 'table', 'logGroup']) {
    assert.equal(found[part], null, part);
  }
  assert.deepEqual(found.notShown, []);
});

test('a status of another region than that of the deployment is one with a warning', async (t) => {
  const project = createProject(t);
  const lambdaARN = `arn:aws:lambda:eu-west-1:123456789012:function:${FUNCTION}:release-0`;
  project.saveArtifact('lambdaARN', lambdaARN);
  const warningsOf = async (options) => {
    const context = project.context(options);
    await litexa.operate(context, { name: 'status' }, context.logger);
    return context.logger.lines('warning');
  };
  const before = await warningsOf({});
  const warnings = await warningsOf({ awsRegion: 'us-east-1' });
  const [warning, ...others] = warnings.filter((line) => !before.includes(line));
  assert.match(
    warning,
    /^this target is deployed in eu-west-1, .* looks in us-east-1\..* correct awsRegion$/,
  );
  assert.deepEqual(others, []);
});

test('what exists, what does not, what is not wanted, and what may not be read differ', async (t) => {
  const sessionState = { useSessionAttributesForPersistentStore: true };
  const project = createProject(t, { target: 'development', options: sessionState });
  const rows = async () => {
    const { stdout } = await runExecutable(['status'], { cwd: project.root, env: aws.env });
    const row = (line) => /^(\w+(?: \w+)*) {2,}(.*)$/.exec(line)?.slice(1);
    return Object.fromEntries(stdout.split('\n').flatMap((line) => [row(line)].filter(Boolean)));
  };
  const before = await rows();
  assert.equal(before.bucket, 'not wanted: s3Configuration.bucketName is not set');
  assert.equal(before.table, 'not wanted: the skill keeps its state in session attributes');
  for (const name of ['function', 'aliases', 'Alexa access', 'log group']) {
    assert.equal(before[name], 'does not exist', name);
  }
  await project.deployHandler(sessionState);
  aws.answer('GetFunctionConfiguration', errors.accessDenied('lambda:GetFunctionConfiguration'));
  const denied = await rows();
  assert.equal(denied.function, 'not shown: needs lambda:GetFunctionConfiguration');
  assert.match(denied.aliases, /^(LIVE|release-0) -> \$LATEST$/);
  assert.match(denied['Alexa access'], /every skill|any skill|skill/);
  assert.match(denied['log group'], /30 days/);
  assert.equal(denied.table, before.table);

  project.configure({ development: {} });
  const { stdout } = await runExecutable(['status'], { cwd: project.root, env: aws.env });
  assert.match(stdout, /^table +does not exist$/m);
  aws.answer('DescribeTable', errors.accessDenied('dynamodb:DescribeTable'));
  assert.equal((await rows()).table, 'not shown: needs dynamodb:DescribeTable');
});

test('a right that is missing is a line, and not a failure', async (t) => {
  const project = createAssetProject(t, { 'default/meow.txt': 'meow' });
  await project.deployAssets();
  await project.deployHandler({ s3Configuration: { bucketName: BUCKET } });
  const actions = {
    GetPolicy: 'lambda:GetPolicy',
    DescribeContinuousBackups: 'dynamodb:DescribeContinuousBackups',
    DescribeTimeToLive: 'dynamodb:DescribeTimeToLive',
    ListAliases: 'lambda:ListAliases',
  };
  for (const [operation, action] of Object.entries(actions)) {
    aws.answer(operation, errors.accessDenied(action));
  }
  const { notShown, table, aliases, differences } = await status(project);
  const compared = notShown.filter(({ what }) => what === 'differences: handler');
  assert.deepEqual(compared, [{ what: 'differences: handler', needs: 'lambda:ListAliases' }]);
  const others = notShown.filter((one) => !compared.includes(one));
  assert.deepEqual(others.map(({ needs }) => needs).sort(), Object.values(actions).sort());
  assert.deepEqual([differences.handler, differences.assets.failure], [null, null]);
  assert.equal(aliases, null);
  assert.equal(table.status, 'ACTIVE');

  const { code, stdout } = await runExecutable(['status'], { cwd: project.root, env: aws.env });
  assert.equal(code, 0);
  assertMentions(
    stdout,
    'cats (development) in us-east-1',
    'not shown: needs lambda:GetPolicy',
    'AWS supports until 2028-04-30',
    '10/10 units',
    '1 object',
  );
});

test('the status changes nothing', async (t) => {
  const project = createProject(t);
  await project.deployHandler();
  aws.clearRequests();
  await status(project);
  assert.deepEqual(aws.writes(), []);
});

test('the last deployment is the one that the CLI has saved', async (t) => {
  const project = createProject(t);
  project.saveArtifact('lastDeployment', {
    date: '11/27/2026, 1:00:00 AM',
    git: { currentCommitHash: 'abcdef', currentCommitComment: ['Add tea'], uncommittedChanges: [] },
  });
  assert.deepEqual((await status(project)).lastDeployment, {
    date: '11/27/2026, 1:00:00 AM',
    time: null,
    failure: null,
    commit: 'abcdef',
    message: 'Add tea',
    hasUncommittedChanges: false,
  });
});

test('control sequences in a result are shown, not obeyed', async (t) => {
  const project = createProject(t, { target: 'development' });
  project.saveArtifact('lastDeployment', {
    date: '11/27/2026, 1:00:00 AM',
    git: {
      currentCommitHash: 'abcdef',
      currentCommitComment: ['a \u001b]52;c;YQ==\u0007 b\u202ec é 🍵'],
      uncommittedChanges: [],
    },
  });
  const run = (...args) => runExecutable(['status', ...args], { cwd: project.root, env: aws.env });
  const { stdout } = await run();
  assertMentions(stdout, ': a <U+001B>]52;c;YQ==<U+0007> b<U+202E>c é 🍵\n');
  const { lastDeployment } = (await run('--json')).json();
  assert.equal(lastDeployment.message, 'a \u001b]52;c;YQ==\u0007 b\u202ec é 🍵');
});

test('who has changed something last is recorded by that deployment, and by no other one', async (t) => {
  const commit = 'a'.repeat(40);
  setVariables(t, { GITHUB_ACTOR: 'ann', GITHUB_SHA: commit });
  const project = createProject(t, { target: 'development' });
  assert.deepEqual((await status(project)).lastChange, {
    functionAt: null,
    by: null,
    commit: null,
  });
  const first = await project.deployHandler();
  assert.deepEqual(first.artifacts.get('lastChange'), { by: 'ann', commit });

  setVariables(t, { GITHUB_ACTOR: 'bob' });
  assert.deepEqual((await project.deployHandler()).artifacts.saves, []);
  const dry = project.context({ lambdaConfiguration: { MemorySize: 512 } });
  await litexa.lambda.deploy({ ...dry, dryRun: true }, dry.logger);
  assert.deepEqual(dry.artifacts.saves, []);
  const { lastChange } = await status(project);
  assert.deepEqual([lastChange.by, lastChange.commit], ['ann', commit]);
  assert.ok(!Number.isNaN(Date.parse(lastChange.functionAt)));
  const { stdout } = await runExecutable(['status'], { cwd: project.root, env: aws.env });
  assert.match(
    stdout,
    /^last change +of the function \d{4}-\d\d-\d\d .* by ann, commit aaaaaaaaaaaa$/m,
  );

  // The second one by the same user, of the same commit, records the same.
  for (const MemorySize of [384, 512]) {
    await project.deployHandler({ lambdaConfiguration: { MemorySize } });
    const { lastChange: last } = await status(project);
    assert.deepEqual([last.by, last.commit], ['bob', commit], MemorySize);
  }

  // Of one that fails, it is not known what it has changed.
  setVariables(t, { GITHUB_ACTOR: 'eve' });
  const accept = aws.answer(
    'UpdateFunctionConfiguration',
    errors.accessDenied('lambda:UpdateFunctionConfiguration'),
  );
  const more = { lambdaConfiguration: { MemorySize: 1024 } };
  assert.equal((await project.failToDeployHandler(more)).error.code, 'ACCESS_DENIED');
  assert.equal((await status(project)).lastChange.by, null);
  accept();
  await project.deployHandler(more);
  assert.equal((await status(project)).lastChange.by, 'eve');
});

test('a failure is recorded for the deployment that fails, not for one that has begun since', async () => {
  const saved = new Map([['lastDeployment', { date: '1:00' }]]);
  const artifacts = { get: (key) => saved.get(key), save: (key, value) => saved.set(key, value) };
  const deploy = async () => {
    artifacts.save('lastDeployment', { date: '1:01' });
    throw Object.assign(new Error('no'), { code: 'ACCESS_DENIED' });
  };
  await assert.rejects(recordingFailure({ artifacts }, deploy), { code: 'ACCESS_DENIED' });
  const { deployment, code } = saved.get('lastFailure');
  assert.deepEqual([deployment, code], ['1:00', 'ACCESS_DENIED']);
});

test('a misspelt dry run is a failure that is recorded, and a dry run is not', async (t) => {
  for (const [name, isRecorded] of [
    ['LITEXA_DEPLOY_DRYRUN', true],
    ['LITEXA_DEPLOY_DRY_RUN', false],
  ]) {
    const saved = new Map([['lastDeployment', { date: '1:00' }]]);
    const artifacts = { get: (key) => saved.get(key), save: (key, value) => saved.set(key, value) };
    const fail = () => Promise.reject(Object.assign(new Error('no'), { code: 'INVALID_OPTION' }));
    process.env[name] = '1';
    try {
      await assert.rejects(recordingFailure({ artifacts }, fail), { code: 'INVALID_OPTION' });
    } finally {
      delete process.env[name];
    }
    assert.equal(saved.has('lastFailure'), isRecorded, name);
  }
});

/** Deploys the handler as the CLI does, which saves this date before. Returns what it rejects with. */
async function deployAt(project, date, { time, ...overrides } = {}) {
  const context = { ...project.context(), ...overrides };
  context.artifacts.save('lastDeployment', { date, time, deploymentTypes: { lambda: true } });
  return withoutExitCode(() => litexa.lambda.deploy(context, context.logger)).then(
    () => undefined,
    (error) => error,
  );
}

test('a deployment that has failed is shown as such until the next one is begun', async (t) => {
  const project = createProject(t, { target: 'development' });
  const line = async () => {
    const { stdout } = await runExecutable(['status'], { cwd: project.root, env: aws.env });
    return /^last deployment +(.*(?:\n +.*)*)$/m.exec(stdout)[1].split(/\n +/);
  };
  assert.equal(await deployAt(project, '11/26/2026, 1:00:00 AM'), undefined);
  assert.deepEqual(await line(), [
    'begun 11/26/2026, 1:00:00 AM (time of the machine that deployed)',
  ]);

  const remove = aws.answer('GetRole', errors.iamError(403, 'AccessDenied', 'no'));
  const options = { time: '2026-11-27T01:00:00.000Z' };
  const { code } = await deployAt(project, '11/27/2026, 1:00:00 AM', options);
  const [begun, failed, ...more] = await line();
  assert.deepEqual([code, begun, more], ['ACCESS_DENIED', 'begun 2026-11-27 01:00 UTC', []]);
  assert.match(failed, /^failed at \d{4}-\d\d-\d\d \d\d:\d\d UTC with ACCESS_DENIED: /);
  const { lastDeployment } = await status(project);
  assert.equal(lastDeployment.failure.code, 'ACCESS_DENIED');

  const noBucket = { s3Configuration: { bucketName: 'Tea_House' } };
  const wrong = { ...options, deploymentOptions: { ...noBucket, name: 'development' } };
  assert.equal(
    (await deployAt(project, '11/27/2026, 2:00:00 AM', wrong)).code,
    'INVALID_BUCKET_NAME',
  );
  // With the CLI, the handler may have been deployed before the assets fail.
  assert.match(
    (await line())[1],
    / with INVALID_BUCKET_NAME: a part of it may have been deployed$/,
  );

  // A dry run that fails is not a deployment.
  assert.ok(await deployAt(project, '11/28/2026, 1:00:00 AM', { dryRun: true }));
  assert.equal((await status(project)).lastDeployment.failure, null);
  remove();
  assert.equal(await deployAt(project, '11/29/2026, 1:00:00 AM'), undefined);
  assert.equal((await line()).length, 1);
});
