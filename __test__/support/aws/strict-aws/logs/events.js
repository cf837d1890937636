'use strict';

// Log streams and their events.

const { AwsError } = require('../errors');
const { isNew, makeNew } = require('../resources');
const { findGroup } = require('./groups');

const API = 'https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference';
const DAY = 86_400_000;

const MAX_STREAMS = 50;
const MAX_EVENTS = 10_000;
const MAX_BYTES = 1024 * 1024;

/** AWS adds this to the size of each event's text. */
const OVERHEAD = 26;

const invalid = (message) => new AwsError(400, 'InvalidParameterException', message);
const notFound = (what) =>
  new AwsError(400, 'ResourceNotFoundException', `The specified log ${what} does not exist.`);

function createLogStream(call) {
  const { streams } = findGroup(call);
  const { logStreamName: name } = call.input;
  call.rule('log-stream-name');
  call.rule('log-stream-exists', streams);
  streams.set(name, makeNew(call, { name, creationTime: call.server.clock(), events: [] }));
}

/** Takes events from tests, also such as AWS would refuse as too old. */
function putLogEvents(call) {
  const stream = findStream(call, findGroup(call), call.input.logStreamName);
  const ingestionTime = call.server.clock();
  const added = call.input.logEvents.map((event) => ({ ...event, ingestionTime }));
  stream.events = [...stream.events, ...added].sort((a, b) => a.timestamp - b.timestamp);
  return { nextSequenceToken: '1' };
}

function findStream(call, { streams }, name) {
  call.rule('log-stream-not-found', streams, name);
  return streams.get(name) ?? { name, events: [] };
}

function describeLogStreams(call) {
  const { orderBy = 'LogStreamName', descending, logStreamNamePrefix = '' } = call.input;
  const { streams } = findGroup(call);
  call.rule('log-streams-order');
  const found = [...streams.values()].filter(({ name }) => name.startsWith(logStreamNamePrefix));
  const rank = orderBy === 'LastEventTime' ? lastOf : ({ name }) => name;
  found.sort((a, b) => (rank(a) < rank(b) ? -1 : rank(a) > rank(b) ? 1 : 0));
  if (descending) found.reverse();
  const { entries, nextToken } = call.rule('log-streams-pages', found) ?? { entries: found };
  return { logStreams: entries.map((stream) => describe(call, stream)), nextToken };
}

const lastOf = ({ events }) => events.at(-1)?.timestamp ?? 0;

function describe(call, stream) {
  const { name, creationTime, events } = stream;
  const known = { logStreamName: name, creationTime, storedBytes: 0 };
  if (events.length === 0 || call.rule('last-event-late', stream)) return known;
  return {
    ...known,
    firstEventTimestamp: events[0].timestamp,
    lastEventTimestamp: lastOf(stream),
    lastIngestionTime: events.at(-1).ingestionTime,
  };
}

/** The events of a stream that are kept. */
const keptEvents = (call, group, { events }) =>
  call.rule('expired-events', group, events) ?? events;

function getLogEvents(call) {
  const { input } = call;
  const group = findGroup(call);
  checkReadable(call, group);
  const stream = findStream(call, group, input.logStreamName);
  const kept = keptEvents(call, group, stream);
  if (kept.length < stream.events.length && kept.length === 0) {
    const endless = call.rule('endless-tokens');
    if (endless) return endless;
  }
  const since = kept.filter(({ timestamp }) => timestamp >= (input.startTime ?? 0));
  const wanted = call.rule('get-end-excluded', since) ?? since;
  const { entries, start, end } = pageAt(call, wanted, positionOf(input.nextToken));
  const next = call.rule('same-token-at-end', end);
  return { events: entries, nextForwardToken: next, nextBackwardToken: `b/${start}` };
}

/** Refuses to read the events of a group of another class, or one whose key may not be used. */
function checkReadable(call, group) {
  call.rule('standard-class', group);
  call.rule('log-group-key', group);
}

/** The number of events before a token, from the head. */
const positionOf = (token) => (token ? Number(BigInt(token.split('/')[1]) & 0xffffffffn) : 0);

/** A token of AWS's form. Its time is not that of the events. */
const tokenOf = (position) => `f/${String((1n << 184n) + BigInt(position)).padStart(56, '0')}/s`;

