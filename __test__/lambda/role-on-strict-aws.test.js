'use strict';

// Refusals of the function's role: waiting for what passes, and an error at once for what does not.

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { assertMentions } = require('../support/assertions');
const { openStrictAws } = require('../support/aws/use-strict-aws');
const { createProject, NAMES } = require('../support/litexa/project');

const VPC = { lambdaConfiguration: { VpcConfig: { SubnetIds: ['subnet-1'] } } };
const NETWORK_POLICY = 'policy/service-role/AWSLambdaVPCAccessExecutionRole';
const DEDICATED = { iamConfiguration: { role: 'dedicated' } };

/** Makes all roles of the account old, with all policies known. */
function ageRoles(aws) {
  aws.settle();
  for (const role of aws.iam().roles.values()) role.CreateDate = '2020-01-01T00:00:00Z';
}

/** Opens an account in which the skill, or another one, was deployed long ago. */
async function openUsedAws(t, { options, name = 'cats', region } = {}) {
  const aws = await openStrictAws(t, { region, lag: 0 });
  await createProject(t, { name }).deployHandler(options);
  ageRoles(aws);
  aws.requests.length = 0;
  return aws;
}

for (const [
  what,
  { region = 'us-east-1', partition = 'aws', role, name, options, operation },
] of Object.entries({
  'a new function with the shared role': {
    role: NAMES.role,
    name: 'dogs',
    operation: 'CreateFunction',
  },
  'an existing function with the shared role': {
    role: NAMES.role,
    operation: 'UpdateFunctionConfiguration',
  },
  'a function with a dedicated role in China': {
    region: 'cn-north-1',
    partition: 'aws-cn',
    role: NAMES.function,
    options: DEDICATED,
    operation: 'UpdateFunctionConfiguration',
  },
})) {
  test(`the error for ${what} in a VPC comes at once, with the policy and both ways to add it`, async (t) => {
    const aws = await openUsedAws(t, { region, options, name });
    const { error } = await createProject(t).failToDeployHandler({ ...options, ...VPC });
    assert.equal(aws.sent(operation).length, 1);
    const policy = `arn:${partition}:iam::aws:${NETWORK_POLICY}`;
    assertMentions(
      error.message,
      'CreateNetworkInterface',
      `aws iam attach-role-policy --role-name ${role} --policy-arn ${policy}`,
      `{"role": "dedicated", "policies": ["${policy}"]}`,
    );
  });
}

test('a right to another service that the shared role does not have is an error at once', async (t) => {
  const aws = await openUsedAws(t);
  const message =
    'The provided execution role does not have permissions to call SendMessage on SQS';
  const code = 'InvalidParameterValueException';
  const operation = 'UpdateFunctionConfiguration';
  aws.addFault({ kind: 'refused', operation, times: 9, code, message });
  const DeadLetterConfig = { TargetArn: `arn:aws:sqs:us-east-1:${aws.account}:dead` };
  const project = createProject(t);
  const { error } = await project.failToDeployHandler({
    lambdaConfiguration: { DeadLetterConfig },
  });
  assertMentions(error.message, message);
  assert.equal(aws.sent(operation).length, 1);
});

for (const [what, prepare] of Object.entries({
  'a policy that this deployment attaches': () => ({
    iamConfiguration: { role: 'dedicated', policies: [`arn:aws:iam::aws:${NETWORK_POLICY}`] },
  }),
  'a policy that was attached by hand a moment ago': async (aws) => {
    const PolicyArn = `arn:aws:iam::aws:${NETWORK_POLICY}`;
    await aws.client.iam('AttachRolePolicy', { RoleName: NAMES.role, PolicyArn });
    return {};
  },
})) {
  test(`${what} is waited for`, async (t) => {
    const aws = await openUsedAws(t);
    aws.lag = 1;
    const options = await prepare(aws);
    const { logger } = await createProject(t).deployHandler({ ...options, ...VPC });
    const { VpcConfig } = aws.inRegion().functions.get(NAMES.function).latest;
    assert.deepEqual(VpcConfig.SubnetIds, ['subnet-1']);
    assert.ok(logger.lines('log').some((line) => /^waiting: the role\b/.test(line)));
  });
}

test('a role that another deployment has just created is waited for', async (t) => {
  const aws = await openStrictAws(t);
  const trust = {
    Version: '2012-10-17',
    Statement: {
      Effect: 'Allow',
      Principal: { Service: 'lambda.amazonaws.com' },
      Action: 'sts:AssumeRole',
    },
  };
  const RoleName = NAMES.role;
  await aws.client.iam('CreateRole', { RoleName, AssumeRolePolicyDocument: JSON.stringify(trust) });
  aws.settle();
  const code = 'InvalidParameterValueException';
  const message = 'The role defined for the function cannot be assumed by Lambda.';
  aws.addFault({ kind: 'refused', operation: 'CreateFunction', code, message });
  await createProject(t).deployHandler();
  assert.ok(aws.inRegion().functions.has(NAMES.function));
});
