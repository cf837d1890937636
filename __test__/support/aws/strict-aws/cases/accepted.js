'use strict';

const { ACCOUNT, ARN, GROUP, ROLE, ROLE_ARN, TABLE, TRUST } = require('./fixtures');
const { after, createFunction, createGroup, createRole, createTable, send } = require('./fixtures');

const options = { lag: 0 };
const inRegion = (region) => ({ lag: 0, region });

module.exports = [
  {
    title: 'GetCallerIdentity',
    request: send(['sts:GetCallerIdentity']),
    answer: { status: 200, body: new RegExp(`<Account>${ACCOUNT}</Account>`) },
  },
  {
    title: 'a role in the partition of the European Sovereign Cloud',
    options: inRegion('eusc-de-east-1'),
    request: send(createRole),
    answer: { status: 200, body: /<Arn>arn:aws-eusc:iam::123456789012:role\/cats</ },
  },
  {
    title: 'lambda.amazonaws.com as the principal in China',
    options: inRegion('cn-north-1'),
    request: send(['iam:CreateRole', { ...ROLE, AssumeRolePolicyDocument: TRUST }]),
    answer: { status: 200, body: /<Arn>arn:aws-cn:/ },
  },
  {
    title: 'a function in GovCloud',
    options: inRegion('us-gov-west-1'),
    given: after(createRole),
    request: send([
      'lambda:CreateFunction',
      { ...createFunction[1], Role: ROLE_ARN.replace('arn:aws:', 'arn:aws-us-gov:') },
    ]),
    answer: {
      output: {
        FunctionArn: ARN.replace('aws:lambda:us-east-1', 'aws-us-gov:lambda:us-gov-west-1'),
      },
    },
  },
  {
    title: 'the tags of a function',
    options,
    given: after(createRole, createFunction, [
      'lambda:TagResource',
      { Resource: ARN, Tags: { team: 'cats' } },
    ]),
    request: send(['lambda:ListTags', { Resource: ARN }]),
    answer: { status: 200, output: { Tags: { team: 'cats' } } },
  },
  {
    title: 'the tags of a table and of a log group',
    options,
    given: after(['dynamodb:CreateTable', { ...TABLE, Tags: [{ Key: 'team', Value: 'cats' }] }]),
    request: send([
      'dynamodb:ListTagsOfResource',
      { ResourceArn: `arn:aws:dynamodb:us-east-1:${ACCOUNT}:table/cats` },
    ]),
    answer: { status: 200, output: { Tags: { 0: { Key: 'team', Value: 'cats' } } } },
  },
  {
    title: 'the retention of a log group',
    options,
    given: after(createGroup, ['logs:PutRetentionPolicy', { ...GROUP, retentionInDays: 30 }]),
    request: send(['logs:DescribeLogGroups', { logGroupNamePrefix: '/aws/lambda/cats' }]),
    answer: { output: { logGroups: { 0: { retentionInDays: 30 } } } },
  },
  {
    title: 'time to live of a table that is active',
    options,
    given: after(createTable),
    request: send(
      [
        'dynamodb:UpdateTimeToLive',
        {
          TableName: 'cats',
          TimeToLiveSpecification: { AttributeName: 'until', Enabled: true },
        },
      ],
      ['dynamodb:DescribeTimeToLive', { TableName: 'cats' }],
    ),
    answer: { output: { TimeToLiveDescription: { TimeToLiveStatus: 'ENABLED' } } },
  },
];
