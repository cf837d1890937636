'use strict';

// Following: requests are shown as they end, once each, from Live Tail or by polling, until an
// interruption. The files are then those of a pull of the same range.

const assert = require('node:assert/strict');
const fs = require('node:fs');
const { describe, test } = require('node:test');
const { setTimeout: sleep } = require('node:timers/promises');
const litexa = require('../..');
const { jsonError } = require('../support/aws/errors');
const { crc32 } = require('../support/aws/live-tail/event-stream');
const { RULES, startLiveTail } = require('../support/aws/live-tail/server');
const { useAws } = require('../support/aws/use-aws');
const { setVariables } = require('../support/environment');
const { invocation, requestId, intent } = require('../support/lambda/log-events');
const { pull, shortId, writeStream } = require('../support/lambda/log-streams');
const { logsContext } = require('../support/litexa/context');
const { logsInChild } = require('../support/litexa/logs-child');
const { createProject, NAMES } = require('../support/litexa/project');

const STREAM = '2026/11/26/[$LATEST]0a';
const ERROR = { errorType: 'TypeError', errorMessage: 'no milk', stack: ['TypeError: no milk'] };
const FORMATS = { logsConfiguration: { formats: ['jsonl', 'text'] } };

/** The files are local, and the account is the same for all tests. */
const aws = useAws();

/** Waits until a condition holds. A test whose condition never holds fails by the limit. */
async function until(condition, describeState = () => '', limitMs = 30_000) {
  for (const end = Date.now() + limitMs; ; await sleep(20)) {
    if (condition()) return;
    if (Date.now() > end) throw new Error(`still waiting: ${condition}\n${describeState()}`);
  }
}

/** Follows the logs of a project in this process. */
function follow(t, project, options = FORMATS) {
  const stopping = new AbortController();
  const context = logsContext({ projectRoot: project.root, target: 'beta', options });
  const { logger } = context;
  const done = litexa.logs({ ...context, follow: true, signal: stopping.signal }, logger);
  let failure;
  done.catch((error) => (failure = error));
  t.after(async () => {
    stopping.abort();
    await done.catch(() => {});
  });
  const shows = (pattern) =>
    until(
      () => failure || logger.lines().some((line) => pattern.test(line)),
      () => logger.lines().join('\n'),
    );
  return {
    logger,
    shows,
    showsRequest: (number) => shows(headlineOf(number)),
    /** How often the headline of a request was shown. */
    count: (number) => logger.lines().filter((line) => headlineOf(number).test(line)).length,
    stop() {
      stopping.abort();
      return done;
    },
  };
}

const headlineOf = (number) => new RegExp(`^--- .*\\[${shortId(requestId(number))}\\]`);

/** Writes a request's events of one millisecond, and sends them to the sessions of Live Tail. */
async function run(liveTail, number, what, at = Date.now()) {
  const request = { request: intent('PourIntent'), ...what };
  // Later ones would not be in the range yet.
  const events = invocation(requestId(number), at, request).map((one) => ({
    ...one,
    timestamp: at,
  }));
  await writeStream(aws.client, STREAM, events);
  liveTail?.send(STREAM, events);
}

/** Follows by Live Tail, from the first session on. */
async function followLiveTail(t, options) {
  const liveTail = startLiveTail(aws, t);
  const project = createProject(t);
  project.saveArtifact('lambdaARN', `${NAMES.functionArn}:release-0`);
  await aws.client.logs('CreateLogGroup', { logGroupName: NAMES.logGroup });
  const following = follow(t, project, options);
  await until(
    () => liveTail.open() === 1,
    () => following.logger.lines().join('\n'),
  );
  return { liveTail, project, following };
}

/** Refusals of calls, each for a log group of its own: the follows run concurrently. */
const REFUSALS = {
  denied: jsonError(400, 'AccessDeniedException', 'not authorized'),
  unsupported: jsonError(400, 'InvalidOperationException', 'The operation is not valid.'),
  unknown: jsonError(400, 'UnknownOperationException', ''),
  absent: { status: 404, headers: {}, body: '' },
  unimplemented: { status: 501, headers: {}, body: '' },
};

