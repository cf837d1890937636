'use strict';

// docs/iam-operator-policy.json is sufficient for `invoke` and `remove --table`, and each of its actions is
// needed: on one skill, whose removal is denied again and again, and continues each time.

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { test } = require('node:test');
const litexa = require('../..');
const { hintFor } = require('../support/assertions');
const {
  actionsOf,
  onAnyResource,
  withoutAction,
  withoutConditions,
} = require('../support/aws/iam');
const { createUser } = require('../support/aws/iam-user');
const { useAws } = require('../support/aws/use-aws');
const { useEnvironment } = require('../support/environment');
const { deployContext } = require('../support/litexa/context');
const { createProject } = require('../support/litexa/project');

const aws = useAws({ auth: true });

const FILE = path.join(__dirname, '..', '..', 'docs', 'iam-operator-policy.json');
const STATEMENTS = JSON.parse(fs.readFileSync(FILE, 'utf8')).Statement;

const HANDLER = `exports.handler = (event, context, callback) =>
  callback(null, { version: '1.0', response: {} });
`;

/** Actions whose resource the emulator does not determine. */
const ANY_RESOURCE = ['logs:DescribeLogGroups', 'dynamodb:DescribeBackup', 'lambda:InvokeFunction'];

/** Deploys a skill as the root user, and signs in as its operator. */
async function deployed(t) {
  const { id, bucket, client, env } = aws.newAccount();
  const options = {
    s3Configuration: { bucketName: bucket, publicAccess: 'bucketPolicy' },
    iamConfiguration: {
      role: 'dedicated',
      policies: ['arn:aws:iam::aws:policy/AmazonSNSFullAccess'],
    },
    dynamoDbConfiguration: { deletionProtection: true },
  };
  const files = { 'handler.js': HANDLER, 'litexa/assets/meow.txt': 'meow' };
  const project = createProject(t, { options, files });
  const endpoint = { AWS_ENDPOINT_URL: aws.env.AWS_ENDPOINT_URL };
  const signOut = useEnvironment({ ...env, ...endpoint });
  await litexa.deploy(project.context());
  await client.s3('POST', `/${bucket}/cats/beta/default/film.mp4?uploads`);
  signOut();
  const asText = JSON.stringify(STATEMENTS.map(withoutConditions));
  const filledIn = asText.replaceAll('myAccountId', id).replaceAll('myBucketName', bucket);
  const statements = JSON.parse(filledIn);
  const supported = (some) => some.flatMap((one) => onAnyResource(one, ANY_RESOURCE));
  const { accessKeyId, secretAccessKey } = await createUser(client, supported(statements), 'ops');
  const keys = { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey };
  t.after(useEnvironment({ ...env, ...endpoint, ...keys }));
  /** Replaces the operator's policy. */
  const allow = (some) => {
    const PolicyDocument = JSON.stringify({ Version: '2012-10-17', Statement: supported(some) });
    return client.iam('PutUserPolicy', { UserName: 'ops', PolicyName: 'deploy', PolicyDocument });
  };
  return { project, statements, allow };
}

/** Invokes the skill, or removes it. Returns the warnings and the error. */
async function lines(project, run) {
  const context = deployContext({ projectRoot: project.root, target: 'beta' });
  const errors = [];
  await run((command) => litexa.operate(context, command, context.logger)).catch((error) =>
    errors.push(error.message),
  );
  return [...context.logger.lines('warning'), ...errors].join('\n');
}

const invoke = (operate) => operate({ name: 'invoke', input: { type: 'launch' }, locale: 'en-US' });
const remove = async (operate) => {
  const command = { name: 'remove', table: true };
  const { changes } = await operate(command);
  await operate({ ...command, confirmed: changes });
};

/** In the order of their requests, so that each is reached when those before it have been allowed. */
const INVOKING = [
  'lambda:GetFunctionConfiguration',
  'lambda:InvokeFunction',
  'dynamodb:DeleteItem',
];
const READING = [
  'lambda:GetFunctionConfiguration',
  'lambda:ListAliases',
  'lambda:ListVersionsByFunction',
  'iam:GetRole',
  'iam:GetRolePolicy',
  'iam:ListAttachedRolePolicies',
  'iam:ListRolePolicies',
  'logs:DescribeLogGroups',
  's3:ListBucket',
  's3:ListBucketVersions',
  's3:ListBucketMultipartUploads',
  'dynamodb:DescribeTable',
];
const REMOVING = [
  'lambda:DeleteFunction',
  'iam:DetachRolePolicy',
  'iam:DeleteRolePolicy',
  'iam:DeleteRole',
  'logs:DeleteLogGroup',
  's3:DeleteBucketPolicy',
  's3:AbortMultipartUpload',
  's3:DeleteObject',
  'dynamodb:CreateBackup',
  'dynamodb:UpdateTable',
  'dynamodb:DeleteTable',
];

/** Actions without which nothing is refused here, and why they are needed. */
const OTHERS = {
  'dynamodb:DescribeBackup':
    'without it, DynamoDB refuses the deletion until the backup is complete',
  'lambda:GetPolicy': 'without it, others who may invoke are not shown',
  's3:DeleteObjectVersion': 'the emulator checks s3:DeleteObject for versions, too',
  's3:GetBucketPolicy': 'without it, no deployment has edited the policy',
  's3:PutBucketPolicy': 'it is for policies with other statements',
};

test('every action of the policy has a row here', () => {
  const rows = new Set([...INVOKING, ...READING, ...REMOVING, ...Object.keys(OTHERS)]);
  const actions = new Set(actionsOf(STATEMENTS).map(({ action }) => action));
  assert.deepEqual([...rows].sort(), [...actions].sort());
});

test('an operator needs each action to invoke and to remove a skill, and no other', async (t) => {
  const { project, statements, allow } = await deployed(t);
  const lacking = (action) =>
    actionsOf(statements)
      .filter((one) => one.action === action)
      .reduce(withoutAction, statements)
      .filter(({ Action }) => Action.length > 0);
  for (const action of INVOKING) {
    await allow(lacking(action));
    assert.match(await lines(project, invoke), hintFor(action), action);
  }
  await allow(statements);
  assert.equal(await lines(project, invoke), '');
  for (const action of [...READING, ...REMOVING]) {
    await allow(lacking(action));
    assert.match(await lines(project, remove), hintFor(action), action);
  }
  await allow(statements);
  assert.equal(await lines(project, remove), '');
  const left = await litexa.operate(project.context(), { name: 'remove', table: true });
  assert.deepEqual(left.changes, []);
});
