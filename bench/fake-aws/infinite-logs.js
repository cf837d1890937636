'use strict';

// Answers CloudWatch Logs with any number of events, generated page by page.

const { invocation, requestId } = require('../../__test__/support/lambda/log-events');
const { listen } = require('./null-aws');

const STREAMS = 40;
const REQUESTS_A_PAGE = 1000;
const EVENTS_A_REQUEST = 5;
const MINUTE = 60_000;

/** A page's requests begin within a second, and end within the next. */
const PAGE_MS = 2000;

/**
 * @param {number} events the number in all streams together
 * @returns {Promise<{endpoint: string, requests: number, stop: () => Promise<void>}>}
 */
async function startInfiniteLogs(events) {
  const pages = Math.ceil(events / (STREAMS * REQUESTS_A_PAGE * EVENTS_A_REQUEST));
  const start = Date.now() - 50 * MINUTE;
  const server = await listen((request, response) => {
    const chunks = [];
    request.on('data', (chunk) => chunks.push(chunk));
    request.on('end', () => {
      const operation = request.headers['x-amz-target'].split('.').pop();
      const input = JSON.parse(Buffer.concat(chunks).toString());
      const answers = {
        DescribeLogStreams: streams,
        GetLogEvents: (input) => pageOfOne(input, pages, start),
        FilterLogEvents: (input) => pageOfSeveral(input, pages, start),
      };
      response.writeHead(200, { 'content-type': 'application/x-amz-json-1.1' });
      response.end(JSON.stringify(answers[operation](input)));
    });
  });
  return { ...server, requests: STREAMS * pages * REQUESTS_A_PAGE };
}

const nameOf = (stream) => `2026/11/22/[$LATEST]${stream}`;

function streams({ nextToken }) {
  if (nextToken) return { logStreams: [] };
  const time = Date.now();
  const times = { creationTime: time - 55 * MINUTE, firstEventTimestamp: time - 55 * MINUTE };
  return {
    logStreams: Array.from({ length: STREAMS }, (_, number) => ({
      logStreamName: nameOf(number),
      lastEventTimestamp: time,
      ...times,
    })),
  };
}

/** A page of one stream. The last page returns the token of its request. */
function pageOfOne({ logStreamName, nextToken, startTime }, pages, start) {
  const parts = partsOf([logStreamName], pages, start, startTime);
  const at = nextToken ? Number(nextToken.slice(2)) : 0;
  const nextForwardToken = `f/${Math.min(at + 1, parts.length)}`;
  return { events: parts[at]?.() ?? [], nextForwardToken, nextBackwardToken: `b/${at}` };
}

/** A page of several streams. The last page has no token. */
function pageOfSeveral({ logStreamNames, nextToken, startTime }, pages, start) {
  const parts = partsOf(logStreamNames, pages, start, startTime);
  const at = Number(nextToken ?? 0);
  return {
    events: parts[at]?.() ?? [],
    nextToken: at + 1 < parts.length ? String(at + 1) : undefined,
  };
}

/** Returns functions that generate the pages of these streams, in the order of their times. */
function partsOf(names, pages, start, startTime) {
  const streams = names.map((name) => Number(name.split(']')[1])).sort((a, b) => a - b);
  const numbers = Array.from({ length: pages }, (_, at) =>
    streams.map((stream) => at * STREAMS + stream),
  ).flat();
  return numbers
    .filter((number) => start + (number + 1) * PAGE_MS > startTime)
    .map(
      (number) => () =>
        requestsFrom(number * REQUESTS_A_PAGE, start + number * PAGE_MS)
          .filter(({ timestamp }) => timestamp >= startTime)
          .map((event, index) => ({
            ...event,
            logStreamName: nameOf(number % STREAMS),
            eventId: `${number}/${index}`,
          })),
    );
}

function requestsFrom(first, start) {
  const requests = Array.from({ length: REQUESTS_A_PAGE }, (_, number) =>
    invocation(requestId(first + number), start + number),
  );
  return requests.flat().sort((a, b) => a.timestamp - b.timestamp);
}

module.exports = { startInfiniteLogs };
