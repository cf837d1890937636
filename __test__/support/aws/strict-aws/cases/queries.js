'use strict';

const { GROUP, after, createGroup, send } = require('./fixtures');

const NOW = Math.floor(Date.now() / 1000);
/** After the creation of a group, however long all cases take. */
const LATER = NOW + 3600;
const QUERY = 'fields @timestamp | limit 10';

const start = (more) => [
  'logs:StartQuery',
  { ...GROUP, queryString: QUERY, startTime: NOW - 60, endTime: LATER, ...more },
];

/** Starts a query, and returns the answer to another request about it. */
const about = (operation) => async (server) => {
  const { output } = await send(start())(server);
  return send([operation, { queryId: output.queryId }])(server);
};

const infrequent = ['logs:CreateLogGroup', { ...GROUP, logGroupClass: 'INFREQUENT_ACCESS' }];

module.exports = [
  {
    rule: 'query-range',
    title: 'a query that ends before it starts',
    given: after(createGroup),
    request: send(start({ startTime: LATER + 1, endTime: LATER })),
    answer: { status: 400, code: 'InvalidParameterException' },
  },
  {
    rule: 'query-after-first-event',
    title: 'a query of the day before the group was created',
    given: after(createGroup),
    request: send(start({ startTime: NOW - 86_460, endTime: NOW - 86_400 })),
    answer: { status: 400, code: 'MalformedQueryException', message: /creation time/ },
  },
  {
    rule: 'query-class',
    title: 'the command diff over a group of the Infrequent Access class',
    options: { rulesOff: [] },
    given: after(infrequent),
    request: send(start({ queryString: 'fields @timestamp | diff' })),
    answer: { status: 400, code: 'MalformedQueryException', message: /INFREQUENT_ACCESS/ },
  },
  {
    rule: 'query-concurrency',
    title: 'the 31st query at once',
    given: after(createGroup, ...Array.from({ length: 30 }, () => start())),
    request: send(start()),
    answer: { status: 400, code: 'LimitExceededException', message: /\[30\]/ },
  },
  {
    rule: 'query-syntax',
    title: 'an unknown command',
    given: after(createGroup),
    request: send(start({ queryString: 'miaow @timestamp' })),
    answer: { status: 400, code: 'MalformedQueryException' },
  },
  {
    rule: 'query-not-found',
    title: 'the results of a query that does not exist',
    request: send(['logs:GetQueryResults', { queryId: 'x' }]),
    answer: { status: 400, code: 'ResourceNotFoundException' },
  },
  {
    rule: 'query-running',
    title: 'the results just after the start',
    given: after(createGroup),
    request: about('logs:GetQueryResults'),
    answer: { output: { status: 'Running', results: { length: 0 } } },
  },
  {
    rule: 'stop-ended-query',
    title: 'StopQuery for the second time',
    given: after(createGroup),
    async request(server) {
      const { output } = await send(start())(server);
      const stop = ['logs:StopQuery', { queryId: output.queryId }];
      return send(stop, stop)(server);
    },
    answer: { status: 400, code: 'InvalidParameterException', message: /running/ },
  },
];
