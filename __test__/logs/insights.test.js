'use strict';

// Summaries by Logs Insights have the counts of a pull, within the limits of its queries and of the
// bytes that may be scanned.

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { test } = require('node:test');
const { assertMentions, hintFor } = require('../support/assertions');
const { jsonError } = require('../support/aws/errors');
const { answerInsights, eventsOf } = require('../support/aws/insights/answer');
const { useAws } = require('../support/aws/use-aws');
const { setVariables } = require('../support/environment');
const { invocation, requestId, intent } = require('../support/lambda/log-events');
const streams = require('../support/lambda/log-streams');
const litexa = require('../..');
const { logsContext } = require('../support/litexa/context');
const { createProject, NAMES } = require('../support/litexa/project');

const { minutesAgo, pull, scriptStreams, writeStream, MINUTE } = streams;

const HOUR = 60 * MINUTE;
const CORPUS = path.join(__dirname, '../../src/logs/testdata');
const aws = useAws();

const streamName = (number) => `2026/11/22/[$LATEST]${String(number).padStart(32, '0')}`;

const INSIGHTS = { logsConfiguration: { source: 'insights', minutes: 300 } };
const EVENTS = { logsConfiguration: { formats: ['jsonl'], minutes: 300 } };

/** Summarizes by Logs Insights. */
async function summarize(project, options = INSIGHTS) {
  const { result, text, logger } = await pull(project, options);
  return { result, json: JSON.parse(text), logger };
}

/** Returns the counts of a pull, from the lines of its `jsonl` file. */
function countsOfRequests(text) {
  const requests = text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  const counts = { outcomes: {}, names: {}, hours: {}, causes: {}, coldStarts: 0 };
  const add = (object, key) => (object[key] = (object[key] ?? 0) + 1);
  for (const request of requests) {
    const { outcome, intent: name, requestType, startTimeMs, coldStart, error = {} } = request;
    if (outcome === 'unattributed') continue;
    add(counts.outcomes, outcome);
    add(counts.names, name ?? requestType ?? null);
    if (coldStart) counts.coldStarts++;
    if (outcome === 'truncated') continue;
    add(counts.hours, startTimeMs - (startTimeMs % HOUR));
    if (outcome !== 'answered') add(counts.causes, causeOf({ outcome, ...error }));
  }
  return counts;
}

const causeOf = ({ outcome, type, location }) => [outcome, type, location].join();

/** Returns the same counts of a summary. */
function countsOfSummary({ answered, failures, truncated, intents, hours, groups, coldStarts }) {
  const outcomes = { ...(answered && { answered }), ...(truncated && { truncated }) };
  for (const { outcome, count } of failures) outcomes[outcome] = count;
  const causes = {};
  for (const group of groups) {
    causes[causeOf(group)] = (causes[causeOf(group)] ?? 0) + group.count;
  }
  const counted = hours.map(({ startTimeMs, ...of }) => [startTimeMs, of.answered + of.failed]);
  return {
    outcomes,
    names: Object.fromEntries(intents.map(({ name, count }) => [name, count])),
    hours: Object.fromEntries(counted.filter(([, count]) => count > 0)),
    causes,
    coldStarts,
  };
}

/** Asserts that both engines give the same counts, and returns the summary. */
async function assertSameCounts(project) {
  const { result: pulled, text } = await pull(project, EVENTS);
  const { result, json, logger } = await summarize(project);
  assert.deepEqual(countsOfSummary(json), countsOfRequests(text));
  assert.deepEqual([result.answered, result.failed], [pulled.answered, pulled.failed]);
  assert.deepEqual([result.answered, result.failed], [json.answered, json.failed]);
  return { json, logger };
}

/** Returns the events of a file of the corpus, one second apart. */
function corpusEvents(file, start) {
  const lines = fs.readFileSync(path.join(CORPUS, file), 'utf8').split('\n');
  return lines
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line, place) => ({
      timestamp: start + 1000 * place,
      message: line.replaceAll('␤', '\n').replaceAll('␍', '\r'),
    }));
}

/** Writes each file of the corpus into a stream. */
async function writeCorpus() {
  const files = fs.readdirSync(CORPUS).filter((file) => file.endsWith('.txt'));
  for (const [number, file] of files.entries()) {
    await writeStream(aws.client, streamName(number), corpusEvents(file, minutesAgo(240 - number)));
  }
  return files.length;
}

