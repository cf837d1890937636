'use strict';

// Log streams for the tests of log pulls: real ones in the emulator, or ones whose pages a test
// decides, as AWS may well cut them and the emulator would not.

const fs = require('node:fs');
const path = require('node:path');
const litexa = require('../../..');
const { logsContext } = require('../litexa/context');
const { NAMES } = require('../litexa/skill');

const MINUTE = 60_000;
const JSON_TYPE = { 'content-type': 'application/x-amz-json-1.1' };

/** A time within the last hour, on a full second. */
const minutesAgo = (minutes) => Math.floor((Date.now() - minutes * MINUTE) / 1000) * 1000;

/** Puts events into a log stream of the emulator, which is made if it is not there. */
async function writeStream(aws, logStreamName, events, logGroupName = NAMES.logGroup) {
  const there = async (operation, input) => {
    await aws.logs(operation, input).catch((error) => {
      if (!/ResourceAlreadyExists/.test(error.message)) throw error;
    });
  };
  await there('CreateLogGroup', { logGroupName });
  await there('CreateLogStream', { logGroupName, logStreamName });
  await aws.logs('PutLogEvents', { logGroupName, logStreamName, logEvents: events });
}

/**
 * Answers for CloudWatch Logs.
 *
 * @param {object} cloud
 * @param {{name: string, pages?: object[][], last?: number | null}[]} streams in the order in which
 *   AWS lists them by their last event; `last` is that event's time as AWS knows it, null where it
 *   knows of none yet
 * @param {{listed?: number, filtered?: number}} [how] so many streams are on a page of their list,
 *   and so many events on a page of FilterLogEvents, of which so many come once more on
 *   the next; `inOrder`: they come in the order of their times, and not stream by stream
 */
function scriptStreams(
  cloud,
  streams,
  { listed = 50, filtered = 10_000, repeated = 0, inOrder = true } = {},
) {
  cloud.answer('DescribeLogStreams', ({ body }) => {
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
  cloud.answer('FilterLogEvents', ({ body }) => {
    const { logStreamNames, startTime, endTime, nextToken } = JSON.parse(body);
    const events = streams
      .filter(({ name }) => logStreamNames.includes(name))
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
  cloud.answer('GetLogEvents', ({ body }) => {
    const { logStreamName, startTime, endTime, nextToken } = JSON.parse(body);
    const { pages: all = [] } = streams.find(({ name }) => name === logStreamName);
    const isWanted = ({ timestamp }) => timestamp >= startTime && timestamp < endTime;
    const pages = all.map((page) => page.filter(isWanted));
    const at = nextToken ? Number(nextToken.slice(2)) : 0;
    // The end is where AWS gives back the token that it was given.
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

/** What CloudWatch Logs answers to a request that it does not do; the status is 400 for all of them. */
function refused(code, message) {
  return { status: 400, headers: JSON_TYPE, body: JSON.stringify({ __type: code, message }) };
}

/**
 * Pulls the logs of a skill.
 *
 * @returns {Promise<{result: object, text: string, folder: string, logger: object}>} `text` is what
 *   the first file holds, `folder` is where it lies
 */
async function pull(skill, options = {}, what = {}) {
  const context = logsContext({ projectRoot: skill.root, target: 'beta', options, ...what });
  const result = await litexa.logs.pull(context, context.logger);
  const [first] = result.files;
  return {
    result,
    text: first && fs.readFileSync(first, 'utf8'),
    folder: path.join(context.logsRoot, 'beta'),
    logger: context.logger,
  };
}

/** An interceptor that lets so many requests pass only once they are all there. */
function together(count) {
  let release;
  let missing = count;
  const complete = new Promise((resolve) => (release = resolve));
  return async () => {
    if (--missing <= 0) release();
    await complete;
  };
}

/** The counts of the first line. */
function counts(text) {
  const [, answered, failed] = /^requests: ✔ success:(\d+), ✘ fail:(\d+)\n/.exec(text);
  return { answered: Number(answered), failed: Number(failed) };
}

/** The headline of each request, in the file's order. */
const headlines = (text) => text.split('\n').filter((line) => /^--- .* ---$/.test(line));

/** The requests that the file has, by what the headlines show of their ids, sorted. */
const idsIn = (text) =>
  headlines(text)
    .map((line) => /\[(\w+)\]/.exec(line)?.[1])
    .sort();

const shortId = (id) => id.slice(-8);

module.exports = {
  writeStream,
  scriptStreams,
  refused,
  pull,
  counts,
  headlines,
  idsIn,
  shortId,
  together,
  minutesAgo,
  MINUTE,
};