function pageAt(call, events, start) {
  const limit = call.input.limit ?? MAX_EVENTS;
  const count = call.rule('page-size', events.slice(start, start + limit));
  const end = Math.min(start + Math.min(limit, count ?? limit), events.length);
  const entries = events.slice(start, end);
  return { entries, start, end };
}

function filterLogEvents(call) {
  const { logStreamNames, logStreamNamePrefix = '', startTime = 0, nextToken } = call.input;
  const group = findGroup(call);
  call.rule('filter-streams');
  checkReadable(call, group);
  const streams = logStreamNames
    ? logStreamNames.map((name) => findStream(call, group, name))
    : [...group.streams.values()].filter(({ name }) => name.startsWith(logStreamNamePrefix));
  const all = streams.flatMap((stream) =>
    keptEvents(call, group, stream).map((event, index) => ({
      ...event,
      logStreamName: stream.name,
      eventId: `${stream.name}/${index}`,
    })),
  );
  const since = all.filter(({ timestamp }) => timestamp >= startTime);
  since.sort((a, b) => a.timestamp - b.timestamp);
  const wanted = call.rule('filter-end-included', since) ?? since;
  const empty = nextToken ? undefined : call.rule('filter-empty-page', wanted);
  if (empty) return empty;
  const { entries, end } = pageAt(call, wanted, Number(nextToken ?? 0));
  return { events: entries, nextToken: end < wanted.length ? String(end) : undefined };
}

