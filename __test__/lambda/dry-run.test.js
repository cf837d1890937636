'use strict';

// A dry run shows the changes that the deployment after it makes, and changes nothing, neither on AWS
// nor on this machine. Each change is one request.

const assert = require('node:assert/strict');
const crypto = require('node:crypto');
const fs = require('node:fs');
const path = require('node:path');
const { test } = require('node:test');
const litexa = require('../..');
const { openStrictAws } = require('../support/aws/use-strict-aws');
const { setVariables } = require('../support/environment');
const { createProject, BUCKET, NAMES } = require('../support/litexa/project');

const MIB = 1024 * 1024;
const SKILL = { skillId: 'amzn1.ask.skill.cats' };
const BOUNDARY = 'litexa-boundary';

const isWrite = ({ operation }) => !/^(Get|Head|List|Describe)/.test(operation);

/** Options of a target whose role, table and tags are its own. */
const dedicated = (aws) => ({
  tags: { team: 'voice' },
  iamConfiguration: {
    role: 'dedicated',
    policies: ['arn:aws:iam::aws:policy/AmazonSNSFullAccess'],
    permissionsBoundary: `arn:aws:iam::${aws.account}:policy/${BOUNDARY}`,
  },
  dynamoDbConfiguration: {
    billingMode: 'PAY_PER_REQUEST',
    deletionProtection: true,
    pointInTimeRecovery: true,
    timeToLive: { AttributeName: 'until', enable: true, secondsToLive: 60 },
  },
});

const published = (more) => ({
  lambdaConfiguration: { endpointVersion: 'published', ...more },
});

/**
 * Deployments of one project, of which the last one is compared with its dry run: the target's options,
 * what the handler returns, artifacts, and what is done before. `actions` are those of the changes.
 */
