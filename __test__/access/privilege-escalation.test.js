'use strict';

// The documented policies do not let their user gain more rights: each known way is tried and refused.
//
// The ways are those of https://github.com/RhinoSecurityLabs/AWS-IAM-Privilege-Escalation and of
// https://pathfinding.cloud that begin with a right of this policy, or with one that is close to it.
// Decisions follow
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html.

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { describe, test } = require('node:test');
const { createUser, documentedStatements } = require('../support/aws/iam-user');
const { invoke } = require('../support/aws/strict-aws/client');
const { evaluate } = require('../support/aws/strict-s3/policy');
const { openStrictAws } = require('../support/aws/use-strict-aws');

const ACCOUNT = '123456789012';
const BUCKET = 'cats-assets';

const filledIn = (value) =>
  JSON.parse(
    JSON.stringify(value).replaceAll('myAccountId', ACCOUNT).replaceAll('myBucketName', BUCKET),
  );

const POLICY = filledIn({ Version: '2012-10-17', Statement: documentedStatements() });

const BOUNDARY_FILE = path.join(__dirname, '..', '..', 'docs', 'iam-boundary.json');
const BOUNDARY_POLICY = filledIn(JSON.parse(fs.readFileSync(BOUNDARY_FILE, 'utf8')));

const iam = (resource) => `arn:aws:iam::${ACCOUNT}:${resource}`;
const role = (name) => iam(`role/${name}`);
const fn = (name) => `arn:aws:lambda:us-east-1:${ACCOUNT}:function:${name}`;
const table = (name) => `arn:aws:dynamodb:us-east-1:${ACCOUNT}:table/${name}`;

const SHARED = role('litexa_handler_lambda');
const DEDICATED = role('cats_beta_litexa_handler');
const OTHER_ROLE = role('admin');
const OWN = fn('cats_beta_litexa_handler');
const OTHER = fn('payments');
const ADMIN = 'arn:aws:iam::aws:policy/AdministratorAccess';
const BOUNDARY = iam('policy/litexa-boundary');
const DEPLOYER = iam('user/deployer');

const managed = (name) => ({ 'iam:policyarn': `arn:aws:iam::aws:policy/${name}` });
const within = (boundary) => ({ 'iam:permissionsboundary': boundary });
const passedTo = (service) => ({ 'iam:passedtoservice': `${service}.amazonaws.com` });
const invokedBy = (principal) => ({ 'lambda:principal': principal });

/** A step of a way: an action on a resource, with values of condition keys. */
const step = (action, resource, context = {}) => ({ action, resource, context });
const createFunction = step('lambda:CreateFunction', OWN);

