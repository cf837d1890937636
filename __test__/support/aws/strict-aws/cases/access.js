'use strict';

const { ACCOUNT, ARN, FUNCTION, NEW_CODE, ROLE, ROLE_ARN } = require('./fixtures');
const { callerWith, createFunction, createRole, send } = require('./fixtures');
const { invokeAll } = require('../client');

const allow = (Action, rest) => ({ Effect: 'Allow', Action, Resource: '*', ...rest });
const deny = (Action, rest) => ({ ...allow(Action, rest), Effect: 'Deny' });
const when = (Action, operator, key, value) =>
  allow(Action, { Condition: { [operator]: { [key]: value } } });

/** A server whose only caller has a policy. */
const asCaller = (...statements) => ({ lag: 0, keys: callerWith(...statements) });

/** Makes requests before the caller's policy holds. */
const before =
  (...requests) =>
  async (server) => {
    const [key] = Object.values(server.keys);
    const { policy } = key;
    delete key.policy;
    await invokeAll(server, ...requests);
    server.settle();
    key.policy = policy;
  };

const PERMISSION = {
  FunctionName: 'cats',
  StatementId: 'alexa',
  Action: 'lambda:InvokeFunction',
  Principal: 'alexa-appkit.amazon.com',
};

const BASIC = 'arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole';
const BOUNDARY = 'arn:aws:iam::aws:policy/AdministratorAccess';
const attach = ['iam:AttachRolePolicy', { RoleName: 'cats', PolicyArn: BASIC }];
const BOUND_ROLE = { ...ROLE, PermissionsBoundary: BOUNDARY };

