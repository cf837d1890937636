'use strict';

// A log group of many streams is read as a whole, with the files of a pull that lists its streams.

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { test } = require('node:test');
const litexa = require('../..');
const { hintFor } = require('../support/assertions');
const { invocation, requestId, intent } = require('../support/lambda/log-events');
const streams = require('../support/lambda/log-streams');
const { jsonError, streamNotFound } = require('../support/aws/errors');
const { useAws } = require('../support/aws/use-aws');
const { logsContext } = require('../support/litexa/context');
const { createProject, NAMES } = require('../support/litexa/project');

const { idsIn, minutesAgo, pull, scriptStreams } = streams;

/** More streams than are listed. */
const MANY = 260;

const aws = useAws();

const streamName = (number, owner = '') =>
  `2026/11/22/${owner}[$LATEST]${String(number).padStart(32, '0')}`;

const manyStreams = (count, owner) =>
  Array.from({ length: count }, (_, number) => ({
    name: streamName(number, owner),
    pages: [invocation(requestId(number), minutesAgo(10) + number)],
  }));

const isOfGroup = ({ body }) => !JSON.parse(body).logStreamNames;
const isContinued = ({ body }) => Boolean(JSON.parse(body).nextToken);

/** Streams with requests of all kinds, of the same times, with secrets that events are cut in. */
function mixedStreams(count) {
  const secret = (number) => `Atza|IwEBI${String(number).padStart(20, 'aB3')}`;
  return Array.from({ length: count }, (_, number) => {
    const logged = [
      { level: 'INFO', text: `{"consentToken":"${secret(number)}"}` },
      { level: 'INFO', text: `got ${secret((number || 1) - 1).slice(5)} of another stream` },
    ];
    const error = {
      errorType: 'TypeError',
      errorMessage: 'no milk',
      stack: ['TypeError: no milk'],
    };
    const failed = { response: null, error, status: 'error' };
    const [first, second] = [0, 1].map((n) =>
      invocation(requestId(10 * number + n), minutesAgo(30 - 10 * n) + 500 * (number % 40), {
        format: number % 3 === 0 ? 'json' : 'text',
        request: intent(`Intent${number % 5}`),
        logged,
        ...(number % 7 === n ? failed : {}),
      }),
    );
    const cut = (events) =>
      events.flatMap(({ timestamp, message }) => {
        const at = message.includes('consentToken') ? message.indexOf('IwEBI') + 10 : 0;
        const parts = at > 0 ? [message.slice(0, at), message.slice(at)] : [message];
        return parts.map((part) => ({ timestamp, message: part }));
      });
    // The range begins in the middle of the first request of some.
    return { name: streamName(number), pages: [first.slice(number % 4), cut(second)] };
  });
}

/** Pulls all formats since a time, and returns the files without the end of the range. */
async function pullAll(t, since) {
  const logsConfiguration = { since, formats: ['jsonl', 'text', 'html'] };
  const { result } = await pull(createProject(t), { logsConfiguration });
  const read = (file) => fs.readFileSync(file, 'utf8');
  const files = result.files.map(read);
  return files.map((file) => file.replace(/^time range .*\n/m, '').replace(/"toMs":\d+/, ''));
}

/** Returns the surroundings of the first difference. Whole files would be too long for a message. */
function firstDifference(one, other) {
  let at = 0;
  while (at < one.length && one[at] === other[at]) at++;
  return [one, other].map((text) => text.slice(Math.max(at - 100, 0), at + 100)).join('\n\n');
}

test('the files of a group that is read as a whole are those of a pull by streams', async (t) => {
  let isRefused = false;
  aws.answer('FilterLogEvents', (request) =>
    isRefused && isOfGroup(request) ? streamNotFound() : undefined,
  );
  scriptStreams(aws, mixedStreams(MANY), { filtered: 700, repeated: 20 });
  const since = new Date(minutesAgo(50)).toISOString();
  const whole = await pullAll(t, since);
  assert.equal(aws.count('GetLogEvents'), 0);
  assert.ok(aws.requests().filter(({ operation }) => operation === 'FilterLogEvents').length > 8);
  assert.ok(aws.sent('FilterLogEvents').every(({ logStreamNames }) => !logStreamNames));
  assert.ok(aws.count('DescribeLogStreams') < 14, 'the list is left');

  isRefused = true;
  const byStreams = await pullAll(t, since);
  assert.ok(aws.sent('FilterLogEvents').some(({ logStreamNames }) => logStreamNames));
  assert.equal(whole.length, 3);
  for (const [index, file] of whole.entries()) {
    assert.ok(file === byStreams[index], firstDifference(file, byStreams[index]));
  }
  assert.equal(whole[0].trim().split('\n').length, 2 * MANY);
  assert.ok(!/IwEBI|aB3aB3/.test(whole.join()), 'no secret is shown');
});

