'use strict';

// Following by Live Tail: requests are shown as they end, once each, until an interruption. The files are
// then those of a pull of the same range.

const assert = require('node:assert/strict');
const fs = require('node:fs');
const { test } = require('node:test');
const { setTimeout: sleep } = require('node:timers/promises');
const { jsonError } = require('../support/aws/errors');
const { crc32 } = require('../support/aws/live-tail/event-stream');
const { startLiveTail } = require('../support/aws/live-tail/server');
const { useAws } = require('../support/aws/use-aws');
const { setVariables } = require('../support/environment');
const following = require('../support/lambda/following');
const { invocation, requestId, intent } = require('../support/lambda/log-events');
const { pull, writeStream } = require('../support/lambda/log-streams');
const { createProject, NAMES } = require('../support/litexa/project');

const { STREAM, FORMATS, REFUSALS, until, follow, followLiveTail, headlineOf, run } = following;

const ERROR = { errorType: 'TypeError', errorMessage: 'no milk', stack: ['TypeError: no milk'] };

/** The files are local, and the account is the same for all tests. */
const aws = useAws();

test('requests are shown once when they have ended, judged, and without their JSON', async (t) => {
  const { liveTail, following } = await followLiveTail(aws, t);
  const [group] = liveTail.requests[0].logGroupIdentifiers;
  assert.equal(group, `arn:aws:logs:us-east-1:123456789012:log-group:${NAMES.logGroup}`);
  assert.equal(aws.count('GetCallerIdentity'), 0, 'the ARN of the function names the account');

  const logged = [{ level: 'INFO', text: 'pouring' }];
  await run(aws, liveTail, 1, { logged });
  await following.showsRequest(1);
  await run(aws, liveTail, 2, { error: ERROR, response: null, status: 'error' });
  await following.showsRequest(2);

  const { answered, failed, files } = await following.stop();
  assert.deepEqual([answered, failed, files.length], [1, 1, 2]);
  assert.deepEqual([1, 2].map(following.count), [1, 1]);
  const [first, second] = following.logger.lines('log').filter((line) => /^---/.test(line));
  assert.match(first, /^--- ✔ .* PourIntent.*\n.*pouring/);
  assert.doesNotMatch(first, /REQUEST|IntentRequest|shouldEndSession/);
  assert.match(second, /^--- ✘ .*handler error/);
  assert.match(second, /TypeError: no milk/);
  assert.doesNotMatch(first + second, /\u001b/);
  const all = following.logger.lines();
  assert.equal(
    all.filter((line) =>
      /by the minute.*https:\/\/aws\.amazon\.com\/cloudwatch\/pricing\//.test(line),
    ).length,
    1,
  );
  assert.deepEqual(following.logger.lines('warning'), []);
});

test("the emulator's own Live Tail, which is an implementation of others, is read as well", async (t) => {
  await aws.client.logs('CreateLogGroup', { logGroupName: NAMES.logGroup });
  const following = follow(t, createProject(t));
  await until(() => aws.count('FilterLogEvents') > 0);
  for (const number of [1, 2]) await run(aws, undefined, number);
  await following.showsRequest(2);
  await following.stop();
  assert.deepEqual([1, 2].map(following.count), [1, 1]);
  assert.deepEqual(following.logger.lines('warning'), []);
});

test('the files are those of a pull of the same range', async (t) => {
  const { liveTail, project, following } = await followLiveTail(aws, t);
  for (const number of [1, 2, 3]) await run(aws, liveTail, number);
  await following.showsRequest(3);
  // These are in the range, although no session sends them.
  await run(aws, undefined, 4);
  const { files } = await following.stop();
  const [written, text] = files.map((file) => fs.readFileSync(file, 'utf8'));

  const { startTime } = aws.sent('FilterLogEvents').at(-1);
  const since = new Date(startTime).toISOString();
  const later = await pull(project, {
    logsConfiguration: { ...FORMATS.logsConfiguration, since },
  });
  const [pulled, pulledText] = later.result.files.map((file) => fs.readFileSync(file, 'utf8'));
  assert.equal(written.split('\n').length, 5);
  assert.equal(written, pulled);
  // The pull ends later.
  const withoutRange = (file) => file.replace(/^time range .*\n/m, '');
  assert.equal(withoutRange(text), withoutRange(pulledText));
});

