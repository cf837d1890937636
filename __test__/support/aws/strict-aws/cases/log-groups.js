'use strict';

const { GROUP, after, createGroup, send } = require('./fixtures');

const groups = Array.from({ length: 51 }, (_, index) => [
  'logs:CreateLogGroup',
  { logGroupName: `/aws/lambda/cats-${index}` },
]);

module.exports = [
  {
    rule: 'log-group-name',
    title: 'a name with a colon',
    request: send(['logs:CreateLogGroup', { logGroupName: 'a:b' }]),
    answer: { status: 400, code: 'InvalidParameterException', message: /logGroupName/ },
  },
  {
    rule: 'log-group-exists',
    title: 'CreateLogGroup for the second time',
    given: after(createGroup),
    request: send(createGroup),
    answer: { status: 400, code: 'ResourceAlreadyExistsException' },
  },
  {
    rule: 'retention-days',
    title: 'a retention of 31 days',
    given: after(createGroup),
    request: send(['logs:PutRetentionPolicy', { ...GROUP, retentionInDays: 31 }]),
    answer: { status: 400, code: 'InvalidParameterException', message: /\[1, 3, 5, 7, 14, 30,/ },
  },
  {
    rule: 'log-groups-pages',
    title: '51 groups',
    given: after(...groups),
    request: send(['logs:DescribeLogGroups', { logGroupNamePrefix: '/aws' }]),
    answer: { status: 200, output: { logGroups: { length: 50 }, nextToken: /^\w+=*$/ } },
  },
];