/** The ways, each with its steps. All of them would have to be allowed. */
const WAYS = {
  // Policies of users, groups and the account.
  CreateNewPolicyVersion: [step('iam:CreatePolicyVersion', BOUNDARY)],
  SetExistingDefaultPolicyVersion: [step('iam:SetDefaultPolicyVersion', BOUNDARY)],
  CreatePolicy: [step('iam:CreatePolicy', iam('policy/mine'))],
  AttachUserPolicy: [step('iam:AttachUserPolicy', DEPLOYER, managed('AdministratorAccess'))],
  AttachGroupPolicy: [step('iam:AttachGroupPolicy', iam('group/all'))],
  PutUserPolicy: [step('iam:PutUserPolicy', DEPLOYER)],
  PutGroupPolicy: [step('iam:PutGroupPolicy', iam('group/all'))],
  AddUserToGroup: [step('iam:AddUserToGroup', iam('group/admins'))],
  'removal of the own boundary': [step('iam:DeleteUserPermissionsBoundary', DEPLOYER)],
  // Credentials of others.
  CreateAccessKey: [step('iam:CreateAccessKey', iam('user/admin'))],
  CreateLoginProfile: [step('iam:CreateLoginProfile', iam('user/admin'))],
  UpdateLoginProfile: [step('iam:UpdateLoginProfile', iam('user/admin'))],
  'AssumeRole of an administrator': [step('sts:AssumeRole', OTHER_ROLE)],
  // Policies of roles.
  'AttachRolePolicy to the shared role': [
    step('iam:AttachRolePolicy', SHARED, managed('AdministratorAccess')),
  ],
  'AttachRolePolicy of a policy whose name begins like an allowed one': [
    step('iam:AttachRolePolicy', SHARED, managed('CloudWatchFullAccessAndMore')),
  ],
  'AttachRolePolicy of the own account to the shared role': [
    step('iam:AttachRolePolicy', SHARED, { 'iam:policyarn': iam('policy/CloudWatchFullAccess') }),
  ],
  'AttachRolePolicy to a dedicated role without a boundary': [
    step('iam:AttachRolePolicy', DEDICATED, managed('AdministratorAccess')),
  ],
  'AttachRolePolicy to a dedicated role with another boundary': [
    step('iam:AttachRolePolicy', DEDICATED, {
      ...managed('AdministratorAccess'),
      ...within(ADMIN),
    }),
  ],
  'AttachRolePolicy to another role': [
    step('iam:AttachRolePolicy', OTHER_ROLE, {
      ...managed('CloudWatchFullAccess'),
      ...within(BOUNDARY),
    }),
  ],
  'PutRolePolicy on the shared role': [step('iam:PutRolePolicy', SHARED)],
  'PutRolePolicy on the shared role with the boundary': [
    step('iam:PutRolePolicy', SHARED, within(BOUNDARY)),
  ],
  'PutRolePolicy on a dedicated role without a boundary': [step('iam:PutRolePolicy', DEDICATED)],
  'PutRolePolicy on another role': [step('iam:PutRolePolicy', OTHER_ROLE, within(BOUNDARY))],
  'CreateRole of a dedicated role without a boundary': [step('iam:CreateRole', DEDICATED)],
  'CreateRole of a dedicated role with a boundary that allows everything': [
    step('iam:CreateRole', DEDICATED, within(ADMIN)),
  ],
  'CreateRole of another name': [step('iam:CreateRole', role('mine'), within(BOUNDARY))],
  'CreateRole with the shared name on a path': [
    step('iam:CreateRole', role('mine/litexa_handler_lambda')),
  ],
  'a dedicated role gets a wider boundary': [
    step('iam:PutRolePermissionsBoundary', DEDICATED, within(ADMIN)),
  ],
  'a dedicated role loses its boundary': [
    step('iam:DeleteRolePermissionsBoundary', DEDICATED, within(BOUNDARY)),
  ],
  // Trust policies.
  'UpdateAssumeRolePolicy of the shared role': [step('iam:UpdateAssumeRolePolicy', SHARED)],
  'UpdateAssumeRolePolicy of a dedicated role': [
    step('iam:UpdateAssumeRolePolicy', DEDICATED, within(BOUNDARY)),
  ],
  'UpdateAssumeRolePolicy of another role': [step('iam:UpdateAssumeRolePolicy', OTHER_ROLE)],
  'UpdateRole of a dedicated role': [step('iam:UpdateRole', DEDICATED)],
  'tags of another role, for policies that depend on them': [step('iam:TagRole', OTHER_ROLE)],
  'tags of the shared role': [step('iam:TagRole', SHARED)],
  // A role that is passed to a service.
  PassExistingRoleToNewLambdaThenInvoke: [
    step('iam:PassRole', OTHER_ROLE, passedTo('lambda')),
    createFunction,
  ],
  'UpdateFunctionConfiguration with another role': [
    step('iam:PassRole', OTHER_ROLE, passedTo('lambda')),
    step('lambda:UpdateFunctionConfiguration', OWN),
  ],
  'PassRole of a role whose name ends as a dedicated one, on a path': [
    step('iam:PassRole', role('admins/litexa_handler'), passedTo('lambda')),
  ],
  ...Object.fromEntries(
    [
      ['ec2', 'ec2:RunInstances'],
      ['glue', 'glue:CreateDevEndpoint'],
      ['glue', 'glue:CreateJob'],
      ['cloudformation', 'cloudformation:CreateStack'],
      ['datapipeline', 'datapipeline:CreatePipeline'],
      ['sagemaker', 'sagemaker:CreateNotebookInstance'],
      ['codebuild', 'codebuild:CreateProject'],
      ['ecs-tasks', 'ecs:RunTask'],
      ['states', 'states:CreateStateMachine'],
      ['edgelambda', 'cloudfront:UpdateDistribution'],
    ].flatMap(([service, action]) =>
      [SHARED, DEDICATED].map((arn) => [
        `PassRole of ${arn.split('/').pop()} to ${service}, ${action}`,
        [step('iam:PassRole', arn, passedTo(service))],
      ]),
    ),
  ),
  // Functions of others, and who may invoke the own ones.
  EditExistingLambdaFunctionWithRole: [step('lambda:UpdateFunctionCode', OTHER)],
  'a layer for the function of another': [step('lambda:UpdateFunctionConfiguration', OTHER)],
  'a function whose name only contains that of a handler': [
    step('lambda:UpdateFunctionCode', fn('cats_beta_litexa_handler_payments')),
  ],
  UpdateLambdaFunctionAndAddPermission: [
    step('lambda:UpdateFunctionCode', OWN),
    step('lambda:AddPermission', OWN, invokedBy(DEPLOYER)),
  ],
  'AddPermission for anyone': [step('lambda:AddPermission', `${OWN}:release-0`, invokedBy('*'))],
  'AddPermission for another account': [
    step('lambda:AddPermission', OWN, invokedBy('999999999999')),
  ],
  'AddPermission for another service': [
    step('lambda:AddPermission', OWN, invokedBy('s3.amazonaws.com')),
  ],
  'AddPermission on the function of another': [
    step('lambda:AddPermission', OTHER, invokedBy('alexa-appkit.amazon.com')),
  ],
  'invocation of a function': [step('lambda:InvokeFunction', OWN)],
  'a URL for a function': [step('lambda:CreateFunctionUrlConfig', OWN)],
  PassExistingRoleToNewLambdaThenTriggerWithDynamo: [
    step('iam:PassRole', SHARED, passedTo('lambda')),
    createFunction,
    step('lambda:CreateEventSourceMapping', '*'),
  ],
  UpdateExistingGlueDevEndpoint: [step('glue:UpdateDevEndpoint', '*')],
  // Data of others.
  'PutBucketPolicy of another bucket': [step('s3:PutBucketPolicy', 'arn:aws:s3:::payments')],
  'objects of another bucket': [step('s3:PutObject', 'arn:aws:s3:::payments/index.html')],
  'items of a table': [step('dynamodb:GetItem', table('cats_beta_litexa_handler_state'))],
  'a policy for a table': [
    step('dynamodb:PutResourcePolicy', table('cats_beta_litexa_handler_state')),
  ],
  'the table of another': [step('dynamodb:UpdateTable', table('payments'))],
  'logs of another function': [
    step('logs:GetLogEvents', `arn:aws:logs:us-east-1:${ACCOUNT}:log-group:/aws/lambda/payments:*`),
  ],
};

