'use strict';

// Answers CloudWatch Logs: a function's streams, and their events in pages of the size of AWS's.

const { ServiceError, jsonService } = require('./json-service');
const { makeStreams } = require('./log-events');

const PAGE_EVENTS = 10_000;
const PAGE_BYTES = 1_000_000;
const PAGE_STREAMS = 50;

/** AWS adds 26 bytes to the size of each event's text. */
const EVENT_OVERHEAD = 26;

function logs() {
  const groups = new Map();
  let limiters = {};
  const group = ({ logGroupName, logGroupIdentifier }) => {
    const found = groups.get(logGroupName ?? logGroupIdentifier);
    if (!found) throw new ServiceError('ResourceNotFoundException', 'no such log group');
    return found;
  };

  const answer = jsonService({
    DescribeLogGroups: ({ logGroupNamePrefix = '' }) => ({
      logGroups: [...groups.keys()]
        .filter((name) => name.startsWith(logGroupNamePrefix))
        .map((logGroupName) => ({ logGroupName, creationTime: 0 })),
    }),
    CreateLogGroup: ({ logGroupName }) =>
      void groups.set(logGroupName, { streams: new Map(), merged: {} }),
    PutRetentionPolicy: () => undefined,
    DescribeLogStreams(input) {
      limiters.DescribeLogStreams?.();
      const { orderBy, descending, logStreamNamePrefix = '', nextToken, limit } = input;
      const all = [...group(input).streams.values()];
      const found = all.filter(({ name }) => name.startsWith(logStreamNamePrefix));
      const rank = orderBy === 'LastEventTime' ? ({ last }) => last : ({ name }) => name;
      found.sort((a, b) => (rank(a) < rank(b) ? -1 : 1));
      if (descending) found.reverse();
      const start = Number(nextToken ?? 0);
      const end = start + Math.min(limit ?? PAGE_STREAMS, PAGE_STREAMS);
      const logStreams = found.slice(start, end).map(describe);
      return { logStreams, nextToken: end < found.length ? String(end) : undefined };
    },
    GetLogEvents(input) {
      limiters.GetLogEvents?.();
      const { logStreamName, nextToken, startFromHead, startTime } = input;
      const stream = group(input).streams.get(logStreamName);
      if (!stream) throw new ServiceError('ResourceNotFoundException', 'no such log stream');
      // Pages are built once, because that is work of AWS and not measured.
      const from = startTime > stream.first ? startTime : stream.first;
      stream.pages[from] ??= pagesOf(stream.events, from, 'text');
      const pages = stream.pages[from];
      const first = startFromHead ? 0 : Math.max(pages.length - 1, 0);
      const at = nextToken ? Number(nextToken.slice(2)) : first;
      // At the end, AWS returns the token of the request.
      const next = `"f/${Math.min(at + 1, pages.length)}","nextBackwardToken":"b/${at}"`;
      return Buffer.from(`{"events":${pages[at] ?? '[]'},"nextForwardToken":${next}}`);
    },
    // Full pages, which AWS does not guarantee: this is the maximum speed of FilterLogEvents.
    FilterLogEvents(input) {
      limiters.FilterLogEvents?.();
      const { streams, merged } = group(input);
      const { logStreamNames: names = [...streams.keys()], startTime = 0, endTime } = input;
      const all = input.logStreamNames ? names.join() : 'all';
      merged[all] ??= mixed(names.map((name) => streams.get(name)));
      // Pages are built once, because that is work of AWS and not measured.
      const key = `${all}:${startTime}-${endTime}`;
      const wanted = () =>
        endTime ? merged[all].filter(({ timestamp }) => timestamp <= endTime) : merged[all];
      const pages = (merged[key] ??= pagesOf(wanted(), startTime, 'found'));
      const at = Number(input.nextToken ?? 0);
      const isLast = at + 1 >= pages.length;
      // Clients read a batch and a part of the time range once.
      if (isLast) delete merged[key];
      if (isLast && input.logStreamNames) delete merged[all];
      const next = isLast ? '' : `,"nextToken":"${at + 1}"`;
      return Buffer.from(`{"events":${pages[at] ?? '[]'},"searchedLogStreams":[]${next}}`);
    },
  });

  return Object.assign(answer, {
    /** Fills a log group. */
    write({ logGroupName, ...size }) {
      const streams = makeStreams(size).map((stream) => [stream.name, prepared(stream)]);
      groups.set(logGroupName, { streams: new Map(streams), merged: {} });
    },
    /**
     * Throttles requests above these rates by operation. A burst may have the requests of a second.
     *
     * @param {Record<string, number>} perSecond
     */
    limit(perSecond = {}) {
      const limits = Object.entries(perSecond);
      limiters = Object.fromEntries(limits.map(([name, rate]) => [name, refuseAbove(rate)]));
    },
  });
}

function describe({ name, first, last }) {
  return {
    logStreamName: name,
    creationTime: first,
    firstEventTimestamp: first,
    lastEventTimestamp: last,
    lastIngestionTime: last,
    storedBytes: 0,
  };
}

/** Returns the stream with each event as JSON, also in the form of FilterLogEvents. */
function prepared({ name, events, ...stream }) {
  const added = `,"logStreamName":${JSON.stringify(name)},"eventId":"${name.slice(-8)}`;
  const texts = events.map((event, index) => {
    const text = JSON.stringify(event);
    return {
      timestamp: event.timestamp,
      size: Buffer.byteLength(event.message) + EVENT_OVERHEAD,
      text,
      found: `${text.slice(0, -1)}${added}${index}"}`,
    };
  });
  return { ...stream, name, events: texts, pages: {} };
}

/** Returns the pages of all events from a time on as JSON, made of their `text` or `found`. */
function pagesOf(events, from, form) {
  const pages = [];
  let bytes = Infinity;
  for (const { timestamp, size, [form]: text } of events) {
    if (timestamp < from) continue;
    if (bytes + size > PAGE_BYTES || pages.at(-1).length === PAGE_EVENTS) {
      pages.push([]);
      bytes = 0;
    }
    pages.at(-1).push(text);
    bytes += size;
  }
  return pages.map((page) => `[${page.join()}]`);
}

/** Returns the events of several streams in the order of their times. */
function mixed(streams) {
  return streams.flatMap(({ events }) => events).sort((a, b) => a.timestamp - b.timestamp);
}

function refuseAbove(perSecond) {
  let tokens = perSecond;
  let last = performance.now();
  return () => {
    const now = performance.now();
    tokens = Math.min(perSecond, tokens + ((now - last) / 1000) * perSecond);
    last = now;
    if (tokens < 1) throw new ServiceError('ThrottlingException', 'Rate exceeded');
    tokens--;
  };
}

module.exports = { logs };
