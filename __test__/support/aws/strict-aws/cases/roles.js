'use strict';

const { ROLE, TRUST, after, createRole, policy, send } = require('./fixtures');

const atOnce = { lag: 0 };
const getRole = ['iam:GetRole', { RoleName: 'cats' }];
const roleWith = (fields) => send(['iam:CreateRole', { ...ROLE, ...fields }]);
const trusting = (Principal) => policy({ Effect: 'Allow', Principal, Action: 'sts:AssumeRole' });
const inline = (name, document) => [
  'iam:PutRolePolicy',
  { RoleName: 'cats', PolicyName: name, PolicyDocument: document },
];
const allowing = (Resource) => policy({ Effect: 'Allow', Action: 'logs:*', Resource });

const malformed = (message) => ({ status: 400, code: 'MalformedPolicyDocument', message });

module.exports = [
  {
    rule: 'role-name',
    title: 'a name of 65 characters',
    request: roleWith({ RoleName: 'c'.repeat(65) }),
    answer: { status: 400, code: 'ValidationError' },
  },
  {
    rule: 'role-name',
    title: 'a name with a slash',
    request: roleWith({ RoleName: 'a/b' }),
    answer: { status: 400, code: 'ValidationError' },
  },
  {
    rule: 'role-exists',
    title: 'CreateRole for the second time',
    request: send(createRole, createRole),
    answer: { status: 409, code: 'EntityAlreadyExists', message: /Role with name cats already/ },
  },
  {
    rule: 'new-role-not-found',
    title: 'GetRole just after the creation',
    request: send(createRole, getRole),
    answer: { status: 404, code: 'NoSuchEntity' },
  },
  {
    rule: 'new-role-not-found',
    title: 'PutRolePolicy just after the creation',
    request: send(createRole, inline('deploy', allowing('*'))),
    answer: { status: 404, code: 'NoSuchEntity' },
  },
  {
    title: 'GetRole for the second time after the creation',
    request: send(createRole, getRole, getRole),
    answer: { status: 200 },
  },
  {
    rule: 'documents-encoded',
    title: 'the trust policy of a role',
    options: atOnce,
    request: send(createRole, getRole),
    answer: { status: 200, body: /<AssumeRolePolicyDocument>%7B%22Version%22%3A/ },
  },
  {
    rule: 'documents-encoded',
    title: 'an inline policy',
    options: atOnce,
    given: after(createRole, inline('deploy', allowing('arn:aws:logs:*:*:*'))),
    request: send(['iam:GetRolePolicy', { RoleName: 'cats', PolicyName: 'deploy' }]),
    answer: { status: 200, body: /%22arn%3Aaws%3Alogs%3A%2A%3A%2A%3A%2A%22/ },
  },
  {
    rule: 'delete-conflict',
    title: 'DeleteRole of a role with an inline policy',
    options: atOnce,
    given: after(createRole, inline('deploy', allowing('*'))),
    request: send(['iam:DeleteRole', { RoleName: 'cats' }]),
    answer: { status: 409, code: 'DeleteConflict' },
  },
  {
    rule: 'boundary-exists',
    title: 'a boundary that does not exist',
    request: roleWith({ PermissionsBoundary: 'arn:aws:iam::123456789012:policy/none' }),
    answer: { status: 404, code: 'NoSuchEntity' },
  },
  {
    rule: 'policy-syntax',
    title: 'a trust policy that is not JSON',
    request: roleWith({ AssumeRolePolicyDocument: '{' }),
    answer: malformed(/invalid Json/),
  },
  {
    rule: 'policy-syntax',
    title: 'a policy with a Version of its own',
    options: atOnce,
    given: after(createRole),
    request: send(inline('deploy', allowing('*').replace('2012', '2026'))),
    answer: malformed('Syntax errors in policy.'),
  },
  {
    rule: 'trust-policy-size',
    title: 'a trust policy of 4,000 characters',
    request: roleWith({
      AssumeRolePolicyDocument: TRUST.replace('{', `{"Id":"${'c'.repeat(4000)}",`),
    }),
    answer: { status: 409, code: 'LimitExceeded' },
  },
  {
    rule: 'trust-policy-form',
    title: 'a trust policy without a Principal',
    request: roleWith({ AssumeRolePolicyDocument: policy({ Effect: 'Allow', Action: 'sts:*' }) }),
    answer: malformed(/Principal/),
  },
  {
    rule: 'trust-policy-form',
    title: 'a trust policy with a Resource',
    request: roleWith({
      AssumeRolePolicyDocument: TRUST.replace('"Action"', '"Resource":"*","Action"'),
    }),
    answer: malformed('Has prohibited field Resource'),
  },
  {
    rule: 'trust-policy-principal',
    title: 'the principal lambda.amazonaws.com.cn in China',
    options: { region: 'cn-north-1' },
    request: roleWith({
      AssumeRolePolicyDocument: trusting({ Service: 'lambda.amazonaws.com.cn' }),
    }),
    answer: malformed(/Invalid principal in policy: &quot;SERVICE&quot;:&quot;lambda/),
  },
  {
    rule: 'trust-policy-principal',
    title: 'a principal of another partition',
    options: { region: 'us-gov-west-1' },
    request: roleWith({
      AssumeRolePolicyDocument: trusting({ AWS: 'arn:aws:iam::123456789012:root' }),
    }),
    answer: malformed(/Invalid principal/),
  },
  {
    rule: 'identity-policy-form',
    title: 'an inline policy with a Principal',
    options: atOnce,
    given: after(createRole),
    request: send(inline('deploy', TRUST)),
    answer: malformed('Policy document should not specify a principal.'),
  },
  {
    rule: 'identity-policy-form',
    title: 'an inline policy whose resource is a name',
    options: atOnce,
    given: after(createRole),
    request: send(inline('deploy', allowing('cats'))),
    answer: malformed(/must be in ARN format/),
  },
  {
    rule: 'policy-partition',
    title: 'arn:aws: in an inline policy in China',
    options: { ...atOnce, region: 'cn-northwest-1' },
    given: after(createRole),
    request: send(inline('deploy', allowing('arn:aws:logs:*:*:*'))),
    answer: malformed(
      'Partition &quot;aws&quot; is not valid for resource &quot;arn:aws:logs:*:*:*&quot;.',
    ),
  },
  {
    rule: 'iam-pages',
    title: 'a page of one role',
    options: atOnce,
    given: after(createRole, ['iam:CreateRole', { ...ROLE, RoleName: 'dogs' }]),
    request: send(['iam:ListRoles', { MaxItems: 1 }]),
    answer: { status: 200, body: /<IsTruncated>true<\/IsTruncated><Marker>\w+=*</ },
  },
];