const FULL = (request) => ({
  version: '1.0',
  session: { sessionId: 's', attributes: { text: '"request": {\n "type": "LaunchRequest"' } },
  context: { System: { apiAccessToken: 's3cret' } },
  request,
});
const ERROR = { errorType: 'TypeError', errorMessage: 'no score', stack: ['TypeError: no score'] };
const FAILED = { response: null, error: ERROR, status: 'error', errorType: 'TypeError' };

/** Requests of all kinds, in a format of Lambda, a minute apart. */
const mixedRequests = (format, start) =>
  [
    { initMs: 138.1 },
    { request: intent('PourIntent'), durationMs: 812.5 },
    { request: FULL(intent('AMAZON.HelpIntent')) },
    { request: FULL({ type: 'SessionEndedRequest', reason: 'USER_INITIATED' }), durationMs: 3 },
    { request: { locale: 'de-DE', type: 'LaunchRequest' } },
    { request: null, response: null, logged: [{ level: 'INFO', text: 'quiet' }] },
    { request: intent('PourIntent'), ...FAILED },
    { request: intent('PourIntent'), response: null },
    { request: intent('SlowIntent'), response: null, status: 'timeout', durationMs: 10_000 },
    { response: null, status: 'error', errorType: 'Runtime.OutOfMemory', memoryMb: 256 },
    { logged: [{ level: 'ERROR', text: 'metrics failed' }] },
  ].flatMap((what, number) =>
    invocation(requestId(number), start + number * MINUTE, { format, ...what }),
  );

for (const isWholeSecond of [false, true]) {
  const reading = isWholeSecond ? 'a whole second' : 'its first millisecond';
  test(`both engines give the same counts of the corpus, if the end of a query is ${reading}`, async (t) => {
    const written = await writeCorpus();
    await writeStream(aws.client, streamName(written), mixedRequests('text', minutesAgo(120)));
    await writeStream(aws.client, streamName(written + 1), mixedRequests('json', minutesAgo(100)));
    const { queries } = answerInsights(aws, { isWholeSecond });
    const { json } = await assertSameCounts(createProject(t));

    assert.ok(json.answered > 30 && json.failed > 15, `${json.answered}, ${json.failed}`);
    const names = json.intents.map(({ name }) => name);
    assert.ok(
      ['PourIntent', 'AMAZON.HelpIntent', 'SlowIntent'].every((name) => names.includes(name)),
    );
    assert.equal(json.queries, queries.size);
  });
}

test('lines of the same millisecond are judged in the order of Lambda', async (t) => {
  const at = minutesAgo(60);
  const events = [1, 2, 3].flatMap((number) =>
    invocation(requestId(number), at, { request: intent('PourIntent'), raw: ['printed\n'] }),
  );
  const pages = [events.map((event) => ({ ...event, timestamp: at }))];
  scriptStreams(aws, [{ name: streamName(1), pages }]);
  answerInsights(aws, { events: eventsOf([{ name: streamName(1), pages }]) });
  const { json } = await assertSameCounts(createProject(t));
  assert.deepEqual([json.answered, json.failed], [3, 0]);
});

test('the output of a skill is not read, and requests and answers are shortened', async (t) => {
  const logged = Array.from({ length: 50 }, (_, n) => ({ level: 'INFO', text: `line ${n}` }));
  const requests = ['text', 'json'].map((format, number) =>
    invocation(requestId(number), minutesAgo(50 - number), {
      format,
      logged,
      request: FULL(intent('A')),
    }),
  );
  const all = requests.map((events, number) => ({ name: streamName(number), pages: [events] }));
  scriptStreams(aws, all);
  const { queries } = answerInsights(aws, { events: eventsOf(all) });
  await assertSameCounts(createProject(t));

  const rows = [...queries.values()].filter(({ isAggregated }) => !isAggregated);
  const lines = rows.flatMap(({ rows: some }) => some.map(({ line }) => line));
  assert.equal(lines.length, 5 + 4);
  assert.ok(lines.every((line) => line.length < 300 && !line.includes('s3cret')));
});

const RIGHTS = ['logs:StartQuery', 'logs:GetQueryResults', 'logs:StopQuery'];

const denied = (action) =>
  jsonError(
    400,
    'AccessDeniedException',
    `User: arn:aws:iam::123456789012:user/deployer is not authorized to perform: logs:${action} on ` +
      'resource: arn:aws:logs:us-east-1:123456789012:log-group:cats because no identity-based policy allows it',
  );

/** @see https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_StartQuery.html */
const quotaReached = () =>
  jsonError(
    400,
    'LimitExceededException',
    'Account maximum query concurrency limit of [30] reached.',
  );

