'use strict';

// Decides whether the caller's policy allows a request, with the condition keys of IAM and Lambda.

const { AwsError } = require('./errors');
const { functionOf, logGroupArn, roleArn, tableArn } = require('./resources');
const { tagsOf } = require('./tags');
const { evaluate, list } = require('../strict-s3/policy');

const EVALUATION =
  'https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html';
const AUTHORIZATION = 'https://docs.aws.amazon.com/service-authorization/latest/reference';
const IAM_KEYS =
  'https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html';

const RESOURCES = {
  lambda(call) {
    if (call.operation === 'ListFunctions') return '*';
    const { arn } = functionOf(call);
    return call.rule('qualified-resource') ?? arn;
  },
  iam(call) {
    const { input, partition, account, operation, iam } = call;
    if (operation === 'ListRoles') return roleArn(call, '', '/');
    if (input.RoleName) return iam.roles.get(input.RoleName)?.Arn ?? roleArn(call, input.RoleName);
    if (input.PolicyArn) return input.PolicyArn;
    if (input.PolicyName) return `arn:${partition}:iam::${account}:policy/${input.PolicyName}`;
    return `arn:${partition}:iam::${account}:user/${input.UserName}`;
  },
  dynamodb(call) {
    const { TableName, ResourceArn, BackupArn } = call.input;
    if (call.operation === 'ListTables') return '*';
    return ResourceArn ?? BackupArn ?? tableArn(call, TableName);
  },
  logs(call) {
    const { logGroupName = '', logStreamName = '', resourceArn, logGroupIdentifiers } = call.input;
    if (['GetQueryResults', 'StopQuery'].includes(call.operation)) return '*';
    const arn = resourceArn ?? logGroupIdentifiers?.[0];
    const name = arn ? String(arn).split(':log-group:')[1] : logGroupName;
    const stream = call.operation === 'GetLogEvents' ? logStreamName : '';
    return `${logGroupArn(call, String(name).replace(/:\*$/, ''))}:log-stream:${stream}`;
  },
};

/** Actions that are not named after their operation. */
const ACTIONS = { 'lambda:Invoke': 'lambda:InvokeFunction' };

/** Refuses a request that the caller may not make. */
function authorize(call) {
  if (call.service === 'sts') return;
  const name = `${call.service}:${call.operation}`;
  const action = ACTIONS[name] ?? name;
  const needed = [[action, RESOURCES[call.service](call)], ...additionalActions(call)];
  for (const [one, resource] of needed) requireAction(call, one, resource, contextOf(call));
  call.rule('pass-role');
}

/** Actions that fields of a request need in addition, with their resources. */
function additionalActions(call) {
  const { service, operation, input } = call;
  const resource = RESOURCES[service](call);
  const has = (value) => value && Object.keys(value).length > 0;
  const tagged = {
    'lambda:CreateFunction': input.Tags,
    'dynamodb:CreateTable': input.Tags,
    'logs:CreateLogGroup': input.tags,
    'iam:CreateRole': input.Tags,
  }[`${service}:${operation}`];
  const tagAction = service === 'iam' ? 'iam:TagRole' : `${service}:TagResource`;
  return [
    ...(has(tagged) ? [[tagAction, resource]] : []),
    ...list(service === 'lambda' ? input.Layers : undefined).map((layer) => [
      'lambda:GetLayerVersion',
      layer,
    ]),
    ...(input.S3Bucket || input.Code?.S3Bucket ? [['s3:GetObject', codeObjectArn(call)]] : []),
  ];
}

function codeObjectArn({ input, partition }) {
  const { S3Bucket, S3Key } = input.Code ?? input;
  return `arn:${partition}:s3:::${S3Bucket}/${S3Key}`;
}

/** The values of the condition keys, by their names in lower case. */
function contextOf(call) {
  return {
    'aws:requestedregion': call.region,
    'aws:principalaccount': call.account,
    ...call.rule('condition-resource-account'),
    ...call.rule('condition-policy-arn'),
    ...call.rule('condition-permissions-boundary'),
    ...call.rule('condition-lambda-principal'),
    ...call.rule('condition-tags'),
    ...call.rule('condition-leading-keys'),
  };
}

function requireAction(call, action, resource, context) {
  const { caller } = call;
  if (!caller.policy) return;
  const verdict = evaluate(caller.policy, { action, resource, caller, context });
  if (verdict === 'Deny') call.rule('explicit-deny', action, resource);
  if (verdict === undefined) call.rule('identity-policy', action, resource);
}

function denied({ caller, service }, action, resource, reason) {
  const code = service === 'iam' ? 'AccessDenied' : 'AccessDeniedException';
  const status = service === 'dynamodb' || service === 'logs' ? 400 : 403;
  const message = `User: ${caller.arn} is not authorized to perform: ${action} on resource: ${resource} ${reason}`;
  return new AwsError(status, code, message);
}