const isAllowed = (policy, { action, resource, context }) =>
  evaluate(policy, { action, resource, context }) === 'Allow';

describe('a way to more rights is refused at one of its steps', () => {
  for (const [name, steps] of Object.entries(WAYS)) {
    test(name, () => {
      const refused = steps.filter((one) => !isAllowed(POLICY, one));
      assert.notDeepEqual(refused, [], 'each step is allowed');
    });
  }
});

/** Steps that the policy has to allow, so that the rows above are not refused for another reason. */
const DEPLOYMENT = [
  step('iam:CreateRole', SHARED),
  step('iam:AttachRolePolicy', SHARED, managed('service-role/AWSLambdaBasicExecutionRole')),
  step('iam:PassRole', SHARED, passedTo('lambda')),
  step('iam:CreateRole', DEDICATED, within(BOUNDARY)),
  step('iam:AttachRolePolicy', DEDICATED, {
    ...managed('AmazonSNSFullAccess'),
    ...within(BOUNDARY),
  }),
  step('iam:PutRolePolicy', DEDICATED, within(BOUNDARY)),
  step('iam:PutRolePermissionsBoundary', DEDICATED, within(BOUNDARY)),
  step('iam:PassRole', DEDICATED, passedTo('lambda')),
  createFunction,
  step('lambda:UpdateFunctionCode', OWN),
  step('lambda:AddPermission', `${OWN}:release-0`, invokedBy('alexa-appkit.amazon.com')),
];

