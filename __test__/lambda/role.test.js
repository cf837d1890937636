'use strict';

// The execution role: shared by all skills, dedicated to the skill, or provided by the user.

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { assertMentions, hintFor } = require('../support/assertions');
const errors = require('../support/aws/errors');
const { useAws } = require('../support/aws/use-aws');
const { createProject, NAMES } = require('../support/litexa/project');
const { element } = require('../support/xml');

const MANAGED = 'arn:aws:iam::aws:policy';
const LOGS = `${MANAGED}/service-role/AWSLambdaBasicExecutionRole`;
const TABLES = `${MANAGED}/AmazonDynamoDBFullAccess`;
const METRICS = `${MANAGED}/CloudWatchFullAccess`;
const TOPICS = `${MANAGED}/AmazonSNSFullAccess`;

const aws = useAws();

const attached = async (role = NAMES.role) =>
  (await aws.client.listAttachedRolePolicies(role)).sort();

const attach = (PolicyArn) =>
  aws.client.iam('AttachRolePolicy', { RoleName: NAMES.role, PolicyArn });

const detach = (PolicyArn, RoleName = NAMES.role) =>
  aws.client.iam('DetachRolePolicy', { RoleName, PolicyArn });

const trust = (service) => ({
  Effect: 'Allow',
  Principal: { Service: service },
  Action: 'sts:AssumeRole',
});

/** Rejects the attachment of policies as AWS rejects that of retired ones. */
function retire(...policies) {
  aws.answer('AttachRolePolicy', ({ body }) => {
    const arn = new URLSearchParams(body.toString()).get('PolicyArn');
    return policies.includes(arn) ? errors.policyNotAttachable(arn) : undefined;
  });
}

/** Returns the inline policy of the dedicated role. */
async function inlinePolicy() {
  const xml = await aws.client.iam(
    'GetRolePolicy',
    { RoleName: NAMES.function, PolicyName: 'litexa_handler' },
    { absent: [404] },
  );
  return JSON.parse(decodeURIComponent(element(xml, 'PolicyDocument')));
}

test('the shared role is created with the policies that handlers need, and Lambda may assume it', async (t) => {
  const { artifacts, lambdaIAMRoleName, lambdaIAMRoleARN } = await createProject(t).deployHandler();

  const { arn, trust: policy } = await aws.client.getRole(NAMES.role);
  assert.deepEqual(policy.Statement, [trust('lambda.amazonaws.com')]);
  assert.deepEqual(await attached(), [TABLES, METRICS, LOGS].sort());
  assert.equal(artifacts.get('iamRole-litexa_handler_lambda'), arn);
  assert.deepEqual([lambdaIAMRoleName, lambdaIAMRoleARN], [NAMES.role, arn]);
});

test('retired policies are replaced by their successors, once', async (t) => {
  retire(TABLES, METRICS);
  const project = createProject(t);
  const { logger } = await project.deployHandler();
  assert.deepEqual(await attached(), [`${TABLES}_v2`, `${METRICS}V2`, LOGS].sort());
  assert.ok(logger.lines('log').some((line) => line.includes('AmazonDynamoDBFullAccess_v2')));

  aws.clearRequests();
  await project.deployHandler();
  assert.deepEqual(aws.writes(), []);
});

test('attaching a policy is retried until all of IAM knows a new role', async (t) => {
  aws.answer('AttachRolePolicy', errors.roleNotFound(NAMES.role), { times: 4 });
  await createProject(t).deployHandler();
  assert.deepEqual(await attached(), [TABLES, METRICS, LOGS].sort());
});

test('policies that were attached out of band stay, and a detached one is attached again', async (t) => {
  const project = createProject(t);
  await project.deployHandler();
  await attach(TOPICS);
  await detach(TABLES);
  aws.clearRequests();
  await project.deployHandler();

  assert.deepEqual(await attached(), [TABLES, METRICS, TOPICS, LOGS].sort());
  assert.deepEqual(aws.writes(), ['iam:AttachRolePolicy']);
});