const SCENARIOS = {
  'a first deployment': {
    steps: [{}],
    actions: [
      'iam:CreateRole',
      ...Array(3).fill('iam:AttachRolePolicy'),
      'dynamodb:CreateTable',
      'logs:CreateLogGroup',
      'logs:PutRetentionPolicy',
      'lambda:CreateFunction',
      'lambda:PublishVersion',
      'lambda:CreateAlias',
      'lambda:CreateAlias',
      'lambda:AddPermission',
    ],
  },
  'a first deployment with a role of its own, its boundary, tags and table options': {
    steps: [{ options: dedicated }],
    actions: [
      'iam:CreateRole',
      'iam:AttachRolePolicy',
      'iam:PutRolePolicy',
      'dynamodb:CreateTable',
      'dynamodb:UpdateTimeToLive',
      'dynamodb:UpdateContinuousBackups',
      'logs:CreateLogGroup',
      'logs:PutRetentionPolicy',
      'lambda:CreateFunction',
      'lambda:PublishVersion',
      'lambda:CreateAlias',
      'lambda:CreateAlias',
      'lambda:AddPermission',
    ],
  },
  'an unchanged deployment': {
    steps: [{ options: dedicated }, { options: dedicated }],
    actions: [],
  },
  'a changed configuration': {
    steps: [{}, { options: () => ({ lambdaConfiguration: { MemorySize: 512 } }) }],
    actions: ['lambda:UpdateFunctionConfiguration'],
  },
  'changed code': {
    steps: [{}, { value: 2 }],
    actions: ['lambda:UpdateFunctionCode', 'lambda:PublishVersion'],
  },
  'a changed runtime with changed code': {
    steps: [{}, { value: 2, options: () => ({ lambdaConfiguration: { Runtime: 'nodejs22.x' } }) }],
    actions: [
      'lambda:UpdateFunctionConfiguration',
      'lambda:UpdateFunctionCode',
      'lambda:PublishVersion',
    ],
  },
  'a role of its own, tags and table options for an existing function': {
    steps: [{}, { options: dedicated }],
    actions: [
      'lambda:TagResource',
      'dynamodb:TagResource',
      'logs:TagResource',
      'iam:CreateRole',
      'iam:AttachRolePolicy',
      'iam:PutRolePolicy',
      'dynamodb:UpdateTimeToLive',
      'dynamodb:UpdateContinuousBackups',
      'dynamodb:UpdateTable',
      'lambda:UpdateFunctionConfiguration',
    ],
  },
  'versions beyond those to keep': {
    steps: [
      {},
      { value: 2 },
      { value: 3, options: () => ({ lambdaConfiguration: { keepVersions: 1 } }) },
    ],
    actions: [
      'lambda:UpdateFunctionCode',
      'lambda:PublishVersion',
      'lambda:DeleteFunction',
      'lambda:DeleteFunction',
    ],
  },
  // Lambda does not publish a second version of the same, so that one deletion fewer is due.
  'a switch to published versions, of which the newest is $LATEST': {
    steps: [
      {},
      { value: 2 },
      { value: 3 },
      { value: 3, options: () => published({ keepVersions: 1 }) },
    ],
    actions: [
      'lambda:PublishVersion',
      'lambda:UpdateAlias',
      'lambda:DeleteFunction',
      'lambda:DeleteFunction',
    ],
  },
  'a switch to published versions after a change of the configuration': {
    steps: [
      {},
      { value: 2 },
      { value: 2, options: () => ({ lambdaConfiguration: { MemorySize: 512 } }) },
      { value: 2, options: () => published({ keepVersions: 1, MemorySize: 512 }) },
    ],
    actions: [
      'lambda:PublishVersion',
      'lambda:UpdateAlias',
      'lambda:DeleteFunction',
      'lambda:DeleteFunction',
    ],
  },
  'a change of the configuration of a published endpoint': {
    steps: [
      { options: () => published({ keepVersions: 1 }) },
      { options: () => published({ keepVersions: 1, MemorySize: 512 }) },
    ],
    actions: [
      'lambda:UpdateFunctionConfiguration',
      'lambda:PublishVersion',
      'lambda:UpdateAlias',
      'lambda:DeleteFunction',
    ],
  },
  'a note that does not hold anymore': {
    steps: [
      { options: () => published() },
      { value: 2, options: () => published() },
      { value: 2, options: () => published(), before: rollBack },
    ],
    actions: ['lambda:UpdateAlias'],
  },
  'the end of a rollback, and a skill ID': {
    steps: [{}, { artifacts: SKILL, before: rollBack, value: 2 }],
    actions: [
      'lambda:UpdateFunctionCode',
      'lambda:PublishVersion',
      // One notes that code is being sent, so that an interrupted deployment goes on.
      'lambda:UpdateAlias',
      'lambda:UpdateAlias',
      'lambda:AddPermission',
      'lambda:RemovePermission',
    ],
  },
  'a package that goes through S3': {
    steps: [{}, { before: addLargeDependency }],
    actions: ['lambda:UpdateFunctionCode', 'lambda:PublishVersion'],
  },
};

for (const [name, { steps, actions }] of Object.entries(SCENARIOS)) {
  test(`the changes of a dry run are those of the deployment after it: ${name}`, async (t) => {
    const aws = await openStrictAws(t, { lag: 0 });
    await createBoundary(aws);
    await aws.client.createBucket(BUCKET);
    const project = createProject(t);
    for (const step of steps.slice(0, -1)) await deploy(aws, project, step);

    const last = steps.at(-1);
    await prepare(aws, project, last);
    const files = snapshot(project.path('.deploy'));
    const artifacts = snapshot(project.path('artifacts.json'));
    const dry = await run(aws, project, last, { dryRun: true });
    assert.deepEqual([...aws.requests, ...aws.s3.requests].filter(isWrite), []);
    assert.deepEqual(snapshot(project.path('.deploy')), files);
    assert.deepEqual(snapshot(project.path('artifacts.json')), artifacts);

    const real = await run(aws, project, last);
    assert.deepEqual(real.changes, dry.changes);
    assert.deepEqual(
      real.changes.map(({ iamAction }) => iamAction),
      actions,
    );
    const made = real.changes.map(({ iamAction, resource }) => `${iamAction} ${resource}`);
    assert.deepEqual(made.sort(), writes(aws).map(changeOf).sort());
    for (const { description } of real.changes) {
      // The line of a deployment may have the value instead.
      const [known, later] = description.split('(known after apply)');
      const isLine = (line) => (later === undefined ? line === known : line.startsWith(known));
      assert.ok(real.lines.some(isLine), description);
    }
  });
}

