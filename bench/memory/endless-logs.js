'use strict';

// A CloudWatch Logs that has as many events as one likes, made up page by page.

const { invocation, requestId } = require('../../__test__/support/lambda-lines');
const { listen } = require('./forgetful-aws');

const STREAMS = 40;
const REQUESTS_A_PAGE = 1000;
const EVENTS_A_REQUEST = 5;
const MINUTE = 60_000;

/**
 * @param {number} events how many all streams hold together
 * @returns {Promise<{endpoint: string, requests: number, stop: () => Promise<void>}>}
 */
async function startEndlessLogs(events) {
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
        GetLogEvents: (asked) => page(asked, pages, start),
      };
      response.writeHead(200, { 'content-type': 'application/x-amz-json-1.1' });
      response.end(JSON.stringify(answers[operation](input)));
    });
  });
  return { ...server, requests: STREAMS * pages * REQUESTS_A_PAGE };
}

function streams({ nextToken }) {
  if (nextToken) return { logStreams: [] };
  const time = Date.now();
  const times = { creationTime: time - 55 * MINUTE, firstEventTimestamp: time - 55 * MINUTE };
  return {
    logStreams: Array.from({ length: STREAMS }, (_, number) => ({
      logStreamName: `2026/11/22/[$LATEST]${number}`,
      lastEventTimestamp: time,
      ...times,
    })),
  };
}

/** The end is where the token comes back that was given. */
function page({ logStreamName, nextToken }, pages, start) {
  const stream = Number(logStreamName.split(']')[1]);
  const at = nextToken ? Number(nextToken.slice(2)) : 0;
  const nextForwardToken = `f/${Math.min(at + 1, pages)}`;
  const first = (stream * pages + at) * REQUESTS_A_PAGE;
  const events = at < pages ? requestsFrom(first, start + at * 1000) : [];
  return { events, nextForwardToken, nextBackwardToken: `b/${at}` };
}

function requestsFrom(first, start) {
  return Array.from({ length: REQUESTS_A_PAGE }, (_, number) =>
    invocation(requestId(first + number), start + number),
  ).flat();
}

module.exports = { startEndlessLogs };
