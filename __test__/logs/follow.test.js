'use strict';

// Following without Live Tail, its end, and its settings.

const assert = require('node:assert/strict');
const fs = require('node:fs');
const { describe, test } = require('node:test');
const { setTimeout: sleep } = require('node:timers/promises');
const litexa = require('../..');
const { jsonError } = require('../support/aws/errors');
const { startLiveTail } = require('../support/aws/live-tail/server');
const { useAws } = require('../support/aws/use-aws');
const { setVariables } = require('../support/environment');
const {
  STREAM,
  REFUSALS,
  until,
  follow,
  followLiveTail,
  run,
} = require('../support/lambda/following');
const { invocation, requestId } = require('../support/lambda/log-events');
const { pull, writeStream } = require('../support/lambda/log-streams');
const { logsContext } = require('../support/litexa/context');
const { logsInChild } = require('../support/litexa/logs-child');
const { createProject } = require('../support/litexa/project');

/** The files are local, and the account is the same for all tests. */
const aws = useAws();

test('without Live Tail, requests are shown by polling, with one warning', async (t) => {
  // Each for a log group of its own: the follows run concurrently.
  const answered = Object.entries({ ...REFUSALS, 'no-filter': REFUSALS.denied });
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

test('without a log group, Live Tail begins when it appears', async (t) => {
  const absent = 'The specified log group does not exist.';
  aws.answer('StartLiveTail', jsonError(400, 'ResourceNotFoundException', absent), { times: 1 });
  const liveTail = startLiveTail(aws, t);
  const following = follow(t, createProject(t));
  await following.shows(/which does not exist yet/);
  assert.equal(liveTail.requests.length, 0);
  await run(aws, undefined, 1);
  await following.showsRequest(1);
  await until(() => liveTail.open() === 1);
  await run(aws, liveTail, 2);
  await following.showsRequest(2);
  assert.equal((await following.stop()).answered, 2);
  assert.deepEqual([1, 2].map(following.count), [1, 1]);
  assert.deepEqual(following.logger.lines('warning'), []);
});

for (const [what, minutes] of [
  ['ahead of', -30],
  ['behind', 30],
]) {
  test(`the range is by AWS's clock, if that of this machine is ${what} it`, async (t) => {
    // The time of the answers is that of AWS, as are the times of events.
    const awsTime = () => Date.now() + minutes * 60_000;
    const withDate = ({ headers, ...answer }) => ({
      ...answer,
      headers: { ...headers, date: new Date(awsTime()).toUTCString() },
    });
    aws.answer('DescribeLogStreams', () => ({ rewrite: withDate }));
    aws.answer('StartLiveTail', REFUSALS.denied);
    const events = (number, at) =>
      invocation(requestId(number), at).map((one) => ({ ...one, timestamp: at }));
    await writeStream(aws.client, STREAM, events(1, awsTime() - 60_000));
    const following = follow(t, createProject(t));
    await following.shows(/Polling instead/);
    await writeStream(aws.client, STREAM, events(2, awsTime()));
    await following.showsRequest(2);
    assert.equal((await following.stop()).answered, 1);
    assert.deepEqual([1, 2].map(following.count), [0, 1]);
  });
}

test('an initialization that fails outside of requests is shown once', async (t) => {
  aws.answer('StartLiveTail', REFUSALS.denied);
  const following = follow(t, createProject(t), {});
  await following.shows(/Polling instead/);
  const at = Date.now();
  const error = {
    errorType: 'Runtime.ImportModuleError',
    errorMessage: "Cannot find module 'milk'",
  };
  const time = new Date(at).toISOString();
  const messages = [
    'INIT_START Runtime Version: nodejs:22.v51\tRuntime Version ARN: arn\n',
    `${time}\tundefined\tERROR\tUncaught Exception \t${JSON.stringify({ ...error, stack: [] })}\n`,
    'INIT_REPORT Init Duration: 210.55 ms\tPhase: init\tStatus: error\tError Type: Runtime.ImportModuleError\n',
  ];
  await writeStream(
    aws.client,
    STREAM,
    messages.map((message) => ({ timestamp: at, message })),
  );
  await following.shows(/Cannot find module 'milk'/);
  await run(aws, undefined, 1);
  await following.showsRequest(1);
  await following.stop();
  const shown = following.logger
    .lines('log')
    .filter((line) => /^--- .*\n[^]*Cannot find module/.test(line));
  assert.ok(shown.length >= 1 && shown.length <= 2, shown.join('\n'));
  assert.doesNotMatch(shown[0], new RegExp(requestId(1).slice(-8)));
});

test('an outage does not end following, and is reported once', async (t) => {
  aws.answer('StartLiveTail', REFUSALS.denied);
  // The SDK does not repeat a request with this answer.
  aws.answer('FilterLogEvents', REFUSALS.unimplemented, { times: 2 });
  await run(aws, undefined, 1);
  const following = follow(t, createProject(t));
  await following.shows(/Following goes on/);
  await run(aws, undefined, 2);
  await following.showsRequest(2);
  assert.equal((await following.stop()).answered, 1);
  assert.equal(following.count(1), 0, 'it was before');
  assert.equal(following.logger.lines('warning').length, 2);
});

test('when the credentials expire, following fails with the range to pull later', async (t) => {
  const { liveTail, following } = await followLiveTail(aws, t);
  await run(aws, liveTail, 1);
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
    await run(aws, liveTail, 1);
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
    await run(aws, liveTail, 1);
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

test('the line that names Ctrl-C comes when Ctrl-C already ends following', async (t) => {
  aws.answer('StartLiveTail', REFUSALS.denied);
  const before = process.listenerCount('SIGINT');
  const followings = Array.from({ length: 8 }, () => {
    const following = follow(t, createProject(t));
    const { logger } = following;
    const log = logger.log.bind(logger);
    logger.log = (line) => {
      log(line);
      if (/press Ctrl-C to stop/.test(line)) following.listening = process.listenerCount('SIGINT');
    };
    return following;
  });
  await Promise.all(followings.map(({ shows }) => shows(/press Ctrl-C to stop/)));
  // Each of them has one listener, and its line comes after that of those that began earlier.
  const counts = followings.map(({ listening }) => listening - before).sort();
  assert.ok(
    counts.every((count, at) => count > at),
    counts.join(),
  );
  await Promise.all(followings.map(({ stop }) => stop()));
  assert.equal(process.listenerCount('SIGINT'), before);
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