async function deploy(aws, project, step) {
  await prepare(aws, project, step);
  return run(aws, project, step);
}

async function prepare(aws, project, { artifacts = {}, before }) {
  for (const [key, value] of Object.entries(artifacts)) project.saveArtifact(key, value);
  await before?.(aws, project);
}

/** Deploys, or shows the changes. Returns them without those of the assets, and the lines. */
async function run(aws, project, { options = () => ({}), value = 1 }, overrides) {
  aws.settle();
  for (const { requests } of [aws, aws.s3]) requests.length = 0;
  const handler = `exports.handler = async () => ${value};\n`;
  const target = { s3Configuration: { bucketName: BUCKET }, ...options(aws) };
  const context = { ...project.context(target, { handler }), ...overrides };
  const { changes } = await litexa.deploy(context, context.logger);
  return {
    changes: changes.filter(({ iamAction }) => !iamAction.startsWith('s3:')),
    lines: context.logger.lines(),
  };
}

/**
 * Returns the requests that have changed something, without what carries the package: S3 objects of it,
 * and what Lambda only checks.
 */
function writes(aws) {
  const isCheck = ({ status, input }) => status >= 300 || input?.DryRun === true;
  const isPackage = ({ key }) => key?.startsWith('.litexa-deploy-aws/');
  const all = [...aws.requests, ...aws.s3.requests];
  return all.filter((one) => isWrite(one) && !isCheck(one) && !isPackage(one));
}

/** Names the action and the resource of a request. */
function changeOf({ service, operation, input }) {
  const { RoleName, TableName, logGroupName, FunctionName } = input;
  const arn = input.Resource ?? input.ResourceArn ?? input.resourceArn ?? '';
  const tagged = /(?:table\/|function:|log-group:)(.*)/.exec(arn)?.[1];
  const qualifier = FunctionName && (input.Name ?? input.Qualifier);
  const name = RoleName ?? TableName ?? logGroupName ?? FunctionName ?? tagged;
  return `${service}:${operation} ${qualifier ? `${name}:${qualifier}` : name}`;
}

async function createBoundary(aws) {
  const PolicyDocument = JSON.stringify({
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }],
  });
  await aws.client.iam('CreatePolicy', { PolicyName: BOUNDARY, PolicyDocument });
}

async function rollBack(aws) {
  const input = { FunctionVersion: '1' };
  await aws.client.lambda(`${NAMES.function}/aliases/${NAMES.alias}`, { method: 'PUT', input });
}

function addLargeDependency(aws, project) {
  project.installPackage('whale/index.js', crypto.randomBytes(51 * MIB));
}

/** Returns the content and the time of each file at or below a path. */
function snapshot(root) {
  const stat = fs.statSync(root, { throwIfNoEntry: false });
  if (!stat) return [];
  if (stat.isDirectory()) {
    return fs
      .readdirSync(root)
      .sort()
      .flatMap((name) => snapshot(path.join(root, name)));
  }
  const digest = crypto.createHash('sha256').update(fs.readFileSync(root)).digest('hex');
  return [[root, stat.mtimeMs, digest]];
}

test('a misspelt variable of a dry run deploys nothing', async (t) => {
  const aws = await openStrictAws(t);
  for (const name of ['LITEXA_DEPLOY_DRYRUN', 'LITEXA_DRY_RUN']) {
    const project = createProject(t);
    const context = project.context();
    setVariables(t, { [name]: '1' });
    await assert.rejects(litexa.deploy(context), {
      code: 'INVALID_OPTION',
      message: `the environment variable ${name} is not known. Did you mean LITEXA_DEPLOY_DRY_RUN?`,
    });
    delete process.env[name];
  }
  assert.deepEqual(aws.requests, []);
});
