'use strict';

// Answers requests to Logs Insights: evaluates queries over the events that the other requests read.

const crypto = require('node:crypto');
const { jsonError } = require('../errors');
const { compile } = require('./interpreter');

const DAY = 86_400_000;

const ok = (body) => ({
  status: 200,
  headers: { 'content-type': 'application/x-amz-json-1.1' },
  body: JSON.stringify(body),
});

/** Reads all events of a log group of the emulator. */
async function emulatedEvents(client, logGroupName) {
  const { logStreams } = await client.logs('DescribeLogStreams', { logGroupName });
  const events = [];
  for (const { logStreamName } of logStreams) {
    const input = { logGroupName, logStreamName, startFromHead: true };
    const { events: found } = await client.logs('GetLogEvents', input);
    events.push(...found.map((event) => ({ ...event, logStreamName })));
  }
  return events;
}

/** Returns the events of streams as `scriptStreams` takes them. */
const eventsOf = (streams) =>
  streams.flatMap(({ name, pages }) =>
    pages.flat().map((event) => ({ ...event, logStreamName: name })),
  );

/**
 * Answers StartQuery, GetQueryResults, StopQuery and DescribeLogGroups.
 *
 * @see https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_StartQuery.html
 * @param {object} aws
 * @param {object} [how]
 * @param {object[]} [how.events] else those of the emulator
 * @param {number} [how.storedBytes] as DescribeLogGroups reports it
 * @param {number} [how.ageDays] the age of the log group
 * @param {number} [how.retentionInDays]
 * @param {number} [how.bytesOfEvent] scanned bytes an event, else those of its message
 * @param {(row: object) => number} [how.counted] another number of lines than an hour has
 * @param {number} [how.looks] how often a query is looked at before it is complete
 * @param {boolean} [how.isWholeSecond] whether the end of a query, which is inclusive, is a second or
 *   the first millisecond of it: AWS does not document which
 * @returns {{queries: Map, running: () => object[]}}
 */
function answerInsights(aws, how = {}) {
  const { storedBytes = 0, ageDays = 30, retentionInDays, looks = 1 } = how;
  const created = Date.now() - ageDays * DAY;
  const queries = new Map();
  let all = how.events;

  // The emulator's group is new, and its size 0.
  aws.answer('DescribeLogGroups', ({ body: sent }) => {
    const facts = { creationTime: created, storedBytes, retentionInDays };
    const { logGroupNamePrefix: logGroupName } = JSON.parse(sent);
    if (how.events) return ok({ logGroups: [{ logGroupName, ...facts }] });
    const rewrite = ({ body }) => {
      const { logGroups, ...rest } = JSON.parse(body);
      return ok({ logGroups: logGroups.map((group) => ({ ...group, ...facts })), ...rest });
    };
    return { rewrite };
  });

  aws.answer('StartQuery', async ({ body }) => {
    const { logGroupName, queryString, startTime, endTime, ...unknown } = JSON.parse(body);
    if (Object.keys(unknown).length > 0) throw new Error(`unexpected ${Object.keys(unknown)}`);
    let query;
    try {
      query = compile(queryString);
    } catch (error) {
      return jsonError(400, 'MalformedQueryException', error.message);
    }
    const oldest = Math.max(created, Date.now() - (retentionInDays ?? 36_500) * DAY);
    if (endTime * 1000 < oldest) {
      return jsonError(
        400,
        'MalformedQueryException',
        "Query's end date and time is either before the log groups creation time or exceeds the log " +
          `groups log retention settings ([0,${endTime}])`,
      );
    }
    all ??= await emulatedEvents(aws.client, logGroupName);
    // Both ends are inclusive, and in seconds.
    const last = endTime * 1000 + (how.isWholeSecond ? 999 : 0);
    const events = all.filter(
      ({ timestamp }) => timestamp >= Math.max(startTime * 1000, oldest) && timestamp <= last,
    );
    const bytes = events.reduce(
      (sum, { message }) => sum + (how.bytesOfEvent ?? Buffer.byteLength(message)),
      0,
    );
    // AWS does not document the order of events of the same time: the reverse one is the worst.
    const rows = events.reverse().map(({ timestamp, message, logStreamName }) => ({
      '@timestamp': timestamp,
      '@message': message,
      '@logStream': logStreamName,
    }));
    const queryId = crypto.randomUUID();
    const result = query.run(rows);
    if (result.isAggregated && how.counted) {
      result.rows = result.rows.map((row) => ({ ...row, lines: String(how.counted(row)) }));
    }
    queries.set(queryId, { ...result, bytes, looks, status: 'Running' });
    return ok({ queryId });
  });

  aws.answer('GetQueryResults', ({ body }) => {
    const { queryId } = JSON.parse(body);
    const query = queries.get(queryId);
    if (query.status === 'Running' && query.looks-- <= 0) query.status = 'Complete';
    const isComplete = query.status === 'Complete';
    // A result of events has a pointer to each, and one that is running is not complete.
    const rows = query.rows
      .slice(0, isComplete ? undefined : 1)
      .map((row) =>
        Object.entries(query.isAggregated ? row : { ...row, '@ptr': crypto.randomUUID() }).map(
          ([field, value]) => ({ field, value }),
        ),
      );
    const bytesScanned = isComplete ? query.bytes : query.bytes / 2;
    return ok({ status: query.status, results: rows, statistics: { bytesScanned } });
  });

  aws.answer('StopQuery', ({ body }) => {
    const query = queries.get(JSON.parse(body).queryId);
    if (query.status !== 'Running') {
      return jsonError(400, 'InvalidParameterException', 'Query is not in a running state');
    }
    query.status = 'Cancelled';
    return ok({ success: true });
  });

  return { queries, running: () => [...queries.values()].filter(isRunning) };
}

const isRunning = ({ status }) => status === 'Running';

module.exports = { answerInsights, eventsOf };