const beforeRetention = () =>
  jsonError(
    400,
    'MalformedQueryException',
    "Query's end date and time is either before the log groups creation time or exceeds the log groups " +
      'log retention settings ([0,79])',
  );

/** Scripts a number of requests within an hour, in streams of 500. */
function scriptManyRequests(count, how = {}) {
  const start = Math.floor(minutesAgo(150) / HOUR) * HOUR;
  const step = Math.floor((50 * MINUTE) / count);
  const all = Array.from({ length: Math.ceil(count / 500) }, (_, stream) => ({
    name: streamName(stream),
    pages: Array.from({ length: Math.min(500, count - 500 * stream) }, (_, n) => {
      const number = 500 * stream + n;
      const what = number % 7 === 0 ? FAILED : { durationMs: (number % 90) + 1 };
      const format = stream % 2 ? 'json' : 'text';
      const request = intent(`Intent${number % 5}`);
      return invocation(requestId(number), start + number * step, { format, request, ...what });
    }),
  }));
  scriptStreams(aws, all);
  return answerInsights(aws, { events: eventsOf(all), ...how });
}

test('more lines than a query returns are read in parts', async (t) => {
  const { queries } = scriptManyRequests(4000);
  const { json } = await assertSameCounts(createProject(t));

  assert.equal(json.answered + json.failed, 4000);
  assert.equal(json.isComplete, true);
  const parts = [...queries.values()].filter(({ isAggregated }) => !isAggregated);
  assert.ok(parts.length >= 3, `${parts.length} parts`);
  assert.ok(parts.every(({ rows }) => rows.length < 10_000));
});

test('a part with more lines than were counted is read in halves', async (t) => {
  const { queries } = scriptManyRequests(4000, { counted: () => 1 });
  const { json } = await assertSameCounts(createProject(t));
  assert.equal(json.answered + json.failed, 4000);
  const parts = [...queries.values()].filter(({ isAggregated }) => !isAggregated);
  assert.ok(parts.some(({ rows }) => rows.length === 10_000));
});

const HINT = /LITEXA_LOGS_MAX_SCANNED_GB=\d+/;
const ofLog = (logger, pattern) => logger.lines('log').filter((line) => pattern.test(line));

/** Asserts that a summary fails since it would scan too much, or has scanned it. */
async function assertAboveLimit(t, problem) {
  const error = await summarize(createProject(t)).catch((rejection) => rejection);
  assert.equal(error.code, 'INVALID_OPTION');
  assertMentions(error.message, problem, 'logsConfiguration.maxScannedGb', HINT);
}

test('the bytes and their price are reported before and after', async (t) => {
  scriptManyRequests(10, { storedBytes: 30_000_000, bytesOfEvent: 1e6 });
  const { json, logger } = await summarize(createProject(t));
  const before = /about 2\.\d MB, at most 1\.20 GB \(0\.006 USD in us-east-1\)/;
  assert.equal(ofLog(logger, before).length, 1);
  // Each pass has read all events: 8 requests of 5 lines, and 2 failed ones.
  assert.equal(json.scannedBytes, 2 * (8 * 5 + 2 * 5) * 1e6);
  assert.equal(ofLog(logger, /^scanned 100\.0 MB with 2 queries$/).length, 1);
});

test('nothing is scanned if the estimate is above the limit', async (t) => {
  scriptManyRequests(10, { storedBytes: 1e12 });
  await assertAboveLimit(t, /about 9\d\.\d\d GB \(0\.4\d\d USD in us-east-1\).*10\.00 GB/);
  assert.equal(aws.count('StartQuery'), 0);
});

test('the second pass is not begun if it would exceed the limit', async (t) => {
  scriptManyRequests(10, { bytesOfEvent: 0.2e9 });
  await assertAboveLimit(t, '20.00 GB');
  assert.equal(aws.count('StartQuery'), 1);
});

test('a query that scans more than the limit is stopped', async (t) => {
  setVariables(t, { LITEXA_LOGS_MAX_SCANNED_GB: '1' });
  const { queries, running } = scriptManyRequests(10, { bytesOfEvent: 0.2e9, looks: 5 });
  await assertAboveLimit(t, '5.00 GB');
  assert.deepEqual([queries.size, running().length], [1, 0]);
  assert.equal(aws.count('StopQuery'), 1);
});