test('a trust policy without Lambda is repaired, and other services may still assume the role', async (t) => {
  const project = createProject(t);
  await project.deployHandler();
  await aws.client.iam('UpdateAssumeRolePolicy', {
    RoleName: NAMES.role,
    PolicyDocument: JSON.stringify({
      Version: '2012-10-17',
      Statement: [trust('edgelambda.amazonaws.com')],
    }),
  });
  await project.deployHandler();

  const { trust: policy } = await aws.client.getRole(NAMES.role);
  const services = policy.Statement.map(({ Principal }) => Principal.Service);
  assert.deepEqual(services, ['edgelambda.amazonaws.com', 'lambda.amazonaws.com']);
});

test('a role that was deleted out of band is created again', async (t) => {
  const project = createProject(t);
  await project.deployHandler();
  for (const policy of await attached()) await detach(policy);
  await aws.client.iam('DeleteRole', { RoleName: NAMES.role });
  await project.deployHandler();

  assert.equal((await attached()).length, 3);
});

test('a dedicated role may access its own table, log group and metrics only', async (t) => {
  const { artifacts } = await createProject(t).deployHandler({
    iamConfiguration: { role: 'dedicated' },
  });

  const { arn } = await aws.client.getRole(NAMES.function);
  const { Configuration } = await aws.client.getFunction(NAMES.function);
  assert.equal(Configuration.Role, arn);
  assert.deepEqual(await attached(NAMES.function), []);
  assert.equal(await aws.client.getRole(NAMES.role), undefined);
  assert.equal(artifacts.get('iamRole-litexa_handler_lambda'), undefined);

  const found = Object.fromEntries(
    (await inlinePolicy()).Statement.map((each) => [each.Sid, each]),
  );
  assert.deepEqual(Object.keys(found).sort(), ['Logs', 'Metrics', 'Store']);
  const here = 'us-east-1:123456789012';
  assert.equal(found.Store.Resource, `arn:aws:dynamodb:${here}:table/${NAMES.table}`);
  assert.equal(found.Logs.Resource, `arn:aws:logs:${here}:log-group:${NAMES.logGroup}:*`);
  assert.equal(found.Metrics.Action, 'cloudwatch:PutMetricData');
  assert.deepEqual(found.Metrics.Condition, { StringEquals: { 'cloudwatch:namespace': 'Litexa' } });
});

test('the change to a dedicated role is retried until Lambda knows the role', async (t) => {
  const project = createProject(t);
  await project.deployHandler();
  aws.answer('UpdateFunctionConfiguration', errors.roleNotAssumable(), { times: 2 });
  const { logger } = await project.deployHandler({ iamConfiguration: { role: 'dedicated' } });

  const { Configuration } = await aws.client.getFunction(NAMES.function);
  assert.equal(Configuration.Role, (await aws.client.getRole(NAMES.function)).arn);
  assert.ok(logger.lines('log').some((line) => /configuration.*\bRole\b/.test(line)));
  assert.equal((await attached()).length, 3, 'other skills still need the shared one');
});

test('a dedicated role has the policies that the target names', async (t) => {
  const options = { iamConfiguration: { role: 'dedicated', policies: [TOPICS] } };
  const project = createProject(t);
  await project.deployHandler(options);
  assert.deepEqual(await attached(NAMES.function), [TOPICS]);

  aws.clearRequests();
  await project.deployHandler(options);
  assert.deepEqual(aws.writes(), []);
});

test('the inline policy of a dedicated role that was changed out of band is restored', async (t) => {
  const project = createProject(t);
  const options = { iamConfiguration: { role: 'dedicated' } };
  await project.deployHandler(options);
  const original = await inlinePolicy();
  await aws.client.iam('PutRolePolicy', {
    RoleName: NAMES.function,
    PolicyName: 'litexa_handler',
    PolicyDocument: JSON.stringify({ ...original, Statement: original.Statement.slice(1) }),
  });
  await project.deployHandler(options);
  assert.deepEqual(await inlinePolicy(), original);
});

