'use strict';

const { ACCOUNT, GROUP, after, createGroup, send } = require('./fixtures');

const arnOf = (name) => `arn:aws:logs:us-east-1:${ACCOUNT}:log-group:${name}`;
const ARN = arnOf(GROUP.logGroupName);

/** Begins a session, which ends soon. */
const start = (input) => send(['logs:StartLiveTail', { logGroupIdentifiers: [ARN], ...input }]);
const options = { sessionUpdates: 1 };
const refused = { status: 400, code: 'InvalidParameterException' };

module.exports = [
  {
    rule: 'live-tail-groups',
    title: 'eleven log groups',
    options: { ...options, rulesOff: ['live-tail-group-exists'] },
    given: after(createGroup),
    request: start({ logGroupIdentifiers: Array.from({ length: 11 }, (_, n) => arnOf(`${n}`)) }),
    answer: refused,
  },
  ...[GROUP.logGroupName, `${ARN}:*`].map((group) => ({
    rule: 'live-tail-arn',
    title: `the log group ${group.endsWith('*') ? 'by an ARN with an asterisk' : 'by its name'}`,
    options: { ...options, rulesOff: ['live-tail-group-exists'] },
    given: after(createGroup),
    request: start({ logGroupIdentifiers: [group] }),
    answer: refused,
  })),
  {
    rule: 'live-tail-streams',
    title: 'names and prefixes of streams',
    options,
    given: after(createGroup),
    request: start({ logStreamNames: ['c'], logStreamNamePrefixes: ['d'] }),
    answer: refused,
  },
  {
    rule: 'live-tail-group-exists',
    title: 'a log group that does not exist',
    options,
    request: start(),
    answer: { status: 400, code: 'ResourceNotFoundException' },
  },
  {
    rule: 'live-tail-class',
    title: 'a log group of the Infrequent Access class',
    options,
    given: after(['logs:CreateLogGroup', { ...GROUP, logGroupClass: 'INFREQUENT_ACCESS' }]),
    request: start(),
    answer: { status: 400, code: 'InvalidOperationException' },
  },
  {
    rule: 'live-tail-timeout',
    title: 'the end of a session',
    options,
    given: after(createGroup),
    // Without the rule, a session does not end: the test does not wait for it.
    request: (server) =>
      Promise.race([
        start()(server).then(({ status, body }) => ({ status, body: String(body) })),
        new Promise((resolve) => setTimeout(resolve, 1000, { status: 'none' }).unref()),
      ]),
    answer: { status: 200, body: /SessionTimeoutException/ },
  },
];