module.exports = [
  {
    rule: 'identity-policy',
    title: 'CreateLogGroup by a caller who may describe log groups only',
    options: asCaller(allow('logs:DescribeLogGroups')),
    request: send(['logs:CreateLogGroup', { logGroupName: '/aws/lambda/cats' }]),
    answer: {
      status: 400,
      code: 'AccessDeniedException',
      message:
        /user\/deployer is not authorized to perform: logs:CreateLogGroup on resource: arn:aws:logs:us-east-1:123456789012:log-group:\/aws\/lambda\/cats:log-stream: because no identity-based policy allows/,
    },
  },
  {
    rule: 'identity-policy',
    title: 'a right to another function',
    options: asCaller(allow('lambda:*', { Resource: ARN.replace('cats', 'dogs') })),
    given: before(createRole, createFunction),
    request: send(['lambda:GetFunctionConfiguration', { FunctionName: 'cats' }]),
    answer: { status: 403, code: 'AccessDeniedException' },
  },
  {
    rule: 'identity-policy',
    title: 'CreateRole by a caller without rights at IAM',
    options: asCaller(allow('lambda:*')),
    request: send(createRole),
    answer: { status: 403, code: 'AccessDenied', message: /iam:CreateRole/ },
  },
  {
    rule: 'identity-policy',
    title: 'a layer that the caller may not read',
    options: asCaller(allow(['lambda:CreateFunction', 'iam:PassRole'])),
    given: before(createRole),
    request: send(['lambda:CreateFunction', { ...FUNCTION, Layers: [`${ARN}:layer:1`] }]),
    answer: { status: 403, message: /lambda:GetLayerVersion/ },
  },
  {
    rule: 'identity-policy',
    title: 'code in S3 that the caller may not read',
    options: asCaller(allow('lambda:*')),
    given: before(createRole, createFunction),
    request: send([
      'lambda:UpdateFunctionCode',
      { FunctionName: 'cats', S3Bucket: 'code', S3Key: 'cats.zip' },
    ]),
    answer: { status: 403, message: /s3:GetObject on resource: arn:aws:s3:::code\/cats\.zip/ },
  },
  {
    rule: 'identity-policy',
    title: 'tags by a caller who may not set them',
    options: asCaller(allow('dynamodb:CreateTable')),
    request: send([
      'dynamodb:CreateTable',
      { TableName: 'cats', Tags: [{ Key: 'a', Value: '1' }] },
    ]),
    answer: { status: 400, message: /dynamodb:TagResource/ },
  },
  {
    rule: 'explicit-deny',
    title: 'a Deny beside an Allow',
    options: asCaller(allow('*'), deny('lambda:UpdateFunctionCode')),
    given: before(createRole, createFunction),
    request: send(['lambda:UpdateFunctionCode', NEW_CODE]),
    answer: { status: 403, code: 'AccessDeniedException', message: /with an explicit deny in/ },
  },
  {
    rule: 'qualified-resource',
    title: 'a right to a function, and a request about its alias',
    options: asCaller(allow('lambda:*', { Resource: ARN })),
    given: before(createRole, createFunction),
    request: send(['lambda:GetPolicy', { FunctionName: 'cats', Qualifier: 'LIVE' }]),
    answer: { status: 403, message: new RegExp(`lambda:GetPolicy on resource: ${ARN}:LIVE `) },
  },
  {
    title: 'a right to the aliases of a function',
    options: asCaller(allow('lambda:*', { Resource: `${ARN}:*` })),
    given: before(createRole, createFunction),
    request: send(['lambda:GetPolicy', { FunctionName: 'cats', Qualifier: 'LIVE' }]),
    answer: { status: 404, code: 'ResourceNotFoundException' },
  },
  {
    rule: 'pass-role',
    title: 'CreateFunction by a caller who may not pass the role',
    options: asCaller(allow('lambda:*')),
    given: before(createRole),
    request: send(createFunction),
    answer: {
      status: 403,
      code: 'AccessDeniedException',
      message: new RegExp(`iam:PassRole on resource: ${ROLE_ARN}`),
    },
  },
  {
    rule: 'pass-role',
    title: 'a role that may be passed to another service only',
    options: asCaller(
      allow('lambda:*'),
      when('iam:PassRole', 'StringEquals', 'iam:PassedToService', 'ec2.amazonaws.com'),
    ),
    given: before(createRole, createFunction),
    request: send(['lambda:UpdateFunctionConfiguration', { FunctionName: 'cats', Role: ROLE_ARN }]),
    answer: { status: 403, message: /iam:PassRole/ },
  },
  {
    title: 'a role that may be passed to Lambda',
    options: asCaller(
      allow('lambda:*'),
      when('iam:PassRole', 'StringEquals', 'iam:PassedToService', 'lambda.amazonaws.com'),
    ),
    given: before(createRole),
    request: send(createFunction),
    answer: { status: 201 },
  },
  {
    rule: 'condition-resource-account',
    title: 'a right to resources of the own account',
    options: asCaller(when('logs:*', 'StringEquals', 'aws:ResourceAccount', ACCOUNT)),
    request: send(['logs:DescribeLogGroups', {}]),
    answer: { status: 200 },
  },
  {
    rule: 'condition-policy-arn',
    title: 'a right to attach one managed policy',
    options: asCaller(when('iam:AttachRolePolicy', 'ArnEquals', 'iam:PolicyARN', BASIC)),
    given: before(createRole),
    request: send(attach),
    answer: { status: 200 },
  },
  {
    title: 'another managed policy than the one that may be attached',
    options: asCaller(when('iam:AttachRolePolicy', 'ArnEquals', 'iam:PolicyARN', BASIC)),
    given: before(createRole),
    request: send(['iam:AttachRolePolicy', { RoleName: 'cats', PolicyArn: BOUNDARY }]),
    answer: { status: 403, code: 'AccessDenied' },
  },
  {
    rule: 'condition-permissions-boundary',
    title: 'a right to create roles with a boundary',
    options: asCaller(when('iam:*', 'StringEquals', 'iam:PermissionsBoundary', BOUNDARY)),
    request: send(['iam:CreateRole', BOUND_ROLE]),
    answer: { status: 200 },
  },
  {
    rule: 'condition-permissions-boundary',
    title: 'a right to change the policies of roles with a boundary',
    options: asCaller(when('iam:*', 'StringEquals', 'iam:PermissionsBoundary', BOUNDARY)),
    given: before(['iam:CreateRole', BOUND_ROLE]),
    request: send(attach),
    answer: { status: 200 },
  },
  {
    title: 'a role without the boundary that the right demands',
    options: asCaller(when('iam:*', 'StringEquals', 'iam:PermissionsBoundary', BOUNDARY)),
    given: before(createRole),
    request: send(attach),
    answer: { status: 403, code: 'AccessDenied' },
  },
  {
    rule: 'condition-lambda-principal',
    title: 'a right to let one service invoke functions',
    options: asCaller(
      when('lambda:*', 'StringEquals', 'lambda:Principal', 'alexa-appkit.amazon.com'),
    ),
    given: before(createRole, createFunction),
    request: send(['lambda:AddPermission', PERMISSION]),
    answer: { status: 201 },
  },
  {
    title: 'another principal than the one that may be let in',
    options: asCaller(
      when('lambda:*', 'StringEquals', 'lambda:Principal', 'alexa-appkit.amazon.com'),
    ),
    given: before(createRole, createFunction),
    request: send(['lambda:AddPermission', { ...PERMISSION, Principal: '*' }]),
    answer: { status: 403, code: 'AccessDeniedException' },
  },
  {
    rule: 'condition-tags',
    title: 'a right to some tags',
    options: asCaller(when('logs:*', 'ForAllValues:StringEquals', 'aws:TagKeys', ['team'])),
    request: send(['logs:CreateLogGroup', { logGroupName: '/aws/a', tags: { owner: 'me' } }]),
    answer: { status: 400, code: 'AccessDeniedException' },
  },
];
