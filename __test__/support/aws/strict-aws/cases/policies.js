'use strict';

const { after, createRole, policy, send } = require('./fixtures');

const attach = (PolicyArn) => ['iam:AttachRolePolicy', { RoleName: 'cats', PolicyArn }];
const managed = (name, partition = 'aws') => `arn:${partition}:iam::aws:policy/${name}`;
const inline = (name, length) => [
  'iam:PutRolePolicy',
  {
    RoleName: 'cats',
    PolicyName: name,
    PolicyDocument: policy({
      Sid: 'c'.repeat(length),
      Effect: 'Allow',
      Action: '*',
      Resource: '*',
    }),
  },
];
const ownPolicy = (name) => [
  'iam:CreatePolicy',
  { PolicyName: name, PolicyDocument: policy({ Effect: 'Deny', Action: '*', Resource: '*' }) },
];
const ten = Array.from({ length: 10 }, (_, index) => `p${index}`);
const own = (name) => `arn:aws:iam::123456789012:policy/${name}`;

module.exports = [
  {
    rule: 'policy-of-partition',
    title: 'arn:aws: in GovCloud',
    options: { lag: 0, region: 'us-gov-west-1' },
    given: after(createRole),
    request: send(attach(managed('CloudWatchFullAccess'))),
    answer: { status: 400, code: 'ValidationError', message: 'Invalid ARN partition' },
  },
  {
    title: 'arn:aws-us-gov: in GovCloud',
    options: { lag: 0, region: 'us-gov-west-1' },
    given: after(createRole),
    request: send(attach(managed('CloudWatchFullAccess', 'aws-us-gov'))),
    answer: { status: 200 },
  },
  {
    rule: 'policy-attachable',
    title: 'a managed policy that does not exist',
    given: after(createRole),
    request: send(attach(managed('CatFullAccess'))),
    answer: { status: 404, code: 'NoSuchEntity', message: /does not exist or is not attachable/ },
  },
  {
    rule: 'policy-attachable',
    title: 'a managed policy that AWS has retired',
    given: async (server) => {
      await after(createRole)(server);
      server.retiredPolicies = ['CloudWatchFullAccess'];
    },
    request: send(attach(managed('CloudWatchFullAccess'))),
    answer: { status: 404, code: 'NoSuchEntity' },
  },
  {
    rule: 'attached-policies',
    title: 'an eleventh managed policy',
    options: { lag: 0 },
    given: after(createRole, ...ten.flatMap((name) => [ownPolicy(name), attach(own(name))])),
    request: send(attach(managed('CloudWatchFullAccess'))),
    answer: { status: 409, code: 'LimitExceeded' },
  },
  {
    rule: 'inline-policy-size',
    title: 'inline policies of 12,000 characters in all',
    options: { lag: 0 },
    given: after(createRole, inline('one', 6000)),
    request: send(inline('two', 6000)),
    answer: { status: 409, code: 'LimitExceeded' },
  },
  {
    title: 'an inline policy that replaces another one',
    options: { lag: 0 },
    given: after(createRole, inline('one', 6000)),
    request: send(inline('one', 7000)),
    answer: { status: 200 },
  },
  {
    title: 'a managed policy that is attached already',
    options: { lag: 0 },
    given: after(createRole, attach(managed('CloudWatchFullAccess'))),
    request: send(attach(managed('CloudWatchFullAccess'))),
    answer: { status: 200 },
  },
];
