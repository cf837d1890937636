'use strict';

const { NEW_CODE, after, createFunction, createGroup } = require('./fixtures');
const { createRole, createTable, send } = require('./fixtures');

const faulty = (kind, fields) => ({ lag: 0, faults: [{ kind, ...fields }] });
const groups = send(['logs:DescribeLogGroups', {}]);
const isRefused = (promise) =>
  promise.then(
    () => false,
    () => true,
  );
const identity = send(['sts:GetCallerIdentity']);

module.exports = [
  {
    rule: 'connection-reset',
    title: 'a connection that is closed before anything is done',
    options: faulty('connection-reset'),
    async request(server) {
      const isLost = await isRefused(groups(server));
      return { isLost };
    },
    answer: { isLost: true },
  },
  {
    rule: 'foreign-answer',
    title: 'HTML from something in between',
    options: faulty('foreign-answer'),
    request: groups,
    answer: { status: 200, body: /^<!DOCTYPE html>/ },
  },
  ...[
    ['lambda', 429, 'TooManyRequestsException', createFunction],
    ['dynamodb', 400, 'ThrottlingException', createTable],
    ['logs', 400, 'ThrottlingException', createGroup],
    ['iam', 400, 'Throttling', createRole],
  ].map(([service, status, code, request]) => ({
    rule: 'throttled',
    title: `${service} that asks for fewer requests`,
    options: faulty('throttled'),
    request: send(request),
    answer: { status, code, message: 'Rate exceeded' },
  })),
  {
    rule: 'server-error',
    title: 'STS that fails at the second request',
    options: faulty('server-error', { skip: 1 }),
    given: identity,
    request: identity,
    answer: { status: 500, code: 'InternalFailure' },
  },
  {
    rule: 'refused',
    title: 'a refusal by a service control policy',
    options: faulty('refused', { status: 403, code: 'AccessDeniedException', message: 'no' }),
    request: groups,
    answer: { status: 403, code: 'AccessDeniedException', message: 'no' },
  },
  {
    rule: 'concurrent-modification',
    title: 'CreateRole while another request creates the role',
    options: faulty('concurrent-modification', { operation: 'CreateRole' }),
    request: send(createRole),
    answer: { status: 409, code: 'ConcurrentModification' },
  },
  {
    rule: 'entity-temporarily-unmodifiable',
    title: 'UpdateAssumeRolePolicy just after another change',
    options: faulty('entity-temporarily-unmodifiable', { operation: 'UpdateAssumeRolePolicy' }),
    given: after(createRole),
    request: send([
      'iam:UpdateAssumeRolePolicy',
      { RoleName: 'cats', PolicyDocument: createRole[1].AssumeRolePolicyDocument },
    ]),
    answer: { status: 409, code: 'EntityTemporarilyUnmodifiable' },
  },
  {
    rule: 'logs-operation-aborted',
    title: 'PutRetentionPolicy while another request changes the group',
    options: faulty('logs-operation-aborted', { operation: 'PutRetentionPolicy' }),
    given: after(createGroup),
    request: send(['logs:PutRetentionPolicy', { ...createGroup[1], retentionInDays: 30 }]),
    answer: { status: 400, code: 'OperationAbortedException' },
  },
  {
    rule: 'answer-lost',
    title: 'an answer that is lost after the work',
    options: faulty('answer-lost', { operation: 'CreateLogGroup' }),
    async request(server) {
      const isLost = await isRefused(send(createGroup)(server));
      return { isLost, ...(await groups(server)) };
    },
    answer: { isLost: true, output: { logGroups: { length: 1 } } },
  },
  {
    rule: 'answer-slow',
    title: 'an answer after 100 ms',
    options: faulty('answer-slow', { operation: 'UpdateFunctionCode', ms: 100 }),
    given: after(createRole, createFunction),
    async request(server) {
      const start = performance.now();
      await send(['lambda:UpdateFunctionCode', NEW_CODE])(server);
      return { isSlow: performance.now() - start > 90 };
    },
    answer: { isSlow: true },
  },
];
