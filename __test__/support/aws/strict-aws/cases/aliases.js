'use strict';

const { ARN, after, createFunction, createRole, send } = require('./fixtures');
const { invoke, invokeAll } = require('../client');

const options = { lag: 0 };
const cats = (fields) => ({ FunctionName: 'cats', ...fields });
const alias = (fields) => [
  'lambda:CreateAlias',
  cats({ Name: 'LIVE', FunctionVersion: '$LATEST', ...fields }),
];
const permission = (fields) => [
  'lambda:AddPermission',
  cats({
    StatementId: 'alexa',
    Action: 'lambda:InvokeFunction',
    Principal: 'alexa-appkit.amazon.com',
    EventSourceToken: 'amzn1.ask.skill.1',
    ...fields,
  }),
];
const given = after(createRole, createFunction, alias());

const conflict = (message) => ({ status: 409, code: 'ResourceConflictException', message });
const notFound = (message) => ({ status: 404, code: 'ResourceNotFoundException', message });

module.exports = [
  {
    rule: 'alias-name',
    title: 'an alias of digits',
    options,
    given,
    request: send(alias({ Name: '7' })),
    answer: { status: 400, code: 'ValidationException' },
  },
  {
    rule: 'alias-exists',
    title: 'CreateAlias for the second time',
    options,
    given,
    request: send(alias()),
    answer: conflict(`Alias already exists: ${ARN}:LIVE`),
  },
  {
    rule: 'alias-version',
    title: 'a new alias of a version that does not exist',
    options,
    given,
    request: send(alias({ Name: 'release-0', FunctionVersion: '7' })),
    answer: notFound(`Function not found: ${ARN}:7`),
  },
  {
    rule: 'alias-version',
    title: 'UpdateAlias to a version that does not exist',
    options,
    given,
    request: send(['lambda:UpdateAlias', cats({ Name: 'LIVE', FunctionVersion: '7' })]),
    answer: notFound(`Function not found: ${ARN}:7`),
  },
  {
    rule: 'alias-revision',
    title: 'UpdateAlias for another revision',
    options,
    given,
    request: send(['lambda:UpdateAlias', cats({ Name: 'LIVE', RevisionId: 'another' })]),
    answer: { status: 412, code: 'PreconditionFailedException' },
  },
  {
    rule: 'alias-revision',
    title: 'the same UpdateAlias once more, whose first answer was lost',
    options,
    given,
    async request(server) {
      const { output } = await invoke(server, 'lambda:UpdateAlias', cats({ Name: 'LIVE' }));
      const update = cats({ Name: 'LIVE', RevisionId: output.RevisionId, Description: 'mine' });
      return invokeAll(server, ['lambda:UpdateAlias', update], ['lambda:UpdateAlias', update]);
    },
    answer: { status: 412, code: 'PreconditionFailedException' },
  },
  {
    rule: 'permission-qualifier',
    title: 'a permission for an alias that does not exist',
    options,
    given,
    request: send(permission({ Qualifier: 'release-0' })),
    answer: notFound(`Cannot find alias arn: ${ARN}:release-0`),
  },
  {
    rule: 'statement-id',
    title: 'a statement ID with a dot',
    options,
    given,
    request: send(permission({ StatementId: 'a.b' })),
    answer: { status: 400, code: 'ValidationException' },
  },
  {
    rule: 'permission-principal',
    title: 'a principal with the suffix of China',
    options: { ...options, region: 'cn-north-1' },
    given: after(createRole, [
      createFunction[0],
      { ...createFunction[1], Role: createFunction[1].Role.replace('arn:aws:', 'arn:aws-cn:') },
    ]),
    request: send(permission({ Principal: 's3.amazonaws.com.cn' })),
    answer: { status: 400, message: /^The provided principal was invalid/ },
  },
  {
    rule: 'statement-exists',
    title: 'AddPermission for the second time',
    options,
    given,
    request: send(permission({ Qualifier: 'LIVE' }), permission({ Qualifier: 'LIVE' })),
    answer: conflict(/^The statement id \(alexa\) provided already exists/),
  },
  {
    title: 'the same statement ID for the function and for its alias',
    options,
    given,
    request: send(permission(), permission({ Qualifier: 'LIVE' })),
    answer: { status: 201 },
  },
  {
    rule: 'function-policy-size',
    title: 'a policy of more than 20 KB',
    options,
    given,
    request: send(permission({ EventSourceToken: 'c'.repeat(20_480) })),
    answer: { status: 400, code: 'PolicyLengthExceededException' },
  },
  {
    rule: 'policy-not-found',
    title: 'GetPolicy of an alias without a permission',
    options,
    given: after(createRole, createFunction, alias(), permission()),
    request: send(['lambda:GetPolicy', cats({ Qualifier: 'LIVE' })]),
    answer: notFound('The resource you requested does not exist.'),
  },
];