test('what a deployment needs is allowed', () => {
  for (const one of DEPLOYMENT) assert.ok(isAllowed(POLICY, one), JSON.stringify(one));
});

/**
 * Actions that the code of a skill cannot have with the policies that a deployer may give to a dedicated role: any
 * policy, within the boundary.
 */
const BEYOND_THE_BOUNDARY = [
  step('iam:CreateUser', iam('user/mine')),
  step('iam:PutUserPolicy', DEPLOYER),
  step('iam:DeleteRolePermissionsBoundary', DEDICATED),
  step('sts:AssumeRole', OTHER_ROLE),
  step('lambda:UpdateFunctionCode', OTHER),
  step('dynamodb:DeleteTable', table('cats_beta_litexa_handler_state')),
  step('dynamodb:GetItem', table('payments')),
  step('s3:GetObject', 'arn:aws:s3:::payments/index.html'),
  step(
    'logs:GetLogEvents',
    `arn:aws:logs:us-east-1:${ACCOUNT}:log-group:/aws/lambda/cats_beta_litexa_handler:*`,
  ),
  step('cloudwatch:PutMetricData', '*', { 'cloudwatch:namespace': 'AWS/Billing' }),
  step('secretsmanager:GetSecretValue', '*'),
];

test('a dedicated role cannot do more than its boundary allows, whatever its policies say', () => {
  const everything = { Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }] };
  for (const one of BEYOND_THE_BOUNDARY) {
    assert.ok(isAllowed(everything, one));
    assert.ok(!isAllowed(BOUNDARY_POLICY, one), JSON.stringify(one));
  }
});

/** Requests that AWS refuses to a user with this policy. */
const REQUESTS = {
  'iam:UpdateAssumeRolePolicy': { RoleName: 'litexa_handler_lambda', PolicyDocument: '{}' },
  'iam:PutRolePolicy': {
    RoleName: 'cats_beta_litexa_handler',
    PolicyName: 'mine',
    PolicyDocument: JSON.stringify(POLICY),
  },
  'iam:AttachRolePolicy': { RoleName: 'litexa_handler_lambda', PolicyArn: ADMIN },
  'iam:CreateRole': { RoleName: 'dogs_beta_litexa_handler', AssumeRolePolicyDocument: '{}' },
  'iam:PutRolePermissionsBoundary': {
    RoleName: 'cats_beta_litexa_handler',
    PermissionsBoundary: ADMIN,
  },
  'iam:DeleteRolePermissionsBoundary': { RoleName: 'cats_beta_litexa_handler' },
  'lambda:AddPermission': {
    FunctionName: 'cats_beta_litexa_handler',
    StatementId: 'mine',
    Action: 'lambda:InvokeFunction',
    Principal: '*',
  },
  'lambda:UpdateFunctionCode': { FunctionName: 'payments', ZipFile: 'UEsFBg==' },
};

test('AWS refuses these requests of a user with the policy, and names the action', async (t) => {
  const aws = await openStrictAws(t, { lag: 0 });
  const trust = JSON.stringify({
    Version: '2012-10-17',
    Statement: [
      { Effect: 'Allow', Principal: { Service: 'lambda.amazonaws.com' }, Action: 'sts:AssumeRole' },
    ],
  });
  for (const RoleName of ['litexa_handler_lambda', 'cats_beta_litexa_handler']) {
    await aws.client.iam('CreateRole', { RoleName, AssumeRolePolicyDocument: trust });
  }
  const { accessKeyId, secretAccessKey: secret } = await createUser(aws.client, POLICY.Statement);
  for (const [name, input] of Object.entries(REQUESTS)) {
    const { status, body } = await invoke(aws, name, input, { accessKeyId, secret });
    assert.equal(status, 403, `${name}: ${body}`);
    assert.match(body, new RegExp(`not authorized to perform: ${name} `));
  }
});
