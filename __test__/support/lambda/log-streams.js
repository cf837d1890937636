'use strict';

// Log streams for tests of log pulls: in the emulator, or scripted ones, whose pages a test defines
// as AWS may return them and the emulator does not.

const fs = require('node:fs');
const path = require('node:path');
const litexa = require('../../..');
const { withoutExitCode } = require('../exit-code');
const { logsContext } = require('../litexa/context');
const { NAMES } = require('../litexa/project');

const MINUTE = 60_000;
const JSON_TYPE = { 'content-type': 'application/x-amz-json-1.1' };

/** Returns a time in the past, on a full second. */
const minutesAgo = (minutes) => Math.floor((Date.now() - minutes * MINUTE) / 1000) * 1000;

/** Puts events into a log stream of the emulator, which is created if it does not exist. */
async function writeStream(client, logStreamName, events, logGroupName = NAMES.logGroup) {
  const ensure = async (operation, input) => {
    await client.logs(operation, input).catch((error) => {
      if (!/ResourceAlreadyExists/.test(error.message)) throw error;
    });
  };
  await ensure('CreateLogGroup', { logGroupName });
  await ensure('CreateLogStream', { logGroupName, logStreamName });
  await client.logs('PutLogEvents', { logGroupName, logStreamName, logEvents: events });
}

/**
 * Answers requests to CloudWatch Logs in place of the emulator.
 *
 * @param {object} aws
 * @param {{name: string, pages?: object[][], last?: number | null}[]} streams in the order in which
 *   AWS lists them by their last event; `last` is the time that AWS reports of that event, null if it
 *   does not report one yet
 * @param {object} [how]
 * @param {number} [how.listed] streams on a page of their list
 * @param {number} [how.filtered] events on a page of FilterLogEvents
 * @param {number} [how.repeated] events of a page that are repeated on the next one
 * @param {boolean} [how.inOrder] events come by time, and not stream by stream
 */
function scriptStreams(
  aws,
  streams,
  { listed = 50, filtered = 10_000, repeated = 0, inOrder = true } = {},
) {
  aws.answer('DescribeLogStreams', ({ body }) => {
    const { orderBy, descending, logStreamNamePrefix = '', nextToken } = JSON.parse(body);
    const found = streams.filter(({ name }) => name.startsWith(logStreamNamePrefix));
    if (orderBy !== 'LastEventTime') found.sort((a, b) => (a.name < b.name ? -1 : 1));
    if ((orderBy === 'LastEventTime') !== Boolean(descending)) found.reverse();
    const start = Number(nextToken ?? 0);
    const end = start + listed;
    return ok({
      logStreams: found.slice(start, end).map(describe),
      nextToken: end < found.length ? String(end) : undefined,
    });
  });
  aws.answer('FilterLogEvents', ({ body }) => {
    const { logStreamNames, startTime, endTime, nextToken } = JSON.parse(body);
    const events = streams
      .filter(({ name }) => logStreamNames?.includes(name) ?? true)
      .flatMap(({ name, pages = [] }) =>
        pages
          .flat()
          .map((event, n) => ({ ...event, logStreamName: name, eventId: `${name}/${n}` })),
      )
      .filter(({ timestamp }) => timestamp >= startTime && timestamp <= endTime);
    if (inOrder) events.sort((a, b) => a.timestamp - b.timestamp);
    const start = Number(nextToken ?? 0);
    const end = start + filtered;
    return ok({
      events: events.slice(Math.max(start - repeated, 0), end),
      nextToken: end < events.length ? String(end) : undefined,
    });
  });
  aws.answer('GetLogEvents', ({ body }) => {
    const { logStreamName, startTime, endTime, nextToken } = JSON.parse(body);
    const { pages: all = [] } = streams.find(({ name }) => name === logStreamName);
    const isWanted = ({ timestamp }) => timestamp >= startTime && timestamp < endTime;
    const pages = all.map((page) => page.filter(isWanted));
    const at = nextToken ? Number(nextToken.slice(2)) : 0;
    // At the end, AWS returns the token that it was given.
    const nextForwardToken = `f/${Math.min(at + 1, pages.length)}`;
    return ok({ events: pages[at] ?? [], nextForwardToken, nextBackwardToken: `b/${at}` });
  });
}

function describe({ name, last = Date.now() }) {
  const times = last === null ? {} : { firstEventTimestamp: last, lastEventTimestamp: last };
  return { logStreamName: name, creationTime: last ?? Date.now(), storedBytes: 0, ...times };
}

function ok(body) {
  return { status: 200, headers: JSON_TYPE, body: JSON.stringify(body) };
}

/**
 * Pulls the logs of a project.
 *
 * @returns {Promise<{result: object, text: string, folder: string, logger: object}>} `text` is the
 *   content of the first file, `folder` the directory of all
 */
async function pull(project, options = {}, overrides = {}) {
  const { root: projectRoot } = project;
  const context = logsContext({ projectRoot, target: 'beta', options, ...overrides });
  const result = await withoutExitCode(() => litexa.logs.pull(context, context.logger));
  const [first] = result.files;
  return {
    result,
    text: first && fs.readFileSync(first, 'utf8'),
    folder: path.join(context.logsRoot, 'beta'),
    logger: context.logger,
  };
}

/** Returns an interceptor that holds requests until `count` of them have arrived. */
function holdUntil(count) {
  let release;
  let missing = count;
  const complete = new Promise((resolve) => (release = resolve));
  return async () => {
    if (--missing <= 0) release();
    await complete;
  };
}

/** Returns the counts in the first line. */
function counts(text) {
  const [, answered, failed] = /^requests: ✔ success:(\d+), ✘ fail:(\d+)\n/.exec(text);
  return { answered: Number(answered), failed: Number(failed) };
}

/** Returns the title line of each request, in the file's order. */
const titleLines = (text) => text.split('\n').filter((line) => /^--- .* ---$/.test(line));

/** Returns the shortened request IDs of the title lines, sorted. */
const idsIn = (text) =>
  titleLines(text)
    .map((line) => /\[(\w+)\]/.exec(line)?.[1])
    .sort();

const shortId = (id) => id.slice(-8);

module.exports = {
  writeStream,
  scriptStreams,
  pull,
  counts,
  titleLines,
  idsIn,
  shortId,
  holdUntil,
  minutesAgo,
  MINUTE,
};