describe('Live Tail', () => {
  test('requests are shown once when they have ended, judged, and without their JSON', async (t) => {
    const { liveTail, following } = await followLiveTail(t);
    const [group] = liveTail.requests[0].logGroupIdentifiers;
    assert.equal(group, `arn:aws:logs:us-east-1:123456789012:log-group:${NAMES.logGroup}`);
    assert.equal(aws.count('GetCallerIdentity'), 0, 'the ARN of the function names the account');

    const logged = [{ level: 'INFO', text: 'pouring' }];
    await run(liveTail, 1, { logged });
    await following.showsRequest(1);
    await run(liveTail, 2, { error: ERROR, response: null, status: 'error' });
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
    assert.equal(all.filter((line) => /0\.01 USD a minute in us-east-1/.test(line)).length, 1);
    assert.deepEqual(following.logger.lines('warning'), []);
  });

  test("the emulator's own Live Tail, which is an implementation of others, is read as well", async (t) => {
    await aws.client.logs('CreateLogGroup', { logGroupName: NAMES.logGroup });
    const following = follow(t, createProject(t));
    await until(() => aws.count('FilterLogEvents') > 0);
    for (const number of [1, 2]) await run(undefined, number);
    await following.showsRequest(2);
    await following.stop();
    assert.deepEqual([1, 2].map(following.count), [1, 1]);
    assert.deepEqual(following.logger.lines('warning'), []);
  });

  test('the files are those of a pull of the same range', async (t) => {
    const { liveTail, project, following } = await followLiveTail(t);
    for (const number of [1, 2, 3]) await run(liveTail, number);
    await following.showsRequest(3);
    // These are in the range, although no session sends them.
    await run(undefined, 4);
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
      const { liveTail, following } = await followLiveTail(t);
      await run(liveTail, 1);
      await following.showsRequest(1);
      const goOn = liveTail.hold();
      end(liveTail);
      await until(() => liveTail.requests.length === 2);
      await run(undefined, 2);
      goOn();
      await following.showsRequest(2);
      await until(() => liveTail.open() >= 1);
      // Both sources have this one.
      await run(liveTail, 3);
      await following.showsRequest(3);
      const { answered } = await following.stop();
      assert.equal(answered, 3);
      assert.deepEqual([1, 2, 3].map(following.count), [1, 1, 1]);
      assert.deepEqual(following.logger.lines('warning'), []);
    });
  }

  test('a request that straddles two sessions is shown once, with the lines of both', async (t) => {
    const { liveTail, following } = await followLiveTail(t);
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
      await run(liveTail, number);
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
    const { liveTail, following } = await followLiveTail(t);
    await run(liveTail, 1);
    await following.showsRequest(1);
    const goOn = liveTail.hold();
    liveTail.breakAll();
    await until(() => liveTail.requests.length === 2);
    // The SDK does not repeat a request with this answer.
    aws.answer('FilterLogEvents', REFUSALS.unimplemented, { times: 2 });
    await run(undefined, 2);
    goOn();
    await following.showsRequest(2);
    await run(liveTail, 3);
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
      const { liveTail, following } = await followLiveTail(t);
      await run(liveTail, 1);
      await following.showsRequest(1);
      await run(liveTail, 2, {}, Date.now() + 20 * 60_000);
      await following.showsRequest(2);
      const read = aws.count('FilterLogEvents');
      end(liveTail);
      await until(() => aws.count('FilterLogEvents') > read);
      await run(liveTail, 3);
      await following.showsRequest(3);
      await following.stop();
      assert.deepEqual([1, 2, 3].map(following.count), [1, 1, 1]);
    });
  }

  test('failed requests only are shown', async (t) => {
    setVariables(t, { LITEXA_LOGS_STATUS: 'failed' });
    const { liveTail, following } = await followLiveTail(t);
    await run(liveTail, 1);
    await run(liveTail, 2, { error: ERROR, response: null, status: 'error' });
    await following.showsRequest(2);
    const { answered, failed } = await following.stop();
    assert.deepEqual([answered, failed], [1, 1]);
    assert.deepEqual([1, 2].map(following.count), [0, 1]);
  });

  test('a session outlives the time limits of calls', async (t) => {
    // An attempt at a call may take twice that.
    setVariables(t, { LITEXA_AWS_TIMEOUT_SECONDS: '1' });
    const { liveTail, following } = await followLiveTail(t);
    await sleep(2500);
    await run(liveTail, 1);
    await following.showsRequest(1);
    assert.equal(liveTail.requests.length, 1);
    assert.deepEqual(following.logger.lines('warning'), []);
  });

  test('streams of other functions in a shared log group are not shown, and tokens are redacted', async (t) => {
    const { liveTail, following } = await followLiveTail(t);
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
    const { liveTail, following } = await followLiveTail(t);
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
    const { liveTail, following } = await followLiveTail(t);
    const logged = Array.from({ length: 600 }, (_, n) => ({ level: 'INFO', text: `pouring ${n}` }));
    await run(liveTail, 1, { logged });
    await following.shows(/may be missing or shown with a wrong outcome: .* beyond 500 a second/);
    await run(liveTail, 2, { logged });
    await run(liveTail, 3);
    await following.showsRequest(3);
    const { answered, files } = await following.stop();
    assert.equal(answered, 3);
    assert.equal(following.logger.lines('warning').length, 1);
    const written = fs.readFileSync(files[0], 'utf8');
    assert.equal(written.match(/pouring \d+/g).length, 2 * logged.length);
  });
});

