'use strict';

const { ACCOUNT, ARN, GROUP, ROLE, TABLE } = require('./fixtures');
const { after, createFunction, createGroup, createRole, send } = require('./fixtures');

const options = { lag: 0 };
const GROUP_ARN = `arn:aws:logs:us-east-1:${ACCOUNT}:log-group:${GROUP.logGroupName}`;
const tagging = (tags) => send(['logs:CreateLogGroup', { ...GROUP, tags }]);
const invalid = (code) => ({ status: 400, code });

module.exports = [
  {
    rule: 'tag-characters',
    title: 'a tag of a log group with a question mark',
    request: tagging({ 'who?': 'me' }),
    answer: invalid('InvalidParameterException'),
  },
  {
    rule: 'tag-characters',
    title: 'a tag of a role with a long value',
    request: send([
      'iam:CreateRole',
      { ...ROLE, 'Tags.member.1.Key': 'a', 'Tags.member.1.Value': 'c'.repeat(257) },
    ]),
    answer: invalid('ValidationError'),
  },
  {
    rule: 'tag-prefix',
    title: 'a tag of a table that starts with aws:',
    request: send(['dynamodb:CreateTable', { ...TABLE, Tags: [{ Key: 'aws:a', Value: '1' }] }]),
    answer: invalid('ValidationException'),
  },
  {
    rule: 'tag-number',
    title: '51 tags',
    request: tagging(Object.fromEntries(Array.from({ length: 51 }, (_, i) => [`t${i}`, '1']))),
    answer: invalid('InvalidParameterException'),
  },
  {
    rule: 'tags-of-function',
    title: 'tags of a version',
    options,
    given: after(createRole, createFunction),
    request: send(['lambda:TagResource', { Resource: `${ARN}:1`, Tags: { a: '1' } }]),
    answer: { ...invalid('InvalidParameterValueException'), message: /not supported/ },
  },
  {
    rule: 'tags-of-log-group',
    title: 'the ARN of a log group as DescribeLogGroups has it',
    given: after(createGroup),
    request: send(['logs:TagResource', { resourceArn: `${GROUP_ARN}:*`, tags: { a: '1' } }]),
    answer: { ...invalid('InvalidParameterException'), message: /'resourceArn'/ },
  },
  {
    title: 'the tags of a log group',
    given: after(createGroup, ['logs:TagResource', { resourceArn: GROUP_ARN, tags: { a: '1' } }]),
    request: send(['logs:ListTagsForResource', { resourceArn: GROUP_ARN }]),
    answer: { status: 200, output: { tags: { a: '1' } } },
  },
];