test('parts of the range are requested at once, and each event is read in one of them', async (t) => {
  scriptStreams(aws, manyStreams(MANY));
  const { result, text } = await pull(createProject(t));
  assert.equal(result.answered, MANY);
  assert.equal(new Set(idsIn(text)).size, MANY);
  const parts = aws.sent('FilterLogEvents');
  parts.sort((a, b) => a.startTime - b.startTime);
  for (const [at, { startTime }] of parts.entries()) {
    if (at > 0) assert.equal(startTime, parts[at - 1].endTime + 1);
  }
});

test('streams are listed up to 250', async (t) => {
  scriptStreams(aws, manyStreams(250));
  const { result } = await pull(createProject(t));
  assert.equal(result.answered, 250);
  assert.ok(aws.sent('FilterLogEvents').every(({ logStreamNames }) => logStreamNames));
});

for (const [others, isWhole] of [
  [MANY - 50, true],
  [2 * MANY, false],
]) {
  const reading = isWhole ? 'read as a whole' : 'not read as a whole';
  test(`a group that functions share is ${reading} with ${others} streams of others`, async (t) => {
    const own = manyStreams(MANY, NAMES.function);
    const foreign = manyStreams(others, 'dogs');
    // In the list by last event, those of functions that run at the same time alternate.
    const ratio = Math.max(Math.round(others / MANY), 1);
    const all = own.flatMap((stream, at) => [
      ...foreign.slice(ratio * at, ratio * (at + 1)),
      stream,
    ]);
    scriptStreams(aws, all);
    const { result } = await pull(createProject(t));
    assert.equal(result.answered, MANY);
    const isOfAll = ({ logStreamNames }) => !logStreamNames;
    assert.equal(aws.sent('FilterLogEvents').some(isOfAll), isWhole);
  });
}

test('without the right to filter, the streams are listed and read one by one', async (t) => {
  const denial =
    'User: arn:aws:iam::123456789012:user/deployer is not authorized to perform: logs:FilterLogEvents on ' +
    `resource: arn:aws:logs:us-east-1:123456789012:log-group:${NAMES.logGroup}:log-stream: ` +
    'because no identity-based policy allows it';
  aws.answer('FilterLogEvents', jsonError(400, 'AccessDeniedException', denial));
  const abort = new AbortController();
  // Reading all of them takes long, at AWS's rate.
  aws.answer('GetLogEvents', () => (aws.count('GetLogEvents') > 20 ? abort.abort() : undefined));
  scriptStreams(aws, manyStreams(MANY));
  const context = logsContext({ projectRoot: createProject(t).root, target: 'beta', options: {} });
  const done = litexa.logs({ ...context, signal: abort.signal }, context.logger);
  await assert.rejects(done, { code: 'INTERRUPTED' });
  const [warning, ...more] = context.logger.lines('warning');
  assert.match(warning, hintFor('logs:FilterLogEvents'));
  assert.match(warning, /one by one/);
  assert.deepEqual(more, []);
  assert.ok(aws.count('FilterLogEvents') <= 5, 'it is not requested again');
});

test('a group that AWS searches without end is read by its streams', async (t) => {
  const headers = { 'content-type': 'application/x-amz-json-1.1' };
  const body = JSON.stringify({ events: [], nextToken: 'more' });
  const empty = { status: 200, headers, body };
  aws.answer('FilterLogEvents', (request) => (isOfGroup(request) ? empty : undefined));
  scriptStreams(aws, manyStreams(MANY));
  const { result, logger } = await pull(createProject(t));
  assert.equal(result.answered, MANY);
  assert.deepEqual(logger.lines('warning'), []);
});

test('credentials that expire: the requests that were read are written, marked as not complete', async (t) => {
  const expired = jsonError(400, 'ExpiredTokenException', 'The security token is expired');
  aws.answer('FilterLogEvents', (request) => (isContinued(request) ? expired : undefined));
  const start = minutesAgo(10);
  const all = manyStreams(MANY).map(({ name }, number) => ({
    name,
    pages: [invocation(requestId(number), start + number)],
  }));
  scriptStreams(aws, all, { filtered: 100 });
  const project = createProject(t);
  await assert.rejects(pull(project), { code: 'MISSING_CREDENTIALS' });
  const text = fs.readFileSync(path.join(project.root, '.logs', 'beta', 'latest.log'), 'utf8');
  assert.match(text, /\nnot complete AWS no longer accepted the credentials/);
  const ids = idsIn(text);
  assert.ok(ids.length > 10 && ids.length < MANY, `${ids.length} requests`);
  assert.doesNotMatch(text, /✘ \d/, 'requests without an end are truncated');
  assert.equal(aws.count('GetLogEvents'), 0);
});