for (const [what, end, variables = {}] of [
  ['times out, as after three hours', (liveTail) => liveTail.endWith('SessionTimeoutException')],
  ['ends with an error of AWS', (liveTail) => liveTail.endWith('SessionStreamingException')],
  ['loses its connection', (liveTail) => liveTail.breakAll()],
  ['is silent', (liveTail) => liveTail.silence(), { LITEXA_AWS_TIMEOUT_SECONDS: '1' }],
]) {
  test(`a new session loses and doubles nothing: one that ${what}`, async (t) => {
    setVariables(t, variables);
    const { liveTail, following } = await followLiveTail(aws, t);
    await run(aws, liveTail, 1);
    await following.showsRequest(1);
    const goOn = liveTail.hold();
    end(liveTail);
    await until(() => liveTail.requests.length === 2);
    await run(aws, undefined, 2);
    goOn();
    await following.showsRequest(2);
    await until(() => liveTail.open() >= 1);
    // Both sources have this one.
    await run(aws, liveTail, 3);
    await following.showsRequest(3);
    const { answered } = await following.stop();
    assert.equal(answered, 3);
    assert.deepEqual([1, 2, 3].map(following.count), [1, 1, 1]);
    assert.deepEqual(following.logger.lines('warning'), []);
  });
}

test('a request that straddles two sessions is shown once, with the lines of both', async (t) => {
  const { liveTail, following } = await followLiveTail(aws, t);
  const events = invocation(requestId(1), Date.now(), { request: intent('PourIntent') });
  const [before, after] = [events.slice(0, 2), events.slice(2)];
  await writeStream(aws.client, STREAM, before);
  liveTail.breakAll();
  let answer;
  const reading = new Promise((resolve) => (answer = resolve));
  aws.answer('FilterLogEvents', () => reading, { times: 1 });
  await until(() => liveTail.requests.length === 2 && liveTail.open() === 1);
  liveTail.send(STREAM, after);
  // These are in an update of their own after it, by which the request would be shown.
  for (const number of [2, 3]) {
    await sleep(150);
    await run(aws, liveTail, number);
  }
  await sleep(150);
  answer();
  await following.showsRequest(3);
  await writeStream(aws.client, STREAM, after);
  const { answered, failed } = await following.stop();
  assert.deepEqual([answered, failed], [3, 0]);
  assert.deepEqual([1, 2, 3].map(following.count), [1, 1, 1]);
  const shown = following.logger.lines('log').find((line) => headlineOf(1).test(line));
  assert.match(shown, /^--- ✔ .* PourIntent/);
});

test('what was before a session is read until AWS answers', async (t) => {
  const { liveTail, following } = await followLiveTail(aws, t);
  await run(aws, liveTail, 1);
  await following.showsRequest(1);
  const goOn = liveTail.hold();
  liveTail.breakAll();
  await until(() => liveTail.requests.length === 2);
  // The SDK does not repeat a request with this answer.
  aws.answer('FilterLogEvents', REFUSALS.unimplemented, { times: 2 });
  await run(aws, undefined, 2);
  goOn();
  await following.showsRequest(2);
  await run(aws, liveTail, 3);
  await following.showsRequest(3);
  await following.stop();
  assert.deepEqual([1, 2, 3].map(following.count), [1, 1, 1]);
  const warnings = following.logger.lines('warning');
  assert.equal(warnings.filter((line) => /Following goes on/.test(line)).length, 1);
  assert.equal(warnings.length, 1);
});

for (const [what, end] of [
  ['the next session', (liveTail) => liveTail.breakAll()],
  [
    'polling',
    (liveTail) => {
      aws.answer('StartLiveTail', REFUSALS.denied);
      liveTail.breakAll();
    },
  ],
]) {
  test(`nothing is shown again after a gap of more than 15 minutes: by ${what}`, async (t) => {
    const { liveTail, following } = await followLiveTail(aws, t);
    await run(aws, liveTail, 1);
    await following.showsRequest(1);
    await run(aws, liveTail, 2, {}, Date.now() + 20 * 60_000);
    await following.showsRequest(2);
    const read = aws.count('FilterLogEvents');
    end(liveTail);
    await until(() => aws.count('FilterLogEvents') > read);
    await run(aws, liveTail, 3);
    await following.showsRequest(3);
    await following.stop();
    assert.deepEqual([1, 2, 3].map(following.count), [1, 1, 1]);
  });
}