const RULES = [
  {
    name: 'log-stream-name',
    rule: 'The name of a log stream has 1 to 512 characters without : and *: else 400 InvalidParameterException.',
    source: `${API}/API_CreateLogStream.html`,
    apply({ input: { logStreamName } }) {
      if (!/^[^:*]{1,512}$/.test(logStreamName)) throw invalid('Invalid logStreamName.');
    },
  },
  {
    name: 'log-stream-exists',
    rule: 'A log stream that exists is not created again: 400 ResourceAlreadyExistsException.',
    source: `${API}/API_CreateLogStream.html`,
    apply({ input: { logStreamName } }, streams) {
      if (!streams.has(logStreamName)) return;
      const message = 'The specified log stream already exists';
      throw new AwsError(400, 'ResourceAlreadyExistsException', message);
    },
  },
  {
    name: 'log-stream-not-found',
    rule: 'Events of a log stream that does not exist are not read: 400 ResourceNotFoundException.',
    source: `${API}/API_GetLogEvents.html`,
    apply(_, streams, name) {
      if (!streams.has(name)) throw notFound('stream');
    },
  },
  {
    name: 'log-streams-order',
    rule: 'DescribeLogStreams takes no logStreamNamePrefix when it orders by LastEventTime: 400 InvalidParameterException.',
    source: `${API}/API_DescribeLogStreams.html`,
    apply({ input: { orderBy, logStreamNamePrefix } }) {
      if (orderBy !== 'LastEventTime' || logStreamNamePrefix === undefined) return;
      throw invalid('Cannot order by LastEventTime with a logStreamNamePrefix.');
    },
  },
  {
    name: 'log-streams-pages',
    rule: 'DescribeLogStreams has at most 50 streams in a page, and a nextToken for the next one.',
    source: `${API}/API_DescribeLogStreams.html`,
    apply({ input: { limit = MAX_STREAMS, nextToken } }, all) {
      if (limit < 1 || limit > MAX_STREAMS) throw invalid('limit must be between 1 and 50');
      const start = Number(nextToken ?? 0);
      const end = start + limit;
      return {
        entries: all.slice(start, end),
        nextToken: end < all.length ? String(end) : undefined,
      };
    },
  },
  {
    name: 'last-event-late',
    rule: 'The time of the last event of a new log stream is not known at first.',
    source: `${API}/API_LogStream.html`,
    apply: (_, stream) => isNew(stream, 'last-event'),
  },
  {
    name: 'standard-class',
    rule: 'GetLogEvents and FilterLogEvents refuse groups of the Infrequent Access class: 400 InvalidParameterException.',
    source: 'https://github.com/aws/karpenter-provider-aws/pull/9567',
    apply({ operation }, { logGroupName, logGroupClass }) {
      if (logGroupClass !== 'INFREQUENT_ACCESS') return;
      throw invalid(
        `The log group ${logGroupName} is of log-group-class INFREQUENT_ACCESS. ${operation} is not supported for this log class.`,
      );
    },
  },
  {
    name: 'log-group-key',
    rule: 'A group whose KMS key is disabled, or may not be used, is not read: 400 AccessDeniedException, which names the group.',
    source: 'https://github.com/ministryofjustice/modernisation-platform/issues/7870',
    apply(_, { isKeyDisabled, logGroupArn }) {
      if (!isKeyDisabled) return;
      const message = `The specified KMS key does not exist or is not allowed to be used with Arn '${logGroupArn}'`;
      throw new AwsError(400, 'AccessDeniedException', message);
    },
  },
  {
    name: 'expired-events',
    rule: 'Events that are older than the retention of their group are not returned.',
    source: `${API}/API_PutRetentionPolicy.html`,
    apply({ server }, { retentionInDays }, events) {
      if (!retentionInDays) return undefined;
      const kept = server.clock() - retentionInDays * DAY;
      return events.filter(({ timestamp }) => timestamp >= kept);
    },
  },
  {
    name: 'endless-tokens',
    rule: 'Of a stream whose events have expired, GetLogEvents returns empty pages with ever new tokens.',
    source: 'https://github.com/boto/boto3/issues/4591',
    apply({ input: { nextToken } }) {
      const nextForwardToken = tokenOf(positionOf(nextToken) + 1);
      return { events: [], nextForwardToken, nextBackwardToken: 'b/0' };
    },
  },
  {
    name: 'get-end-excluded',
    rule: 'GetLogEvents returns events before its endTime, not at it.',
    source: `${API}/API_GetLogEvents.html`,
    apply: ({ input: { endTime = Infinity } }, events) =>
      events.filter(({ timestamp }) => timestamp < endTime),
  },
  {
    name: 'filter-end-included',
    rule: 'FilterLogEvents returns events up to its endTime, including those at it.',
    source: `${API}/API_FilterLogEvents.html`,
    apply: ({ input: { endTime = Infinity } }, events) =>
      events.filter(({ timestamp }) => timestamp <= endTime),
  },
  {
    name: 'page-size',
    rule: 'A page has at most 10,000 events, and at most 1 MB of them.',
    source: `${API}/API_GetLogEvents.html`,
    apply(_, events) {
      let bytes = 0;
      const fits = ({ message }) => (bytes += Buffer.byteLength(message) + OVERHEAD) <= MAX_BYTES;
      const end = events.slice(0, MAX_EVENTS).findIndex((event) => !fits(event));
      return end === -1 ? Math.min(events.length, MAX_EVENTS) : Math.max(end, 1);
    },
  },
  {
    name: 'same-token-at-end',
    rule: 'At the end of a stream, GetLogEvents returns the token that it was given, and always a token.',
    source: `${API}/API_GetLogEvents.html`,
    apply: (_, end) => tokenOf(end),
  },
  {
    name: 'filter-streams',
    rule: 'FilterLogEvents takes at most 100 logStreamNames, and not with logStreamNamePrefix: else 400 InvalidParameterException.',
    source: `${API}/API_FilterLogEvents.html`,
    apply({ input: { logStreamNames, logStreamNamePrefix } }) {
      if (logStreamNames && logStreamNamePrefix !== undefined) {
        throw invalid('logStreamNames and logStreamNamePrefix are mutually exclusive');
      }
      if (logStreamNames?.length > 100) throw invalid('logStreamNames has more than 100 items');
    },
  },
  {
    name: 'filter-empty-page',
    rule: 'FilterLogEvents may return an empty page, with a nextToken, before pages that have events.',
    source: `${API}/API_FilterLogEvents.html`,
    apply: (_, events) => (events.length > 0 ? { events: [], nextToken: '0' } : undefined),
  },
];

module.exports = {
  OPERATIONS: {
    CreateLogStream: createLogStream,
    PutLogEvents: putLogEvents,
    DescribeLogStreams: describeLogStreams,
    GetLogEvents: getLogEvents,
    FilterLogEvents: filterLogEvents,
  },
  RULES,
};
