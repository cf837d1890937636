'use strict';

// Policies of roles: attached, inline, and those that an account has of its own.

const { AwsError } = require('../errors');
const { makeNew } = require('../resources');
const { checkIdentityPolicy } = require('./documents');
const { page } = require('./pages');
const { roleOf } = require('./roles');

const QUOTAS = 'https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html';

/** AWS's managed policies that this server knows, with their paths. */
const MANAGED = [
  'AdministratorAccess',
  'AmazonDynamoDBFullAccess',
  'AmazonDynamoDBFullAccess_v2',
  'AmazonSNSFullAccess',
  'CloudWatchFullAccess',
  'CloudWatchFullAccessV2',
  'service-role/AWSLambdaBasicExecutionRole',
  'service-role/AWSLambdaVPCAccessExecutionRole',
];

function attachRolePolicy(call) {
  const role = roleOf(call);
  const { PolicyArn } = call.input;
  call.rule('policy-of-partition');
  call.rule('policy-attachable');
  if (role.attached.includes(PolicyArn)) return;
  call.rule('attached-policies', role);
  role.attached.push(PolicyArn);
  role.policiesChanged = makeNew(call, {});
}

function detachRolePolicy(call) {
  const role = roleOf(call);
  const { PolicyArn, RoleName } = call.input;
  if (!role.attached.includes(PolicyArn)) {
    throw new AwsError(
      404,
      'NoSuchEntity',
      `Policy ${PolicyArn} was not found on role ${RoleName}.`,
    );
  }
  role.attached.splice(role.attached.indexOf(PolicyArn), 1);
}

function listAttachedRolePolicies(call) {
  const policies = roleOf(call).attached.map((PolicyArn) => ({
    PolicyName: PolicyArn.split('/').pop(),
    PolicyArn,
  }));
  return page(call, 'AttachedPolicies', policies);
}

function putRolePolicy(call) {
  const role = roleOf(call);
  const { PolicyName, PolicyDocument } = call.input;
  checkIdentityPolicy(call, PolicyDocument);
  call.rule('inline-policy-size', role, PolicyName, PolicyDocument);
  role.inline.set(PolicyName, PolicyDocument);
  role.policiesChanged = makeNew(call, {});
}

function getRolePolicy(call) {
  const { RoleName, PolicyName } = call.input;
  const text = roleOf(call).inline.get(PolicyName);
  if (text === undefined) throw noSuchInlinePolicy(PolicyName);
  const PolicyDocument = call.rule('documents-encoded', text) ?? text;
  return { RoleName, PolicyName, PolicyDocument };
}

const noSuchInlinePolicy = (name) =>
  new AwsError(404, 'NoSuchEntity', `The role policy with name ${name} cannot be found.`);

function deleteRolePolicy(call) {
  const { PolicyName } = call.input;
  if (!roleOf(call).inline.delete(PolicyName)) throw noSuchInlinePolicy(PolicyName);
}

const listRolePolicies = (call) => page(call, 'PolicyNames', [...roleOf(call).inline.keys()]);

function createPolicy(call) {
  const { PolicyName, PolicyDocument, Path = '/' } = call.input;
  const { partition, account, iam } = call;
  const Arn = `arn:${partition}:iam::${account}:policy${Path}${PolicyName}`;
  checkIdentityPolicy(call, PolicyDocument);
  iam.policies.set(Arn, PolicyDocument);
  return { Policy: { PolicyName, Arn, Path } };
}

const RULES = [
  {
    name: 'policy-of-partition',
    rule: "A managed policy is named by an ARN of the account's partition: else 400 ValidationError, Invalid ARN partition.",
    source: 'https://github.com/cattle-ops/terraform-aws-gitlab-runner/issues/1273',
    apply({ input: { PolicyArn }, partition }) {
      if (PolicyArn.startsWith(`arn:${partition}:`)) return;
      throw new AwsError(400, 'ValidationError', 'Invalid ARN partition');
    },
  },
  {
    name: 'policy-attachable',
    rule: 'A managed policy that does not exist, or that AWS has retired (`retiredPolicies`), is not attached: 404 NoSuchEntity.',
    source:
      'https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_managed-deprecated.html',
    apply({ input: { PolicyArn }, iam, server }) {
      const [, ofAws] = /^arn:[\w-]+:iam::aws:policy\/(.+)$/.exec(PolicyArn) ?? [];
      const isRetired = server.retiredPolicies?.includes(ofAws);
      if (iam.policies.has(PolicyArn) || (MANAGED.includes(ofAws) && !isRetired)) return;
      const message = `Policy ${PolicyArn} does not exist or is not attachable.`;
      throw new AwsError(404, 'NoSuchEntity', message);
    },
  },
  {
    name: 'attached-policies',
    rule: 'A role has at most 10 managed policies: else 409 LimitExceeded.',
    source: QUOTAS,
    apply(_, { attached }) {
      if (attached.length < 10) return;
      throw new AwsError(409, 'LimitExceeded', 'Cannot exceed quota for PoliciesPerRole: 10');
    },
  },
  {
    name: 'inline-policy-size',
    rule: 'The inline policies of a role have at most 10,240 characters in all, without white space: else 409 LimitExceeded.',
    source: QUOTAS,
    apply(_, { RoleName, inline }, name, text) {
      const others = [...inline].filter(([other]) => other !== name).map(([, one]) => one);
      const size = [...others, text].join('').replace(/\s/g, '').length;
      if (size <= 10240) return;
      const message = `Maximum policy size of 10240 bytes exceeded for role ${RoleName}`;
      throw new AwsError(409, 'LimitExceeded', message);
    },
  },
];

module.exports = {
  OPERATIONS: {
    AttachRolePolicy: attachRolePolicy,
    DetachRolePolicy: detachRolePolicy,
    ListAttachedRolePolicies: listAttachedRolePolicies,
    PutRolePolicy: putRolePolicy,
    GetRolePolicy: getRolePolicy,
    DeleteRolePolicy: deleteRolePolicy,
    ListRolePolicies: listRolePolicies,
    CreatePolicy: createPolicy,
  },
  RULES,
};
