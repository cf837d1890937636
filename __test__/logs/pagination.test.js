'use strict';

// A log pull reads all pages of all log streams, although AWS throttles, fails or changes them.

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { setTimeout: sleep } = require('node:timers/promises');
const { hintFor } = require('../support/assertions');
const { invocation, requestId } = require('../support/lambda/log-events');
const streams = require('../support/lambda/log-streams');
const { jsonError, streamNotFound } = require('../support/aws/errors');
const { useAws } = require('../support/aws/use-aws');
const { createProject, NAMES } = require('../support/litexa/project');

const { titleLines, idsIn, minutesAgo, pull, scriptStreams, shortId, writeStream } = streams;

const HOUR = 3_600_000;
const aws = useAws();

const streamName = (number) => `2026/11/22/[$LATEST]${String(number).padStart(32, '0')}`;

const denial = (action) =>
  `User: arn:aws:iam::123456789012:user/deployer is not authorized to perform: ${action} on ` +
  `resource: arn:aws:logs:us-east-1:123456789012:log-group:${NAMES.logGroup}:log-stream: ` +
  'because no identity-based policy allows it';

/** Returns `count` streams with one request each. */
const manyStreams = (count) =>
  Array.from({ length: count }, (_, number) => ({
    name: streamName(number),
    pages: [invocation(requestId(number), minutesAgo(10) + number)],
  }));

test('all pages of events are read, empty ones included, until the token is repeated', async (t) => {
  const [first, second, third] = [1, 2, 3].map((n) => invocation(requestId(n), minutesAgo(30 - n)));
  // The end of a page may split a request.
  const pages = [[], first, [], [], second.slice(0, 2), [...second.slice(2), ...third], []];
  scriptStreams(aws, [{ name: streamName(1), pages }]);
  const { result, text } = await pull(createProject(t));

  assert.deepEqual([result.answered, result.failed], [3, 0]);
  assert.deepEqual(
    idsIn(text),
    [1, 2, 3].map((n) => shortId(requestId(n))),
  );
  const sent = aws.sent('GetLogEvents');
  assert.deepEqual(
    sent.map(({ nextToken }) => nextToken),
    [undefined, 'f/1', 'f/2', 'f/3', 'f/4', 'f/5', 'f/6', 'f/7'],
  );
  assert.ok(sent.every(({ startFromHead }) => startFromHead === true));
});

test('more events than fit into a page are read from a log stream of the emulator', async (t) => {
  const events = Array.from({ length: 3000 }, (_, n) =>
    invocation(requestId(n), minutesAgo(30) + n),
  );
  const all = events.flat().sort((a, b) => a.timestamp - b.timestamp);
  for (let at = 0; at < all.length; at += 10_000) {
    await writeStream(aws.client, streamName(1), all.slice(at, at + 10_000));
  }
  const { result, text } = await pull(createProject(t));

  assert.ok(aws.count('GetLogEvents') > 2);
  assert.equal(result.answered, 3000);
  assert.equal(new Set(idsIn(text)).size, 3000);
});

test('all pages of streams are read', async (t) => {
  scriptStreams(aws, manyStreams(60), { listed: 7 });
  const { result, text } = await pull(createProject(t));

  assert.ok(aws.count('DescribeLogStreams') >= 9);
  assert.equal(result.answered, 60);
  assert.equal(new Set(idsIn(text)).size, 60);
});

/**
 * Delays requests until `count` of them are concurrent, and records the maximum of concurrent ones.
 */
function waitForConcurrent(count, timeoutMs = 5000) {
  const seen = { current: 0, max: 0 };
  const wait = async () => {
    seen.max = Math.max(seen.max, ++seen.current);
    for (let waited = 0; seen.max < count && waited < timeoutMs; waited += 20) await sleep(20);
    seen.current--;
  };
  return { seen, wait };
}

test('streams are read concurrently, several with one request', async (t) => {
  const { seen, wait } = waitForConcurrent(4);
  aws.answer('FilterLogEvents', wait);
  scriptStreams(aws, manyStreams(50));
  const { result, text } = await pull(createProject(t));

  assert.equal(result.answered, 50);
  assert.equal(new Set(idsIn(text)).size, 50);
  assert.ok(seen.max >= 4, `${seen.max} concurrent requests`);
  assert.deepEqual([aws.count('FilterLogEvents'), aws.count('GetLogEvents')], [5, 0]);
});

