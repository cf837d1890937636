'use strict';

// The role that the function runs with: shared by all skills, the skill's own, or the user's.

const assert = require('node:assert/strict');
const { test } = require('node:test');
const words = require('../support/aws/errors');
const { useCloud, temporarySkill, NAMES } = require('../support/litexa/skill');

const MANAGED = 'arn:aws:iam::aws:policy';
const BASICS = `${MANAGED}/service-role/AWSLambdaBasicExecutionRole`;
const STORE = `${MANAGED}/AmazonDynamoDBFullAccess`;
const METRICS = `${MANAGED}/CloudWatchFullAccess`;
const TOPICS = `${MANAGED}/AmazonSNSFullAccess`;

const cloud = useCloud();

const attached = async (role = NAMES.role) =>
  (await cloud.aws.listAttachedRolePolicies(role)).sort();

const attach = (PolicyArn) =>
  cloud.aws.iam('AttachRolePolicy', { RoleName: NAMES.role, PolicyArn });

const detach = (PolicyArn, RoleName = NAMES.role) =>
  cloud.aws.iam('DetachRolePolicy', { RoleName, PolicyArn });

const statement = (service) => ({
  Effect: 'Allow',
  Principal: { Service: service },
  Action: 'sts:AssumeRole',
});

/** AWS no longer lets these be attached. */
function retire(...policies) {
  cloud.answer('AttachRolePolicy', ({ body }) => {
    const arn = new URLSearchParams(body.toString()).get('PolicyArn');
    return policies.includes(arn) ? words.policyRetired(arn) : undefined;
  });
}

/** The dedicated role's own policy, or what somebody made of it. */
async function ownPolicy() {
  const xml = await cloud.aws.iam(
    'GetRolePolicy',
    { RoleName: NAMES.function, PolicyName: 'litexa_handler' },
    { absent: [404] },
  );
  const [, document] = /<PolicyDocument>([^<]*)</.exec(xml);
  return JSON.parse(decodeURIComponent(document));
}

test('the shared role is made with what handlers need, and Lambda may assume it', async (t) => {
  const { artifacts, lambdaIAMRoleName, lambdaIAMRoleARN } = await temporarySkill(t).deploy();

  const { arn, trust } = await cloud.aws.getRole(NAMES.role);
  assert.deepEqual(trust.Statement, [statement('lambda.amazonaws.com')]);
  assert.deepEqual(await attached(), [STORE, METRICS, BASICS].sort());
  assert.equal(artifacts.get('iamRole-litexa_handler_lambda'), arn);
  assert.deepEqual([lambdaIAMRoleName, lambdaIAMRoleARN], [NAMES.role, arn]);
});

test('policies that AWS has retired are replaced by their successors, once', async (t) => {
  retire(STORE, METRICS);
  const skill = temporarySkill(t);
  const { logger } = await skill.deploy();
  assert.deepEqual(await attached(), [`${STORE}_v2`, `${METRICS}V2`, BASICS].sort());
  assert.ok(logger.lines('log').some((line) => line.includes('AmazonDynamoDBFullAccess_v2')));

  cloud.proxy.clear();
  await skill.deploy();
  assert.deepEqual(cloud.proxy.writes(), []);
});

test('a new role that IAM does not know everywhere yet is tried again', async (t) => {
  cloud.answer('AttachRolePolicy', words.roleUnknown(NAMES.role), { times: 4 });
  await temporarySkill(t).deploy();
  assert.deepEqual(await attached(), [STORE, METRICS, BASICS].sort());
});

test('policies that users attached stay, and one that was taken away comes back', async (t) => {
  const skill = temporarySkill(t);
  await skill.deploy();
  await attach(TOPICS);
  await detach(STORE);
  cloud.proxy.clear();
  await skill.deploy();

  assert.deepEqual(await attached(), [STORE, METRICS, TOPICS, BASICS].sort());
  assert.deepEqual(cloud.proxy.writes(), ['iam:AttachRolePolicy']);
});

test('a trust without Lambda is mended, and whoever else may assume the role still may', async (t) => {
  const skill = temporarySkill(t);
  await skill.deploy();
  await cloud.aws.iam('UpdateAssumeRolePolicy', {
    RoleName: NAMES.role,
    PolicyDocument: JSON.stringify({
      Version: '2012-10-17',
      Statement: [statement('edgelambda.amazonaws.com')],
    }),
  });
  await skill.deploy();

  const { trust } = await cloud.aws.getRole(NAMES.role);
  const services = trust.Statement.map(({ Principal }) => Principal.Service);
  assert.deepEqual(services, ['edgelambda.amazonaws.com', 'lambda.amazonaws.com']);
});

