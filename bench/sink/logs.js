'use strict';

// CloudWatch Logs: streams of a function, and their events in pages of AWS' limits.

const { Refusal, jsonService } = require('./json-service');
const { makeStreams } = require('./log-events');

const PAGE_EVENTS = 10_000;
const PAGE_BYTES = 1_000_000;
const PAGE_STREAMS = 50;

/** AWS counts 26 bytes for each event beside its text. */
const EVENT_OVERHEAD = 26;

function logs() {
  const groups = new Map();
  let pace = () => {};
  const group = ({ logGroupName, logGroupIdentifier }) => {
    const found = groups.get(logGroupName ?? logGroupIdentifier);
    if (!found) throw new Refusal('ResourceNotFoundException', 'no such log group');
    return found;
  };

  const answer = jsonService({
    DescribeLogGroups: ({ logGroupNamePrefix = '' }) => ({
      logGroups: [...groups.keys()]
        .filter((name) => name.startsWith(logGroupNamePrefix))
        .map((logGroupName) => ({ logGroupName, creationTime: 0 })),
    }),
    CreateLogGroup: ({ logGroupName }) => void groups.set(logGroupName, { streams: new Map() }),
    PutRetentionPolicy: () => undefined,
    DescribeLogStreams(input) {
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
      pace();
      const stream = group(input).streams.get(input.logStreamName);
      if (!stream) throw new Refusal('ResourceNotFoundException', 'no such log stream');
      stream.pages ??= pagesOf(stream.events).map((events) => JSON.stringify(events));
      const { nextToken, startFromHead } = input;
      const { pages } = stream;
      const first = startFromHead ? 0 : Math.max(pages.length - 1, 0);
      const at = nextToken ? Number(nextToken.slice(2)) : first;
      // At the end AWS gives back the token that it was given.
      const next = `"f/${Math.min(at + 1, pages.length)}","nextBackwardToken":"b/${at}"`;
      return Buffer.from(`{"events":${pages[at] ?? '[]'},"nextForwardToken":${next}}`);
    },
    // Full pages, which AWS does not promise: this is as fast as FilterLogEvents can be.
    FilterLogEvents(input) {
      pace();
      const found = group(input);
      found.pages ??= pagesOf(merged(found.streams)).map((events) => JSON.stringify(events));
      const at = Number(input.nextToken ?? 0);
      const next = at + 1 < found.pages.length ? `,"nextToken":"${at + 1}"` : '';
      return Buffer.from(`{"events":${found.pages[at] ?? '[]'},"searchedLogStreams":[]${next}}`);
    },
  });

  return Object.assign(answer, {
    /** Fills a log group. */
    write({ logGroupName, ...what }) {
      const streams = makeStreams(what).map((stream) => [stream.name, stream]);
      groups.set(logGroupName, { streams: new Map(streams) });
    },
    /** Refuses more requests for events a second than this; a second's worth may come at once. */
    limit(perSecond) {
      pace = perSecond ? refuseAbove(perSecond) : () => {};
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

function pagesOf(events) {
  const pages = [];
  let bytes = Infinity;
  for (const event of events) {
    const size = Buffer.byteLength(event.message) + EVENT_OVERHEAD;
    if (bytes + size > PAGE_BYTES || pages.at(-1).length === PAGE_EVENTS) {
      pages.push([]);
      bytes = 0;
    }
    pages.at(-1).push(event);
    bytes += size;
  }
  return pages;
}

function merged(streams) {
  const all = [...streams.values()].flatMap(({ name, events }) =>
    events.map((event, index) => ({ ...event, logStreamName: name, eventId: `${name}${index}` })),
  );
  return all.sort((a, b) => a.timestamp - b.timestamp);
}

function refuseAbove(perSecond) {
  let tokens = perSecond;
  let last = performance.now();
  return () => {
    const now = performance.now();
    tokens = Math.min(perSecond, tokens + ((now - last) / 1000) * perSecond);
    last = now;
    if (tokens < 1) throw new Refusal('ThrottlingException', 'Rate exceeded');
    tokens--;
  };
}

module.exports = { logs };