test('failed requests only are shown', async (t) => {
  setVariables(t, { LITEXA_LOGS_STATUS: 'failed' });
  const { liveTail, following } = await followLiveTail(aws, t);
  await run(aws, liveTail, 1);
  await run(aws, liveTail, 2, { error: ERROR, response: null, status: 'error' });
  await following.showsRequest(2);
  const { answered, failed } = await following.stop();
  assert.deepEqual([answered, failed], [1, 1]);
  assert.deepEqual([1, 2].map(following.count), [0, 1]);
});

test('a session outlives the time limits of calls', async (t) => {
  // An attempt at a call may take twice that.
  setVariables(t, { LITEXA_AWS_TIMEOUT_SECONDS: '1' });
  const { liveTail, following } = await followLiveTail(aws, t);
  await sleep(2500);
  await run(aws, liveTail, 1);
  await following.showsRequest(1);
  assert.equal(liveTail.requests.length, 1);
  assert.deepEqual(following.logger.lines('warning'), []);
});

test('streams of other functions in a shared log group are not shown, and tokens are redacted', async (t) => {
  const { liveTail, following } = await followLiveTail(aws, t);
  const streamOf = (name) => `2026/11/26/${name}[$LATEST]0a`;
  const token = `Atza|${'IwEBIA'.repeat(20)}`;
  const logged = [{ level: 'INFO', text: `{"accessToken":"${token}"}` }];
  const send = async (number, stream, what) => {
    const events = invocation(requestId(number), Date.now(), what);
    await writeStream(aws.client, stream, events);
    liveTail.send(stream, events);
  };
  await send(0, streamOf('dogs_beta_litexa_handler'), { logged });
  await send(1, streamOf(NAMES.function), { logged });
  await send(2, '2026/11/26/[7]0b', { format: 'json' });
  await following.showsRequest(2);
  assert.deepEqual([0, 1, 2].map(following.count), [0, 1, 1]);
  assert.ok(!following.logger.lines().join('\n').includes(token.slice(5)));
});

test('the files have a request that other calls return later than Live Tail', async (t) => {
  const { liveTail, following } = await followLiveTail(aws, t);
  const events = invocation(requestId(1), Date.now(), {});
  liveTail.send(STREAM, events);
  await following.showsRequest(1);
  const stopped = following.stop();
  await following.shows(/^waiting for CloudWatch to return all events/);
  await writeStream(aws.client, STREAM, events);
  assert.equal((await stopped).answered, 1);
});

test('sessions that keep ending lead to polling, with one warning', async (t) => {
  const liveTail = startLiveTail(aws, t);
  const following = follow(t, createProject(t));
  const ending = setInterval(() => liveTail.endWith('SessionStreamingException'), 20);
  t.after(() => clearInterval(ending));
  await following.shows(/Polling instead/);
  await following.stop();
  assert.equal(liveTail.requests.length, 3);
  assert.equal(following.logger.lines('warning').length, 1);
});

test('events that AWS leaves out are reported once, and the files have them', async (t) => {
  const { liveTail, following } = await followLiveTail(aws, t);
  const logged = Array.from({ length: 600 }, (_, n) => ({ level: 'INFO', text: `pouring ${n}` }));
  await run(aws, liveTail, 1, { logged });
  await following.shows(/may be missing or shown with a wrong outcome: .* beyond 500 a second/);
  await run(aws, liveTail, 2, { logged });
  await run(aws, liveTail, 3);
  await following.showsRequest(3);
  const { answered, files } = await following.stop();
  assert.equal(answered, 3);
  assert.equal(following.logger.lines('warning').length, 1);
  const written = fs.readFileSync(files[0], 'utf8');
  assert.equal(written.match(/pouring \d+/g).length, 2 * logged.length);
});

test('the checksums of event streams are CRC-32', () => {
  assert.equal(crc32(Buffer.from('123456789')), 0xcbf43926);
});