test('a role deleted behind our back is made again', async (t) => {
  const skill = temporarySkill(t);
  await skill.deploy();
  for (const policy of await attached()) await detach(policy);
  await cloud.aws.iam('DeleteRole', { RoleName: NAMES.role });
  await skill.deploy();

  assert.equal((await attached()).length, 3);
});

test('a dedicated role reaches its own table, log group and metrics, and nothing else', async (t) => {
  const { artifacts } = await temporarySkill(t).deploy({ iamConfiguration: { role: 'dedicated' } });

  const { arn } = await cloud.aws.getRole(NAMES.function);
  const { Configuration } = await cloud.aws.getFunction(NAMES.function);
  assert.equal(Configuration.Role, arn);
  assert.deepEqual(await attached(NAMES.function), []);
  assert.equal(await cloud.aws.getRole(NAMES.role), undefined);
  assert.equal(artifacts.get('iamRole-litexa_handler_lambda'), undefined);

  const found = Object.fromEntries((await ownPolicy()).Statement.map((each) => [each.Sid, each]));
  assert.deepEqual(Object.keys(found).sort(), ['Logs', 'Metrics', 'Store']);
  const here = 'us-east-1:123456789012';
  assert.equal(found.Store.Resource, `arn:aws:dynamodb:${here}:table/${NAMES.table}`);
  assert.equal(found.Logs.Resource, `arn:aws:logs:${here}:log-group:${NAMES.logGroup}:*`);
  assert.equal(found.Metrics.Action, 'cloudwatch:PutMetricData');
  assert.deepEqual(found.Metrics.Condition, { StringEquals: { 'cloudwatch:namespace': 'Litexa' } });
});

test('a skill that changes to a role of its own waits until Lambda knows it', async (t) => {
  const skill = temporarySkill(t);
  await skill.deploy();
  cloud.answer('UpdateFunctionConfiguration', words.notAssumable(), { times: 2 });
  const { logger } = await skill.deploy({ iamConfiguration: { role: 'dedicated' } });

  const { Configuration } = await cloud.aws.getFunction(NAMES.function);
  assert.equal(Configuration.Role, (await cloud.aws.getRole(NAMES.function)).arn);
  assert.ok(logger.lines('log').some((line) => /configuration.*\bRole\b/.test(line)));
  assert.equal((await attached()).length, 3, 'other skills still need the shared one');
});

test('a dedicated role has the policies that the target names', async (t) => {
  const options = { iamConfiguration: { role: 'dedicated', policies: [TOPICS] } };
  const skill = temporarySkill(t);
  await skill.deploy(options);
  assert.deepEqual(await attached(NAMES.function), [TOPICS]);

  cloud.proxy.clear();
  await skill.deploy(options);
  assert.deepEqual(cloud.proxy.writes(), []);
});

test("a dedicated role's document changed behind our back is brought back", async (t) => {
  const skill = temporarySkill(t);
  const options = { iamConfiguration: { role: 'dedicated' } };
  await skill.deploy(options);
  const right = await ownPolicy();
  await cloud.aws.iam('PutRolePolicy', {
    RoleName: NAMES.function,
    PolicyName: 'litexa_handler',
    PolicyDocument: JSON.stringify({ ...right, Statement: right.Statement.slice(1) }),
  });
  await skill.deploy(options);
  assert.deepEqual(await ownPolicy(), right);
});

test('a dedicated role of a skill without a table reaches no table', async (t) => {
  await temporarySkill(t).deploy({
    iamConfiguration: { role: 'dedicated' },
    useSessionAttributesForPersistentStore: true,
  });
  const sids = (await ownPolicy()).Statement.map(({ Sid }) => Sid);
  assert.deepEqual(sids.sort(), ['Logs', 'Metrics']);
});

test('a policy that the target names and AWS does not know is an error that names it', async (t) => {
  retire(TOPICS);
  const { error } = await temporarySkill(t).refused({
    iamConfiguration: { role: 'dedicated', policies: [TOPICS] },
  });
  assert.equal(error.code, 'AWS_REQUEST_REJECTED');
  assert.match(error.message, /AmazonSNSFullAccess.*is not attachable/);
});

test("with lambdaConfiguration.Role the role is the user's business alone", async (t) => {
  await cloud.aws.iam('CreateRole', {
    RoleName: 'of-the-user',
    AssumeRolePolicyDocument: JSON.stringify({
      Version: '2012-10-17',
      Statement: [statement('lambda.amazonaws.com')],
    }),
  });
  const { arn } = await cloud.aws.getRole('of-the-user');
  await temporarySkill(t).deploy({ lambdaConfiguration: { Role: arn } });

  assert.equal((await cloud.aws.getFunction(NAMES.function)).Configuration.Role, arn);
  assert.deepEqual(await attached('of-the-user'), []);
  const toIam = cloud.proxy.requests.filter(({ service }) => service === 'iam');
  assert.deepEqual(toIam, []);
});