test('a range that begins before the retention is shortened', async (t) => {
  scriptManyRequests(10, { retentionInDays: 1 });
  const { json } = await summarize(createProject(t), {
    logsConfiguration: { source: 'insights', since: '2026-01-01' },
  });
  assert.equal(json.answered + json.failed, 10);
  const [{ startTime }] = aws.sent('StartQuery');
  assert.ok(Math.abs(startTime * 1000 - (Date.now() - 24 * HOUR)) < 10 * MINUTE);
});

test('a query that ends before the first event of the group has no rows', async (t) => {
  // As if the retention had been shortened since the group was looked up.
  aws.answer('StartQuery', beforeRetention());
  scriptManyRequests(10);
  const { json } = await summarize(createProject(t));
  assert.equal(json.answered + json.failed, 0);
  assert.equal(aws.count('StartQuery'), 1);
});

test('a full quota of concurrent queries is waited for', async (t) => {
  aws.answer('StartQuery', quotaReached(), { times: 1 });
  scriptManyRequests(10);
  const { json } = await summarize(createProject(t));
  assert.equal(json.answered + json.failed, 10);
});

for (const action of ['StartQuery', 'GetQueryResults']) {
  test(`without logs:${action}, an error names the rights of Logs Insights`, async (t) => {
    aws.answer(action, denied(action));
    const { running } = scriptManyRequests(10);
    const error = await summarize(createProject(t)).catch((rejection) => rejection);
    assert.equal(error.code, 'ACCESS_DENIED');
    assertMentions(error.message, ...RIGHTS.map(hintFor), 'ForLogsInsights');
    assert.equal(running().length, 0);
  });
}

test('without logs:StopQuery, a warning names it beside the error', async (t) => {
  setVariables(t, { LITEXA_LOGS_MAX_SCANNED_GB: '1' });
  aws.answer('StopQuery', denied('StopQuery'));
  scriptManyRequests(10, { bytesOfEvent: 0.2e9 });
  const context = logsContext({
    projectRoot: createProject(t).root,
    target: 'beta',
    options: INSIGHTS,
  });
  await assert.rejects(litexa.logs(context, context.logger), { code: 'INVALID_OPTION' });
  const [warning, ...more] = context.logger.lines('warning');
  assertMentions(warning, ...RIGHTS.map(hintFor));
  assert.deepEqual(more, []);
});

for (const [status, code] of [
  ['Failed', 'AWS_REQUEST_REJECTED'],
  ['Cancelled', 'AWS_REQUEST_REJECTED'],
  ['Timeout', 'RESOURCE_NOT_READY'],
]) {
  test(`a query that ends as ${status} is an error`, async (t) => {
    const fake = {};
    aws.answer('GetQueryResults', () => {
      for (const query of fake.queries.values()) query.status = status;
    });
    Object.assign(fake, scriptManyRequests(10));
    await assert.rejects(summarize(createProject(t)), { code });
  });
}

test('tokens are masked in messages', async (t) => {
  const errorMessage = 'refused Atza|IwEBIJsecret of 7';
  const error = { errorType: 'Error', errorMessage, stack: [] };
  const failed = invocation(requestId(1), minutesAgo(60), { response: null, error });
  const all = [{ name: streamName(1), pages: [failed] }];
  scriptStreams(aws, all);
  answerInsights(aws, { events: eventsOf(all) });
  const { json, result, logger } = await summarize(createProject(t));
  assert.equal(json.failed, 1);
  const shown = [...logger.lines(), ...result.files.map((file) => fs.readFileSync(file, 'utf8'))];
  assert.doesNotMatch(shown.join('\n'), /IwEBIJsecret/);
});

test('without a log group, the summary names it and is empty', async (t) => {
  const { json, logger } = await summarize(createProject(t));
  assert.deepEqual([json.answered, json.failed], [0, 0]);
  assert.ok(logger.lines('log').some((line) => line.includes(NAMES.logGroup)));
});

test('the page is written beside the JSON file', async (t) => {
  scriptManyRequests(10);
  const { result } = await summarize(createProject(t));
  assert.deepEqual(
    result.files.map((file) => path.extname(file)),
    ['.json', '.html'],
  );
  const page = fs.readFileSync(result.files[1], 'utf8');
  assert.match(page, /"answered":8/);
});

test('another source is an error before any request', async (t) => {
  setVariables(t, { LITEXA_LOGS_SOURCE: 'insight' });
  await assert.rejects(pull(createProject(t)), {
    code: 'INVALID_OPTION',
    message: /LITEXA_LOGS_SOURCE/,
  });
  assert.equal(aws.requests().length, 0);
});
