'use strict';

// Invocations and removals by an operator whom docs/iam-operator-policy.json allows them, with the rules
// of AWS: its conditions hold, a change takes some requests to complete, and a backup is in progress.

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { test } = require('node:test');
const litexa = require('../..');
const { useEnvironment } = require('../support/environment');
const { ACCOUNT, KEYS } = require('../support/aws/strict-s3/server');
const { store } = require('../support/aws/strict-aws/items');
const { openStrictAws } = require('../support/aws/use-strict-aws');
const { createProject, NAMES } = require('../support/litexa/project');

const BUCKET = 'cats-assets';
const FILE = path.join(__dirname, '..', '..', 'docs', 'iam-operator-policy.json');
const POLICY = JSON.parse(
  fs
    .readFileSync(FILE, 'utf8')
    .replaceAll('myAccountId', ACCOUNT)
    .replaceAll('myBucketName', BUCKET),
);
const OPERATOR = {
  secret: 'strict/operator/secret',
  account: ACCOUNT,
  arn: `arn:aws:iam::${ACCOUNT}:user/operator`,
  policy: POLICY,
};

/** Writes an item for the device of each request, as Litexa's handler does, and fails if it is asked to. */
function handler({ context, request }, { tables }) {
  store(tables.get(NAMES.table), { userId: { S: context.System.device.deviceId } });
  if (request.intent?.name === 'Fail') throw new TypeError('no score');
  return { version: '1.0', response: { shouldEndSession: false } };
}

/** Deploys a skill into a bucket with versions, and signs in as its operator. */
async function deployed(t) {
  const keys = { ...KEYS, AKIAOPERATOR: OPERATOR };
  const aws = await openStrictAws(t, { keys, handler, lag: 1 });
  aws.s3.createBucket(BUCKET, { isVersioned: true });
  const project = createProject(t, {
    options: {
      s3Configuration: { bucketName: BUCKET, publicAccess: 'bucketPolicy' },
      iamConfiguration: { role: 'dedicated' },
      dynamoDbConfiguration: { deletionProtection: true },
    },
    files: { 'litexa/assets/meow.txt': 'meow' },
  });
  await litexa.deploy(project.context());
  await aws.client.putObject(BUCKET, 'cats/beta/default/meow.txt', 'of another tool');
  aws.settle();
  const operator = { AWS_ACCESS_KEY_ID: 'AKIAOPERATOR', AWS_SECRET_ACCESS_KEY: OPERATOR.secret };
  t.after(useEnvironment({ ...aws.env, ...operator }));
  return { aws, project };
}

async function operate(project, command) {
  const context = project.context();
  const result = await litexa.operate(context, command, context.logger);
  return { result, warnings: context.logger.lines('warning') };
}

const launch = { name: 'invoke', input: { type: 'launch' }, locale: 'en-US' };
const intent = (name) => ({ ...launch, input: { type: 'intent', name } });
const itemsOf = (aws) => aws.inRegion().tables.get(NAMES.table).items;

test('an operator invokes a skill, and its item goes unless the session is kept', async (t) => {
  const { aws, project } = await deployed(t);
  const { result, warnings } = await operate(project, launch);
  assert.deepEqual([result.problem, result.item, warnings], [undefined, 'deleted', []]);
  assert.equal(itemsOf(aws).size, 0);
  const failed = await operate(project, intent('Fail'));
  assert.deepEqual([failed.result.problem.message, failed.result.item], ['no score', 'deleted']);
  assert.equal(itemsOf(aws).size, 0);

  await operate(project, { ...launch, keep: true });
  await operate(project, { ...intent('Next'), keep: true });
  assert.equal(itemsOf(aws).size, 1);
  await operate(project, { ...launch, keep: true });
  assert.equal(itemsOf(aws).size, 1);
  await operate(project, intent('Next'));
  assert.equal(itemsOf(aws).size, 0);
});

test('an operator removes a skill with all versions, and the table after its backup', async (t) => {
  const { aws, project } = await deployed(t);
  const command = { name: 'remove', table: true };
  const { result } = await operate(project, command);
  const removed = await operate(project, { ...command, confirmed: result.changes });
  assert.deepEqual(removed.warnings, []);
  const { functions, tables, logGroups } = aws.inRegion();
  assert.deepEqual(
    [functions, tables, logGroups, aws.iam().roles].map(({ size }) => size),
    [0, 0, 0, 0],
  );
  const { versions, policy } = aws.s3.buckets.get(BUCKET);
  assert.deepEqual([versions.map(({ key }) => key), policy], [[], undefined]);
  assert.deepEqual((await operate(project, command)).result.changes, []);
});

/** Signs the operator in with a policy without these actions. */
function lose(aws, actions) {
  const Statement = POLICY.Statement.map((statement) => ({
    ...statement,
    Action: [statement.Action].flat().filter((action) => !actions.includes(action)),
  }));
  aws.keys.AKIAOPERATOR = { ...OPERATOR, policy: { ...POLICY, Statement } };
}

for (const missing of [
  ['iam:GetRole'],
  ['lambda:ListAliases', 'lambda:GetFunctionConfiguration', 'lambda:ListVersionsByFunction'],
  [
    'dynamodb:DescribeTable',
    'iam:GetRolePolicy',
    'iam:ListAttachedRolePolicies',
    'iam:ListRolePolicies',
    'logs:DescribeLogGroups',
    's3:ListBucketMultipartUploads',
    's3:ListBucketVersions',
  ],
]) {
  test(`a removal names all rights to read that are missing, each once: ${missing.join(', ')}`, async (t) => {
    const { aws, project } = await deployed(t);
    // The shown effects name the rights to read policies.
    lose(aws, [...missing, 'lambda:GetPolicy', 's3:GetBucketPolicy']);
    const error = await operate(project, { name: 'remove', table: true }).then(
      () => assert.fail('the removal was shown'),
      (reason) => reason,
    );
    assert.equal(error.code, 'ACCESS_DENIED');
    const [, hint] = error.message.split(/\. Allow /);
    assert.deepEqual(
      hint.match(/\b(?:dynamodb|iam|lambda|logs|s3):[A-Z]\w+/g).sort(),
      missing.sort(),
    );
    aws.keys.AKIAOPERATOR = OPERATOR;
    assert.ok((await operate(project, { name: 'remove' })).result.changes.length > 0);
  });
}

test('without the right to delete versions, a removal names it, and the next one finishes', async (t) => {
  const { aws, project } = await deployed(t);
  lose(aws, ['s3:DeleteObjectVersion']);
  const command = { name: 'remove' };
  const { result } = await operate(project, command);
  await assert.rejects(
    operate(project, { ...command, confirmed: result.changes }),
    /s3:DeleteObjectVersion/,
  );
  aws.keys.AKIAOPERATOR = OPERATOR;
  const { result: left } = await operate(project, command);
  await operate(project, { ...command, confirmed: left.changes });
  assert.deepEqual(aws.s3.buckets.get(BUCKET).versions, []);
});