const RULES = [
  {
    name: 'identity-policy',
    rule: 'A caller whose policy does not allow an action is refused: AccessDeniedException (IAM: AccessDenied), which names the action and the resource. Tags, layers and code in S3 need the actions on them, too.',
    source: EVALUATION,
    apply(call, action, resource) {
      const reason = `because no identity-based policy allows the ${action} action`;
      throw denied(call, action, resource, reason);
    },
  },
  {
    name: 'explicit-deny',
    rule: 'A Deny holds whatever another statement allows; the message ends "with an explicit deny …".',
    source: EVALUATION,
    apply(call, action, resource) {
      throw denied(call, action, resource, 'with an explicit deny in an identity-based policy');
    },
  },
  {
    name: 'qualified-resource',
    rule: 'The resource of a request with a Qualifier is the alias or the version, not the function.',
    source: 'https://github.com/juanjoDiaz/serverless-plugin-warmup/issues/304',
    apply(call) {
      const { arn, qualifier } = functionOf(call);
      return qualifier ? `${arn}:${qualifier}` : arn;
    },
  },
  {
    name: 'pass-role',
    rule: 'A request that gives a function its role needs iam:PassRole on that role, with iam:PassedToService lambda.amazonaws.com: else 403 AccessDeniedException about iam:PassRole.',
    source: 'https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html',
    apply(call) {
      const { service, operation, input } = call;
      const takesRole = ['CreateFunction', 'UpdateFunctionConfiguration'].includes(operation);
      if (service !== 'lambda' || !takesRole || !input.Role) return;
      const context = { ...contextOf(call), 'iam:passedtoservice': 'lambda.amazonaws.com' };
      requireAction(call, 'iam:PassRole', input.Role, context);
    },
  },
  {
    name: 'condition-resource-account',
    rule: 'aws:ResourceAccount is the account of the resource.',
    source:
      'https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html',
    apply: ({ account }) => ({ 'aws:resourceaccount': account }),
  },
  {
    name: 'condition-policy-arn',
    rule: 'iam:PolicyARN is the managed policy that a request attaches or detaches.',
    source: IAM_KEYS,
    apply: ({ operation, input }) =>
      /^(Attach|Detach)/.test(operation) ? { 'iam:policyarn': input.PolicyArn } : {},
  },
  {
    name: 'condition-permissions-boundary',
    rule: 'iam:PermissionsBoundary is the boundary that CreateRole or PutRolePermissionsBoundary sets, and in requests about the policies of a role the one that it has.',
    source: `${AUTHORIZATION}/list_awsidentityandaccessmanagementiam.html`,
    apply({ service, operation, input, iam }) {
      if (service !== 'iam') return {};
      const sets = ['CreateRole', 'PutRolePermissionsBoundary'].includes(operation);
      const changes = /^(Attach|Detach|Put|Delete)RolePolicy$|^DeleteRolePermissions/;
      const current = changes.test(operation) && iam.roles.get(input.RoleName)?.boundary;
      const boundary = sets ? input.PermissionsBoundary : current;
      return boundary ? { 'iam:permissionsboundary': boundary } : {};
    },
  },
  {
    name: 'condition-lambda-principal',
    rule: 'lambda:Principal is the service or account that AddPermission lets invoke the function.',
    source: `${AUTHORIZATION}/list_awslambda.html`,
    apply: ({ operation, input }) =>
      operation === 'AddPermission' ? { 'lambda:principal': input.Principal } : {},
  },
  {
    name: 'condition-leading-keys',
    rule: 'dynamodb:LeadingKeys are the partition keys of the items that a request is about; other requests do not have the key.',
    source:
      'https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/specifying-conditions.html',
    apply({ service, input, place }) {
      const named = input.Key ?? input.Item;
      const [key] = (named && place.tables.get(input.TableName)?.KeySchema) ?? [];
      if (service !== 'dynamodb' || !key) return {};
      const values = Object.values(named[key.AttributeName] ?? {});
      return { 'dynamodb:leadingkeys': values.map(String) };
    },
  },
  {
    name: 'condition-tags',
    rule: 'aws:TagKeys and aws:RequestTag/* are the tags of a request.',
    source: 'https://docs.aws.amazon.com/IAM/latest/UserGuide/access_tags.html',
    apply({ input }) {
      const tags = tagsOf(input.Tags ?? input.tags);
      const keys = Object.keys(tags);
      if (keys.length === 0) return {};
      const each = keys.map((key) => [`aws:requesttag/${key.toLowerCase()}`, tags[key]]);
      return { 'aws:tagkeys': keys, ...Object.fromEntries(each) };
    },
  },
];

module.exports = { authorize, RULES };
