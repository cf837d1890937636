'use strict';

// Whole deployments on the strict AWS and the strict S3: what is new is not known everywhere at once,
// changes take their time, and each request is judged by the rules of its partition.

const assert = require('node:assert/strict');
const { test } = require('node:test');
const litexa = require('../..');
const { isDenial } = require('../support/assertions');
const { createUser, documentedStatements } = require('../support/aws/iam-user');
const { openStrictAws } = require('../support/aws/use-strict-aws');
const { useEnvironment } = require('../support/environment');
const { createProject, BUCKET, NAMES } = require('../support/litexa/project');

const isWrite = ({ operation, status }) =>
  status < 300 && !/^(Get|Head|List|Describe)/.test(operation);

/** Deploys assets and a handler that returns `value`, when all changes before are complete. */
async function deploy(aws, project, options, value = 1) {
  aws.settle();
  for (const { requests } of [aws, aws.s3]) requests.length = 0;
  const handler = `exports.handler = async () => ${value};\n`;
  const target = { s3Configuration: { bucketName: BUCKET }, ...options };
  const context = project.context(target, { handler });
  await litexa.deploy(context);
  return context.logger;
}

const writes = (aws) =>
  [...aws.requests, ...aws.s3.requests].filter(isWrite).map(({ operation }) => operation);

function createSkill(t) {
  const project = createProject(t);
  project.writeAsset('default/meow.mp3', 'meow');
  return project;
}

const EVERYTHING = {
  iamConfiguration: { role: 'dedicated' },
  dynamoDbConfiguration: {
    billingMode: 'PAY_PER_REQUEST',
    timeToLive: { AttributeName: 'until', secondsToLive: 60 },
  },
  lambdaConfiguration: { MemorySize: 512, keepVersions: 1 },
};

for (const [region, partition, lag] of [
  ['us-east-1', 'aws', 1],
  ['eu-west-1', 'aws', 0],
  ['cn-north-1', 'aws-cn', 0],
  ['us-gov-east-1', 'aws-us-gov', 0],
  ['eusc-de-east-1', 'aws-eusc', 0],
]) {
  test(`a skill is deployed for the first time, unchanged, changed and with a dedicated role in ${region}`, async (t) => {
    const aws = await openStrictAws(t, { region, lag });
    const project = createSkill(t);
    await deploy(aws, project);
    const fn = aws.inRegion().functions.get(NAMES.function);
    assert.ok(fn.aliases.has(NAMES.alias));
    assert.equal(fn.latest.Role, `arn:${partition}:iam::${aws.account}:role/${NAMES.role}`);
    assert.equal(aws.iam().roles.get(NAMES.role).attached.length, 3);

    await deploy(aws, project);
    assert.deepEqual(writes(aws), []);

    const { CodeSha256 } = fn.latest;
    await deploy(aws, project, EVERYTHING, 2);
    assert.match(fn.latest.Role, new RegExp(`:role/${NAMES.function}$`));
    assert.equal(fn.latest.MemorySize, 512);
    assert.notEqual(fn.latest.CodeSha256, CodeSha256);

    await deploy(aws, project, EVERYTHING, 2);
    assert.deepEqual(writes(aws), []);
  });
}

test('a skill is deployed where the second request does not know yet what is new', async (t) => {
  const aws = await openStrictAws(t, { lag: 2 });
  await deploy(aws, createSkill(t), EVERYTHING);
  const { timeToLive } = aws.inRegion().tables.get(NAMES.table);
  assert.equal(timeToLive.AttributeName, 'until');
});

test('two machines deploy the same skill for the first time, and then changes of it', async (t) => {
  const aws = await openStrictAws(t);
  const [one, other] = [createSkill(t), createSkill(t)];
  for (const value of [1, 2]) {
    await Promise.all([deploy(aws, one, {}, value), deploy(aws, other, {}, value)]);
  }
  await deploy(aws, one, {}, 2);
  assert.deepEqual(writes(aws), []);
  const { policies, aliases } = aws.inRegion().functions.get(NAMES.function);
  assert.equal(policies.get(NAMES.alias).statements.length, 1);
  assert.deepEqual([...aliases.keys()].sort(), ['LIVE', NAMES.alias]);
});

/** Deployments, by the operations whose answers they need: options before and now. */
const LOST = {
  CreateRole: {},
  AttachRolePolicy: {},
  CreateTable: {},
  CreateLogGroup: {},
  PutRetentionPolicy: {},
  CreateFunction: {},
  CreateAlias: {},
  AddPermission: {},
  PutRolePolicy: { now: EVERYTHING },
  UpdateTimeToLive: { now: EVERYTHING },
  UpdateFunctionCode: { before: EVERYTHING, now: EVERYTHING },
  UpdateFunctionConfiguration: { before: {}, now: EVERYTHING },
  DeleteFunction: { before: EVERYTHING, now: EVERYTHING },
};

for (const [operation, { before, now }] of Object.entries(LOST)) {
  test(`the repetition of ${operation}, whose answer was lost, ends as the first one would have`, async (t) => {
    const aws = await openStrictAws(t, { lag: 0 });
    const project = createSkill(t);
    if (before) await deploy(aws, project, before);
    aws.addFault({ kind: 'answer-lost', operation });
    await deploy(aws, project, now, 2);
    assert.ok(aws.sent(operation).length > 1);

    await deploy(aws, project, now, 2);
    assert.deepEqual(writes(aws), []);
  });
}

test('the documented policy suffices, with its conditions and resources', async (t) => {
  const aws = await openStrictAws(t, { lag: 0 });
  const text = JSON.stringify(documentedStatements())
    .replaceAll('myAccountId', aws.account)
    .replaceAll('myBucketName', BUCKET);
  const keys = await createUser(aws.client, JSON.parse(text));
  t.after(
    useEnvironment({
      ...aws.env,
      AWS_ACCESS_KEY_ID: keys.accessKeyId,
      AWS_SECRET_ACCESS_KEY: keys.secretAccessKey,
    }),
  );
  const PolicyDocument = JSON.stringify({
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }],
  });
  await aws.client.iam('CreatePolicy', { PolicyName: 'litexa-boundary', PolicyDocument });
  const permissionsBoundary = `arn:aws:iam::${aws.account}:policy/litexa-boundary`;
  const everything = {
    ...EVERYTHING,
    tags: { team: 'voice' },
    iamConfiguration: { role: 'dedicated', permissionsBoundary },
  };
  const project = createSkill(t);
  const lines = [];
  for (const [value, options] of [[1], [2], [3, everything], [4, everything]]) {
    const logger = await deploy(aws, project, options, value);
    lines.push(...logger.lines());
  }
  assert.deepEqual(lines.filter(isDenial), []);
  const denied = [...aws.requests, ...aws.s3.requests].filter(({ code }) => /Denied/.test(code));
  assert.deepEqual(denied, []);
});