test('without Live Tail, requests are shown by polling, with one warning', async (t) => {
  const answered = Object.entries({ ...REFUSALS, 'no-filter': REFUSALS.denied, emulator: null });
  aws.answer('StartLiveTail', ({ body }) => {
    const group = JSON.parse(body).logGroupIdentifiers[0].split(':').pop();
    return answered.find(([name]) => name === group)?.[1];
  });
  aws.answer('FilterLogEvents', ({ body }) =>
    JSON.parse(body).logGroupName === 'no-filter' ? REFUSALS.denied : undefined,
  );
  await Promise.all(
    answered.map(async ([logGroup]) => {
      const following = follow(t, createProject(t), { logsConfiguration: { logGroup } });
      await following.shows(/Polling instead/);
      // The first group appears only now.
      if (logGroup === 'denied')
        await following.shows(/log group denied, which does not exist yet/);
      const logged = [{ level: 'INFO', text: 'pouring' }];
      const events = invocation(requestId(1), Date.now(), { logged });
      await writeStream(aws.client, STREAM, events, logGroup);
      // By then, two readings have returned it.
      await following.showsRequest(1);
      const result = await following.stop();
      assert.equal(result.answered, 1, logGroup);
      assert.equal(following.count(1), 1, logGroup);
      const shown = following.logger.lines('log').join('\n');
      assert.equal(shown.match(/pouring/g).length, 1, logGroup);
      const warnings = following.logger.lines('warning');
      const refusal = warnings.filter((line) => /Polling instead/.test(line));
      assert.equal(refusal.length, 1, logGroup);
      if (/denied|no-filter/.test(logGroup)) assert.match(refusal[0], /Allow logs:StartLiveTail/);
      if (logGroup === 'no-filter') assert.match(warnings[1], /Allow logs:FilterLogEvents/);
      else assert.equal(warnings.length, 1, warnings.join('\n'));
    }),
  );
});

test('an outage does not end following, and is reported once', async (t) => {
  aws.answer('StartLiveTail', REFUSALS.denied);
  // The SDK does not repeat a request with this answer.
  aws.answer('FilterLogEvents', REFUSALS.unimplemented, { times: 2 });
  await run(undefined, 1);
  const following = follow(t, createProject(t));
  await following.shows(/Following goes on/);
  await run(undefined, 2);
  await following.showsRequest(2);
  assert.equal((await following.stop()).answered, 1);
  assert.equal(following.count(1), 0, 'it was before');
  assert.equal(following.logger.lines('warning').length, 2);
});

test('when the credentials expire, following fails with the range to pull later', async (t) => {
  const { liveTail, following } = await followLiveTail(t);
  await run(liveTail, 1);
  await following.showsRequest(1);
  const expired = jsonError(400, 'ExpiredTokenException', 'The security token is expired');
  for (const operation of ['FilterLogEvents', 'GetLogEvents', 'DescribeLogStreams']) {
    aws.answer(operation, expired);
  }
  await assert.rejects(following.stop(), { code: 'MISSING_CREDENTIALS' });
  const [, start] = /LITEXA_LOGS_SINCE=(\S+)/.exec(following.logger.lines('log').at(-1));
  const { startTime } = aws.sent('FilterLogEvents').at(-1);
  assert.equal(Date.parse(start), startTime);
});

