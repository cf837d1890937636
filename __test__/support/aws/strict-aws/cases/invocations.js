'use strict';

const { ARN, after, callerWith, createFunction, createRole, send } = require('./fixtures');

const atOnce = { lag: 0 };
const FunctionName = 'cats';
const invoke = (fields) => ['lambda:Invoke', { FunctionName, Payload: '{"n":1}', ...fields }];
const publish = ['lambda:PublishVersion', { FunctionName }];
const live = ['lambda:CreateAlias', { FunctionName, Name: 'live', FunctionVersion: '1' }];

/** A function that answers with its event, and fails for one without a number. */
const handler = (event) => {
  if (event.n === undefined) throw new TypeError('no number');
  return event;
};
const created = after(createRole, createFunction);

const decoded = async (answer) => {
  const tail = answer.headers['x-amz-log-result'];
  return { ...answer, log: tail && Buffer.from(tail, 'base64').toString() };
};

module.exports = [
  {
    rule: 'invocation-of-pending',
    title: 'Invoke of a new function',
    given: after(createRole),
    request: send(createFunction, invoke()),
    answer: { status: 409, code: 'ResourceConflictException', message: /Pending/ },
  },
  {
    rule: 'event-size',
    title: 'an event of more than 6 MB',
    options: atOnce,
    given: created,
    request: send(invoke({ Payload: JSON.stringify('x'.repeat(6 * 1024 * 1024)) })),
    answer: { status: 413, code: 'RequestTooLargeException' },
  },
  {
    rule: 'event-json',
    title: 'an event that is not JSON',
    options: { ...atOnce, handler },
    given: created,
    request: send(invoke({ Payload: '{' })),
    answer: { status: 400, code: 'InvalidRequestContentException' },
  },
  {
    rule: 'executed-version',
    title: 'Invoke of an alias',
    options: { ...atOnce, handler },
    given: after(createRole, createFunction, publish, live),
    request: send(invoke({ Qualifier: 'live' })),
    answer: { status: 200, headers: { 'x-amz-executed-version': '1' }, output: { n: 1 } },
  },
  {
    rule: 'function-error',
    title: 'Invoke of a function that throws',
    options: { ...atOnce, handler },
    given: created,
    request: send(invoke({ Payload: '{}' })),
    answer: {
      status: 200,
      headers: { 'x-amz-function-error': 'Unhandled' },
      output: { errorType: 'TypeError', errorMessage: 'no number' },
    },
  },
  {
    rule: 'log-tail',
    title: 'Invoke with LogType Tail',
    options: { ...atOnce, handler },
    given: created,
    request: async (server) => decoded(await send(invoke({ LogType: 'Tail' }))(server)),
    answer: { status: 200, log: /^START RequestId: .* Version: \$LATEST\nEND/ },
  },
  {
    title: 'Invoke without LogType',
    options: { ...atOnce, handler },
    given: created,
    request: async (server) => decoded(await send(invoke())(server)),
    answer: { status: 200, log: undefined },
  },
  {
    title: 'Invoke of an alias that does not exist',
    options: atOnce,
    given: created,
    request: send(invoke({ Qualifier: 'live' })),
    answer: { status: 404, code: 'ResourceNotFoundException' },
  },
  {
    rule: 'identity-policy',
    title: 'Invoke by a caller who may do everything else',
    options: {
      ...atOnce,
      keys: callerWith({ Effect: 'Allow', NotAction: 'lambda:InvokeFunction', Resource: '*' }),
    },
    given: created,
    request: send(invoke()),
    answer: { status: 403, message: new RegExp(`lambda:InvokeFunction on resource: ${ARN} `) },
  },
];