test('up to fifty small streams are read with one request', async (t) => {
  scriptStreams(aws, manyStreams(240));
  const { result } = await pull(createProject(t));

  assert.equal(result.answered, 240);
  const sizes = aws.sent('FilterLogEvents').map(({ logStreamNames }) => logStreamNames.length);
  assert.equal(Math.max(...sizes), 50);
});

test('FilterLogEvents and GetLogEvents share the streams', async (t) => {
  // A busy machine might answer the one call for all streams before it sends the other one.
  aws.answer('FilterLogEvents', async () => {
    for (let waited = 0; aws.count('GetLogEvents') === 0 && waited < 5000; waited += 20)
      await sleep(20);
  });
  scriptStreams(aws, manyStreams(140));
  const { result, text } = await pull(createProject(t));

  assert.equal(result.answered, 140);
  assert.equal(new Set(idsIn(text)).size, 140);
  const batches = aws.sent('FilterLogEvents').map(({ logStreamNames }) => logStreamNames);
  const single = aws.sent('GetLogEvents').map(({ logStreamName }) => logStreamName);
  assert.notEqual(single.length, 0);
  const names = [...batches.flat(), ...new Set(single)];
  assert.deepEqual(
    names.sort(),
    manyStreams(140).map(({ name }) => name),
  );
});

test('a batch of large streams is continued stream by stream', async (t) => {
  const start = minutesAgo(30);
  const logged = Array.from({ length: 12 }, (_, n) => ({ level: 'INFO', text: `line ${n}` }));
  // The streams have events of the same times.
  const stream = (number) => ({
    name: streamName(number),
    pages: Array.from({ length: 10 }, (_, n) =>
      invocation(requestId(100 * number + n), start + n * 1000, { logged }),
    ),
  });
  const all = [1, 2, 3].map(stream);
  all[0].pages.unshift([{ timestamp: start, message: 'INIT_START Runtime Version: nodejs:22.v1' }]);
  scriptStreams(aws, all, { filtered: 7 });
  const { result, text } = await pull(createProject(t));

  // In us-east-1, where both quotas are 25, three streams may take six pages.
  assert.equal(aws.count('FilterLogEvents'), 6);
  const times = all.flatMap(({ pages }) => pages.flat().map(({ timestamp }) => timestamp)).sort();
  assert.equal(times[6 * 7 - 1], times[6 * 7], 'the last page ends between events of one time');
  const [filter] = aws.sent('FilterLogEvents');
  const singles = aws.sent('GetLogEvents');
  assert.ok(singles.some(({ startTime }) => startTime === times[6 * 7]));
  // A stream without an event of that time is continued from its last event.
  assert.ok(singles.every(({ startTime }) => startTime > start && startTime <= times[6 * 7]));
  assert.ok(singles.every(({ endTime }) => endTime === filter.endTime + 1));
  assert.equal(result.answered, 30);
  const lines = [...text.matchAll(/^INFO {2}line (\d+)$/gm)].map(([, n]) => Number(n));
  const expected = Array.from({ length: 30 }, () => logged.map((_, n) => n)).flat();
  assert.deepEqual(lines, expected, 'no line is missing or duplicated');
});

for (const [what, how, isContinued] of [
  ['stream by stream', { inOrder: false, filtered: 1000 }, false],
  ['stream by stream, and are continued stream by stream', { inOrder: false, filtered: 11 }, true],
  ['with repetitions', { repeated: 5, filtered: 60 }, false],
  ['with repetitions, and are continued stream by stream', { repeated: 5, filtered: 11 }, true],
]) {
  test(`events that come ${what} are neither lost nor duplicated`, async (t) => {
    const logged = [{ level: 'INFO', text: 'logged once' }];
    const stream = (number) => ({
      name: streamName(number),
      pages: Array.from({ length: 10 }, (_, n) =>
        invocation(requestId(100 * number + n), minutesAgo(30) + n * 1000, { logged }),
      ),
    });
    scriptStreams(aws, [1, 2, 3].map(stream), how);
    const { result, text } = await pull(createProject(t));

    assert.equal(result.answered, 30);
    assert.equal(text.match(/^INFO {2}logged once$/gm).length, 30);
    assert.equal(aws.count('GetLogEvents') > 0, isContinued);
  });
}