test('a dedicated role of a skill without a table may not access tables', async (t) => {
  await createProject(t).deployHandler({
    iamConfiguration: { role: 'dedicated' },
    useSessionAttributesForPersistentStore: true,
  });
  const sids = (await inlinePolicy()).Statement.map(({ Sid }) => Sid);
  assert.deepEqual(sids.sort(), ['Logs', 'Metrics']);
});

test('the error for a policy that AWS does not know names it', async (t) => {
  retire(TOPICS);
  const { error } = await createProject(t).failToDeployHandler({
    iamConfiguration: { role: 'dedicated', policies: [TOPICS] },
  });
  assert.equal(error.code, 'AWS_REQUEST_REJECTED');
  assert.match(error.message, /AmazonSNSFullAccess.*is not attachable.*iamConfiguration\.policies/);
});

/** Creates a role that this module does not manage, and returns its ARN. */
async function provideRole(service = 'lambda.amazonaws.com', Path = '/') {
  await aws.client.iam('CreateRole', {
    RoleName: 'provided',
    Path,
    AssumeRolePolicyDocument: JSON.stringify({
      Version: '2012-10-17',
      Statement: [trust(service)],
    }),
  });
  return (await aws.client.getRole('provided')).arn;
}

for (const path of ['/', '/service/cats/']) {
  test(`a role in lambdaConfiguration.Role is looked at, used and not changed: path ${path}`, async (t) => {
    const arn = await provideRole('lambda.amazonaws.com', path);
    await createProject(t).deployHandler({ lambdaConfiguration: { Role: arn } });

    assert.equal((await aws.client.getFunction(NAMES.function)).Configuration.Role, arn);
    assert.deepEqual(await attached('provided'), []);
    const toIam = aws.requests().filter(({ service }) => service === 'iam');
    assert.deepEqual(
      toIam.map(({ operation }) => operation),
      ['GetRole'],
    );
  });
}

for (const [what, prepare, Role, problem] of [
  ['does not exist', () => {}, 'arn:aws:iam::123456789012:role/provded', /does not exist/],
  [
    'has another path',
    provideRole,
    'arn:aws:iam::123456789012:role/app/provided',
    /role of this name/,
  ],
  [
    'is of another account',
    provideRole,
    'arn:aws:iam::999999999999:role/provided',
    /role of this name/,
  ],
  [
    'is for another service',
    () => provideRole('ec2.amazonaws.com'),
    'arn:aws:iam::123456789012:role/provided',
    /trust policy.*lambda\.amazonaws\.com/,
  ],
]) {
  test(`a role in lambdaConfiguration.Role that ${what} is an error before any change`, async (t) => {
    await prepare();
    const { error } = await createProject(t).failToDeployHandler({ lambdaConfiguration: { Role } });
    assert.equal(error.code, 'INVALID_OPTION');
    assertMentions(error.message, 'lambdaConfiguration.Role', Role, problem);
    assert.deepEqual(aws.writes(), []);
  });
}

test('a role in lambdaConfiguration.Role that may not be looked at is used, with one warning', async (t) => {
  const Role = await provideRole();
  aws.answer(
    'GetRole',
    errors.iamError(403, 'AccessDenied', 'User: a is not authorized to perform: iam:GetRole'),
  );
  const { logger } = await createProject(t).deployHandler({ lambdaConfiguration: { Role } });
  const warnings = logger.lines('warning').filter((line) => line.includes('iam:'));
  assert.equal(warnings.length, 1);
  assert.match(warnings[0], hintFor('iam:GetRole'));
});

for (const Action of ['sts:*', 'STS:AssumeRole', ['sts:assumerole', 'sts:TagSession']]) {
  test(`a trust policy with the action ${Action} is not changed`, async (t) => {
    const project = createProject(t);
    await project.deployHandler();
    const PolicyDocument = JSON.stringify({
      Version: '2012-10-17',
      Statement: { ...trust('lambda.amazonaws.com'), Action },
    });
    await aws.client.iam('UpdateAssumeRolePolicy', { RoleName: NAMES.role, PolicyDocument });
    aws.clearRequests();
    await project.deployHandler();
    assert.deepEqual(aws.writes(), []);
  });
}
