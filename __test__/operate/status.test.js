'use strict';

// `status`, against services with AWS's rules.

const assert = require('node:assert/strict');
const { test } = require('node:test');
const litexa = require('../..');
const { assertMentions } = require('../support/assertions');
const errors = require('../support/aws/errors');
const { useAws } = require('../support/aws/use-aws');
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
  assert.deepEqual(found.differences, []);
});

test('what differs from the config is named with both values', async (t) => {
  const project = createProject(t);
  await project.deployHandler();
  const found = await status(project, {
    lambdaConfiguration: { MemorySize: 512, Environment: { Variables: { token: 'secret-token' } } },
  });
  assert.ok(found.differences.includes('MemorySize 256 -> 512'), found.differences.join());
  assert.doesNotMatch(JSON.stringify(found), /secret-token/);
});

test('before the first deployment, nothing exists', async (t) => {
  const found = await status(createProject(t));
  for (const part of ['bucket', 'function', 'aliases', 'mayInvoke', 'table', 'logGroup']) {
    assert.equal(found[part], null, part);
  }
  assert.deepEqual(found.notShown, []);
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
  const { notShown, table, aliases } = await status(project);
  assert.deepEqual(notShown.map(({ needs }) => needs).sort(), Object.values(actions).sort());
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
    commit: 'abcdef',
    message: 'Add tea',
    hasUncommittedChanges: false,
  });
});