test('events of a stream that is deleted while it is read are kept', async (t) => {
  const gone = streamNotFound();
  aws.answer('FilterLogEvents', ({ body }) => (JSON.parse(body).nextToken ? gone : undefined));
  aws.answer('GetLogEvents', ({ body }) =>
    JSON.parse(body).logStreamName === streamName(1) ? gone : undefined,
  );
  const [first, second] = [1, 2].map((n) => invocation(requestId(n), minutesAgo(10 - n)));
  const pages = { 1: [first], 2: [second] };
  const streams = [1, 2].map((number) => ({ name: streamName(number), pages: pages[number] }));
  scriptStreams(aws, streams, { filtered: first.length });
  const { result, text } = await pull(createProject(t));

  assert.equal(aws.count('FilterLogEvents'), 2);
  assert.deepEqual([result.answered, result.failed], [2, 0]);
  // Lambda's report is the last event.
  assert.deepEqual(
    titleLines(text).map((line) => / 8\.83ms /.test(line)),
    [true, true],
  );
});

test('empty pages that always have another one do not make a pull endless', async (t) => {
  const empty = JSON.stringify({ events: [], nextToken: 'more' });
  const headers = { 'content-type': 'application/x-amz-json-1.1' };
  aws.answer('FilterLogEvents', { status: 200, headers, body: empty });
  scriptStreams(aws, manyStreams(3));
  const { result } = await pull(createProject(t));

  assert.equal(result.answered, 3);
  assert.equal(aws.count('FilterLogEvents'), 6);
});

for (const [what, code, message, warning] of [
  [
    'without the permission for FilterLogEvents',
    'AccessDeniedException',
    denial('logs:FilterLogEvents'),
    hintFor('logs:FilterLogEvents'),
  ],
  [
    'if AWS rejects FilterLogEvents',
    'InvalidOperationException',
    'This log group is not for that.',
    /This log group is not for that/,
  ],
]) {
  test(`${what}, streams are read one by one`, async (t) => {
    const { seen, wait } = waitForConcurrent(4);
    aws.answer('FilterLogEvents', jsonError(400, code, message));
    aws.answer('GetLogEvents', wait);
    scriptStreams(aws, manyStreams(70));
    const { result, logger } = await pull(createProject(t));

    assert.equal(result.answered, 70);
    assert.ok(aws.count('FilterLogEvents') <= 5, 'it is not requested again');
    assert.ok(seen.max >= 4, `${seen.max} concurrent requests`);
    const warnings = logger.lines('warning');
    assert.equal(warnings.length, 1);
    assert.match(warnings[0], warning);
    assert.doesNotMatch(warnings[0], /\.\./);
  });
}

test('requests of concurrent streams are separated and shown newest first', async (t) => {
  const start = minutesAgo(10);
  const stream = (parity) => {
    const numbers = Array.from({ length: 20 }, (_, n) => 2 * n + parity);
    return {
      name: streamName(parity),
      pages: numbers.map((n) => {
        const logged = [{ level: 'INFO', text: `from ${n}` }];
        return invocation(requestId(n), start + n * 1000, { logged });
      }),
    };
  };
  scriptStreams(aws, [stream(0), stream(1)]);
  const { text } = await pull(createProject(t));

  const newestFirst = Array.from({ length: 40 }, (_, n) => 39 - n);
  const shown = titleLines(text).map((line) => /\[(\w+)\]/.exec(line)[1]);
  assert.deepEqual(
    shown,
    newestFirst.map((n) => shortId(requestId(n))),
  );
  const numbers = [...text.matchAll(/^INFO {2}from (\d+)$/gm)].map(([, n]) => Number(n));
  assert.deepEqual(numbers, newestFirst);
});

test('a stream is read although AWS reports its last event late', async (t) => {
  const [lagging, older] = [Date.now() - 2.5 * HOUR, Date.now() - 30 * HOUR];
  scriptStreams(aws, [
    { name: streamName(1), last: lagging, pages: [invocation(requestId(1), minutesAgo(5))] },
    { name: streamName(2), last: older, pages: [] },
  ]);
  const { result } = await pull(createProject(t));
  assert.equal(result.answered, 1);
});