describe('Ctrl-C', () => {
  const start = (t, env = {}, { isTerminal = true, isProgram = false } = {}) => {
    const project = createProject(t);
    const variables = { ...aws.env, LITEXA_LOGS_FOLLOW: '1', ...env };
    return logsInChild({ projectRoot: project.root, env: variables, isTerminal, isProgram });
  };

  test('the first one writes the files and ends with 130, and no request is left', async (t) => {
    const liveTail = startLiveTail(aws, t);
    const child = start(t);
    await until(() => liveTail.open() === 1);
    await run(liveTail, 1);
    assert.match(await child.line(/PourIntent/), /^\u001b\[32m--- ✔ .*\u001b\[0m/);
    child.interrupt();
    const { exit, lines, result, stderr } = await child.done;
    assert.deepEqual([exit, stderr, result.answered], [130, '', 1]);
    assert.match(fs.readFileSync(result.files[0], 'utf8'), /^requests: ✔ success:1, ✘ fail:0\n/);
    assert.ok(lines.some(({ line }) => /^requests: 1 answered, 0 failed/.test(line)));
    await until(() => liveTail.open() === 0);
    const sent = aws.requests().length;
    await sleep(200);
    assert.equal(aws.requests().length, sent);
  });

  test('the exit code of a program that follows stays its own', async (t) => {
    const liveTail = startLiveTail(aws, t);
    const child = start(t, {}, { isProgram: true });
    await until(() => liveTail.open() === 1);
    child.interrupt();
    const { exit, stderr, result } = await child.done;
    assert.deepEqual([exit, stderr, result.answered], [0, '', 0]);
  });

  test('the second one ends the process without the files', async (t) => {
    const liveTail = startLiveTail(aws, t);
    const child = start(t, { NO_COLOR: '1' });
    await until(() => liveTail.open() === 1);
    await run(liveTail, 1);
    assert.match(await child.line(/PourIntent/), /^--- ✔ [^\u001b]*$/);
    await aws.answer('FilterLogEvents', () => new Promise(() => {}));
    child.interrupt();
    await child.line(/^stopping/);
    child.interrupt();
    const { exit, result } = await child.done;
    assert.equal(result, undefined);
    if (process.platform !== 'win32') assert.equal(exit, 'SIGINT');
  });
});

for (const [what, variables, follows] of [
  ['another value', { LITEXA_LOGS_FOLLOW: 'yes' }],
  ['a range of minutes', { LITEXA_LOGS_FOLLOW: '1', LITEXA_LOGS_MINUTES: '5' }],
  ['a start', { LITEXA_LOGS_SINCE: '2026-01-01' }, true],
]) {
  test(`following is checked before any request: ${what}`, async (t) => {
    setVariables(t, variables);
    const context = logsContext({
      projectRoot: createProject(t).root,
      target: 'beta',
      options: {},
    });
    const logs = litexa.logs({ ...context, follow: follows }, context.logger);
    await assert.rejects(logs, { code: 'INVALID_OPTION', message: /LITEXA_LOGS_FOLLOW/ });
    assert.equal(aws.requests().length, 0);
  });
}

test('0 and an empty value pull, and `follow: false` outweighs the variable', async (t) => {
  const project = createProject(t);
  for (const value of ['0', '']) {
    setVariables(t, { LITEXA_LOGS_FOLLOW: value });
    assert.equal((await pull(project)).result.files.length, 1);
  }
  setVariables(t, { LITEXA_LOGS_FOLLOW: '1' });
  const context = logsContext({ projectRoot: project.root, target: 'beta', options: {} });
  const { files } = await litexa.logs({ ...context, follow: false }, context.logger);
  assert.equal(files.length, 1);
});

for (const [field, value] of [
  ['follow', 'yes'],
  ['follow', 1],
  ['signal', {}],
  ['signal', true],
]) {
  test(`the context is checked: ${field} is ${JSON.stringify(value)}`, async (t) => {
    const context = logsContext({
      projectRoot: createProject(t).root,
      target: 'beta',
      options: {},
    });
    const logs = litexa.logs({ ...context, [field]: value }, context.logger);
    await assert.rejects(logs, { code: 'INVALID_CONTEXT', message: new RegExp(field) });
  });
}

describe('the server of Live Tail', () => {
  test('its rules refuse what AWS refuses', () => {
    const arn = (name) => `arn:aws:logs:us-east-1:123456789012:log-group:${name}`;
    const refuses = (input) => RULES.some(({ refuse }) => refuse(input));
    const groups = (...names) => ({ logGroupIdentifiers: names });
    assert.ok(!refuses(groups(arn('/aws/lambda/cats'))));
    assert.ok(!refuses(groups(...Array.from({ length: 10 }, (_, n) => arn(`${n}`)))));
    for (const input of [
      groups(),
      groups('/aws/lambda/cats'),
      groups(`${arn('cats')}:*`),
      groups(...Array.from({ length: 11 }, (_, n) => arn(`${n}`))),
      { ...groups(arn('a'), arn('b')), logStreamNames: ['c'] },
      { ...groups(arn('a')), logStreamNames: ['c'], logStreamNamePrefixes: ['d'] },
    ]) {
      assert.ok(refuses(input), JSON.stringify(input));
    }
    assert.ok(RULES.every(({ rule, source }) => rule && source.startsWith('https://docs.aws')));
  });

  test('its checksums are CRC-32', () => {
    assert.equal(crc32(Buffer.from('123456789')), 0xcbf43926);
  });
});
