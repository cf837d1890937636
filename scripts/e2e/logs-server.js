'use strict';

// Answers CloudWatch Logs with the events of given requests.

const { listen } = require('../../bench/fake-aws/null-aws');

const EVENTS_A_PAGE = 10_000;

/**
 * @param {{stream: string, events: object[]}[]} requests
 * @returns {Promise<{endpoint: string, stop: () => Promise<void>}>}
 */
async function startLogs(requests) {
  const streams = new Map();
  for (const { stream, events } of requests) {
    streams.set(stream, [...(streams.get(stream) ?? []), ...events]);
  }
  const answers = {
    DescribeLogStreams: ({ nextToken }) => ({
      logStreams: nextToken ? [] : [...streams].map(([name, events]) => describe(name, events)),
    }),
    FilterLogEvents: (input) => filter(streams, input),
    GetLogEvents: (input) => read(streams.get(input.logStreamName) ?? [], input),
  };
  return listen((request, response) => {
    const chunks = [];
    request.on('data', (chunk) => chunks.push(chunk));
    request.on('end', () => {
      const operation = String(request.headers['x-amz-target']).split('.').pop();
      const input = JSON.parse(Buffer.concat(chunks).toString());
      response.writeHead(200, { 'content-type': 'application/x-amz-json-1.1' });
      response.end(JSON.stringify(answers[operation](input)));
    });
  });
}

function describe(logStreamName, events) {
  const times = events.map(({ timestamp }) => timestamp);
  const first = Math.min(...times);
  const last = Math.max(...times);
  return {
    logStreamName,
    creationTime: first,
    firstEventTimestamp: first,
    lastEventTimestamp: last,
  };
}

const isWithin =
  ({ startTime, endTime }) =>
  ({ timestamp }) =>
    timestamp >= startTime && timestamp <= endTime;

function filter(streams, { logStreamNames = [...streams.keys()], nextToken = '0', ...range }) {
  const start = Number(nextToken);
  const events = logStreamNames
    .flatMap((logStreamName) =>
      (streams.get(logStreamName) ?? []).map((event, number) => ({
        ...event,
        logStreamName,
        eventId: `${logStreamName}/${number}`,
      })),
    )
    .filter(isWithin(range));
  const end = start + EVENTS_A_PAGE;
  return {
    events: events.slice(start, end),
    nextToken: end < events.length ? String(end) : undefined,
  };
}

/** At the end, AWS returns the token of the request. */
function read(events, { nextToken = 'f/0', ...range }) {
  const start = Number(nextToken.slice(2));
  const found = events.filter(isWithin(range));
  const end = Math.min(start + EVENTS_A_PAGE, found.length);
  return {
    events: found.slice(start, end),
    nextForwardToken: `f/${end}`,
    nextBackwardToken: 'b/0',
  };
}

module.exports = { startLogs };