for (const place of ['first', 'last']) {
  test(`a new stream without a reported event is read if it is listed ${place}`, async (t) => {
    const today = new Date().toISOString().slice(0, 10).replaceAll('-', '/');
    const pages = [invocation(requestId(5), minutesAgo(5))];
    const fresh = { name: `${today}/[$LATEST]5`, last: null, pages };
    const old = { name: '2020/01/01/[$LATEST]1', last: Date.now() - 30 * HOUR };
    scriptStreams(aws, place === 'first' ? [fresh, old] : [old, fresh]);
    assert.equal((await pull(createProject(t))).result.answered, 1);
  });
}

test('old streams are not read', async (t) => {
  const old = Array.from({ length: 200 }, (_, n) => ({
    name: `2020/01/01/[$LATEST]${n}`,
    last: Date.now() - (30 + n) * HOUR,
  }));
  scriptStreams(aws, [...manyStreams(2), ...old]);
  const { result } = await pull(createProject(t));

  assert.equal(result.answered, 2);
  const [{ logStreamNames }] = aws.sent('FilterLogEvents');
  assert.deepEqual(logStreamNames.sort(), [streamName(0), streamName(1)]);
  assert.ok(aws.count('DescribeLogStreams') < 5, 'the whole list was read');
});

test('a stream that is deleted before it is read is skipped', async (t) => {
  const gone = streamNotFound();
  aws.answer('GetLogEvents', ({ body }) =>
    JSON.parse(body).logStreamName === streamName(1) ? gone : undefined,
  );
  aws.answer('FilterLogEvents', ({ body }) =>
    JSON.parse(body).logStreamNames.includes(streamName(1)) ? gone : undefined,
  );
  scriptStreams(aws, manyStreams(3));
  const { result, text } = await pull(createProject(t));

  assert.equal(result.answered, 2);
  assert.deepEqual(
    idsIn(text),
    [0, 2].map((n) => shortId(requestId(n))),
  );
});

test('throttled requests are retried', async (t) => {
  const throttled = jsonError(400, 'ThrottlingException', 'Rate exceeded');
  aws.answer('DescribeLogStreams', throttled, { times: 2 });
  aws.answer('FilterLogEvents', throttled, { times: 2 });
  aws.answer('GetLogEvents', throttled, { times: 2 });
  scriptStreams(aws, manyStreams(101));
  const { result, logger } = await pull(createProject(t));

  assert.equal(result.answered, 101);
  assert.deepEqual(logger.lines('error'), []);
  const statuses = aws.requests().map(({ operation, status }) => `${operation} ${status}`);
  for (const operation of ['DescribeLogStreams', 'FilterLogEvents', 'GetLogEvents']) {
    assert.equal(statuses.filter((one) => one === `${operation} 400`).length, 2, operation);
  }
});

test('a request is retried after a lost connection', async (t) => {
  aws.answer('GetLogEvents', { destroy: true }, { times: 1 });
  scriptStreams(aws, manyStreams(1));
  assert.equal((await pull(createProject(t))).result.answered, 1);
});

for (const operation of ['DescribeLogStreams', 'GetLogEvents']) {
  test(`the error for a missing permission names it: logs:${operation}`, async (t) => {
    aws.answer(operation, jsonError(400, 'AccessDeniedException', denial(`logs:${operation}`)));
    scriptStreams(aws, manyStreams(1));
    await assert.rejects(pull(createProject(t)), (error) => {
      assert.equal(error.code, 'ACCESS_DENIED');
      assert.match(error.message, new RegExp(`logs:${operation}`));
      assert.match(error.message, new RegExp(NAMES.logGroup));
      return true;
    });
  });
}

test('a long pull reports its progress, at most once a second', async (t) => {
  const pages = Array.from({ length: 45 }, (_, n) => invocation(requestId(n), minutesAgo(30) + n));
  aws.answer('GetLogEvents', () => sleep(60));
  scriptStreams(aws, [{ name: streamName(1), pages }]);
  const before = Date.now();
  const { result, logger } = await pull(createProject(t));
  const seconds = (Date.now() - before) / 1000;

  assert.equal(result.answered, 45);
  const progress = logger.lines('log').filter((line) => /\b\d+ events\b/.test(line));
  assert.notEqual(progress.length, 0);
  assert.ok(progress.length <= seconds, `${progress.length} lines in ${seconds} s`);
  assert.match(progress[0], /\b0 of 1\b/);
});
