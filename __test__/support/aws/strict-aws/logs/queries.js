'use strict';

// Queries of Logs Insights.

const crypto = require('node:crypto');
const { AwsError } = require('../errors');
const { compile } = require('../../insights/interpreter');
const { findGroup } = require('./groups');

const API = 'https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference';
const DAY = 86_400_000;
const MAX_CONCURRENT = 30;

const invalid = (message) => new AwsError(400, 'InvalidParameterException', message);
const malformed = (message) => new AwsError(400, 'MalformedQueryException', message);

function startQuery(call) {
  const { queryString, startTime, endTime } = call.input;
  const group = findGroup(call);
  call.rule('query-range');
  call.rule('query-after-first-event', group);
  call.rule('query-class', group);
  call.rule('query-concurrency', queriesOf(call));
  const query = call.rule('query-syntax') ?? compile(queryString);
  const events = [...group.streams.values()].flatMap(({ name, events: all }) =>
    all
      .filter(({ timestamp }) => timestamp >= startTime * 1000 && timestamp <= endTime * 1000 + 999)
      .map((event) => ({ ...event, name })),
  );
  const result = query.run(
    events.map(({ timestamp, message, name }) => ({
      '@timestamp': timestamp,
      '@message': message,
      '@logStream': name,
    })),
  );
  const bytes = events.reduce((sum, { message }) => sum + Buffer.byteLength(message), 0);
  const queryId = crypto.randomUUID();
  group.queries.set(queryId, { ...result, bytes, looks: call.server.lag, status: 'Running' });
  return { queryId };
}

const queriesOf = ({ place }) =>
  [...place.logGroups.values()].flatMap(({ queries }) => [...queries.entries()]);

function findQuery(call) {
  const { queryId } = call.input;
  const found = queriesOf(call).find(([id]) => id === queryId)?.[1];
  call.rule('query-not-found', found);
  return found ?? { status: 'Complete', rows: [], bytes: 0 };
}

function getQueryResults(call) {
  const query = findQuery(call);
  if (query.status === 'Running' && !call.rule('query-running', query)) query.status = 'Complete';
  const rows = query.status === 'Complete' ? query.rows : [];
  return {
    status: query.status,
    results: rows.map((row) => Object.entries(row).map(([field, value]) => ({ field, value }))),
    statistics: {
      bytesScanned: query.bytes,
      recordsMatched: rows.length,
      recordsScanned: rows.length,
    },
  };
}

function stopQuery(call) {
  const query = findQuery(call);
  call.rule('stop-ended-query', query);
  query.status = 'Cancelled';
  return { success: true };
}

const RULES = [
  {
    name: 'query-range',
    rule: 'The startTime of a query is not after its endTime: else 400 InvalidParameterException.',
    source: `${API}/API_StartQuery.html`,
    apply({ input: { startTime, endTime } }) {
      if (startTime > endTime) throw invalid('startTime must be before endTime');
    },
  },
  {
    name: 'query-after-first-event',
    rule: 'A query that ends before the creation of its group or its retention is refused: 400 MalformedQueryException.',
    source: `${API}/API_StartQuery.html`,
    apply({ input: { endTime }, server }, { creationTime, retentionInDays }) {
      const kept = retentionInDays ? server.clock() - retentionInDays * DAY : 0;
      if (endTime * 1000 >= Math.max(Math.floor(creationTime / 1000) * 1000, kept)) return;
      throw malformed(
        "Query's end date and time is either before the log groups creation time or exceeds the log groups log retention settings",
      );
    },
  },
  {
    name: 'query-class',
    rule: 'Queries over groups of the Infrequent Access class have no pattern, diff and unmask: 400 MalformedQueryException.',
    source: 'https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax.html',
    apply({ input: { queryString } }, { logGroupClass }) {
      const isLimited = /\|\s*(pattern|diff|unmask)\b/.test(queryString);
      if (logGroupClass !== 'INFREQUENT_ACCESS' || !isLimited) return;
      throw malformed('The command is not supported for log groups of the class INFREQUENT_ACCESS');
    },
  },
  {
    name: 'query-concurrency',
    rule: 'At most 30 queries run at once in an account: else 400 LimitExceededException.',
    source: 'https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/cloudwatch_limits_cwl.html',
    apply(_, queries) {
      const running = queries.filter(([, { status }]) => status === 'Running');
      if (running.length < MAX_CONCURRENT) return;
      const message = `Account maximum query concurrency limit of [${MAX_CONCURRENT}] reached.`;
      throw new AwsError(400, 'LimitExceededException', message);
    },
  },
  {
    name: 'query-syntax',
    rule: 'A query string that is not understood is refused: 400 MalformedQueryException.',
    source: `${API}/API_StartQuery.html`,
    apply({ input: { queryString } }) {
      try {
        return compile(queryString);
      } catch (error) {
        throw malformed(error.message);
      }
    },
  },
  {
    name: 'query-not-found',
    rule: 'A query that does not exist has no results, and is not stopped: 400 ResourceNotFoundException.',
    source: `${API}/API_GetQueryResults.html`,
    apply(_, query) {
      if (query) return;
      throw new AwsError(400, 'ResourceNotFoundException', 'The specified query does not exist.');
    },
  },
  {
    name: 'query-running',
    rule: 'A query is Running at first, without all of its results.',
    source: `${API}/API_GetQueryResults.html`,
    apply: (_, query) => query.looks-- > 0,
  },
  {
    name: 'stop-ended-query',
    rule: 'A query that has ended is not stopped: 400 InvalidParameterException.',
    source: `${API}/API_StopQuery.html`,
    apply(_, { status }) {
      if (status !== 'Running') throw invalid('Query is not in a running state');
    },
  },
];

module.exports = {
  OPERATIONS: { StartQuery: startQuery, GetQueryResults: getQueryResults, StopQuery: stopQuery },
  RULES,
};
