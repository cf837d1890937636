'use strict';

// What a log pull reads: all streams, all pages, whatever AWS does meanwhile.

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { setTimeout: sleep } = require('node:timers/promises');
const { hintFor } = require('../support/assertions');
const { invocation, requestId } = require('../support/lambda/log-events');
const streams = require('../support/lambda/log-streams');
const { useCloud, temporarySkill, NAMES } = require('../support/litexa/skill');

const { headlines, idsIn, minutesAgo, pull, refused, scriptStreams, shortId, writeStream } =
  streams;

const HOUR = 3_600_000;
const cloud = useCloud();

const streamName = (number) => `2026/11/22/[$LATEST]${String(number).padStart(32, '0')}`;

const denial = (action) =>
  `User: arn:aws:iam::123456789012:user/deployer is not authorized to perform: ${action} on ` +
  `resource: arn:aws:logs:us-east-1:123456789012:log-group:${NAMES.logGroup}:log-stream: ` +
  'because no identity-based policy allows it';

/** So many streams with one request each. */
const manyStreams = (count) =>
  Array.from({ length: count }, (_, number) => ({
    name: streamName(number),
    pages: [invocation(requestId(number), minutesAgo(10) + number)],
  }));

test('every page of events is read, empty ones too, until the token comes back', async (t) => {
  const [first, second, third] = [1, 2, 3].map((n) => invocation(requestId(n), minutesAgo(30 - n)));
  // A request may well be cut by the end of a page.
  const pages = [[], first, [], [], second.slice(0, 2), [...second.slice(2), ...third], []];
  scriptStreams(cloud, [{ name: streamName(1), pages }]);
  const { result, text } = await pull(temporarySkill(t));

  assert.deepEqual([result.answered, result.failed], [3, 0]);
  assert.deepEqual(
    idsIn(text),
    [1, 2, 3].map((n) => shortId(requestId(n))),
  );
  const asked = cloud.sent('GetLogEvents');
  assert.deepEqual(
    asked.map(({ nextToken }) => nextToken),
    [undefined, 'f/1', 'f/2', 'f/3', 'f/4', 'f/5', 'f/6', 'f/7'],
  );
  assert.ok(asked.every(({ startFromHead }) => startFromHead === true));
});

test('more events than a page holds come out of a real log stream', async (t) => {
  const events = Array.from({ length: 3000 }, (_, n) =>
    invocation(requestId(n), minutesAgo(30) + n),
  );
  const all = events.flat().sort((a, b) => a.timestamp - b.timestamp);
  for (let at = 0; at < all.length; at += 10_000) {
    await writeStream(cloud.aws, streamName(1), all.slice(at, at + 10_000));
  }
  const { result, text } = await pull(temporarySkill(t));

  assert.ok(cloud.count('GetLogEvents') > 2);
  assert.equal(result.answered, 3000);
  assert.equal(new Set(idsIn(text)).size, 3000);
});

test('every page of streams is read', async (t) => {
  scriptStreams(cloud, manyStreams(60), { listed: 7 });
  const { result, text } = await pull(temporarySkill(t));

  assert.ok(cloud.count('DescribeLogStreams') >= 9);
  assert.equal(result.answered, 60);
  assert.equal(new Set(idsIn(text)).size, 60);
});

/** Lets requests wait until so many are there, and tells how many there were at most. */
function waitingFor(enough, patience = 5000) {
  const seen = { inside: 0, most: 0 };
  const wait = async () => {
    seen.most = Math.max(seen.most, ++seen.inside);
    for (let waited = 0; seen.most < enough && waited < patience; waited += 20) await sleep(20);
    seen.inside--;
  };
  return { seen, wait };
}

test('streams are read side by side, several with one request', async (t) => {
  const { seen, wait } = waitingFor(4);
  cloud.answer('FilterLogEvents', wait);
  scriptStreams(cloud, manyStreams(50));
  const { result, text } = await pull(temporarySkill(t));

  assert.equal(result.answered, 50);
  assert.equal(new Set(idsIn(text)).size, 50);
  assert.ok(seen.most >= 4, `${seen.most} at a time`);
  assert.deepEqual([cloud.count('FilterLogEvents'), cloud.count('GetLogEvents')], [5, 0]);
});

test('small streams are read up to fifty with one request', async (t) => {
  scriptStreams(cloud, manyStreams(400));
  const { result } = await pull(temporarySkill(t));

  assert.equal(result.answered, 400);
  const sizes = cloud.sent('FilterLogEvents').map(({ logStreamNames }) => logStreamNames.length);
  assert.equal(Math.max(...sizes), 50);
});

test('both ways of reading share the streams', async (t) => {
  scriptStreams(cloud, manyStreams(140));
  const { result, text } = await pull(temporarySkill(t));

  assert.equal(result.answered, 140);
  assert.equal(new Set(idsIn(text)).size, 140);
  const together = cloud.sent('FilterLogEvents').map(({ logStreamNames }) => logStreamNames);
  const singly = cloud.sent('GetLogEvents').map(({ logStreamName }) => logStreamName);
  assert.notEqual(singly.length, 0);
  const names = [...together.flat(), ...new Set(singly)];
  assert.deepEqual(
    names.sort(),
    manyStreams(140).map(({ name }) => name),
  );
});

test('streams that are too large to be read together are read on one by one', async (t) => {
  const start = minutesAgo(30);
  const said = Array.from({ length: 12 }, (_, n) => ({ level: 'INFO', text: `line ${n}` }));
  // All write at the same times.
  const stream = (number) => ({
    name: streamName(number),
    pages: Array.from({ length: 10 }, (_, n) =>
      invocation(requestId(100 * number + n), start + n * 1000, { said }),
    ),
  });
  const all = [1, 2, 3].map(stream);
  all[0].pages.unshift([{ timestamp: start, message: 'INIT_START Runtime Version: nodejs:22.v1' }]);
  scriptStreams(cloud, all, { filtered: 7 });
  const { result, text } = await pull(temporarySkill(t));

  // In us-east-1, where both rates are 25, three streams are worth six pages.
  assert.equal(cloud.count('FilterLogEvents'), 6);
  const times = all.flatMap(({ pages }) => pages.flat().map(({ timestamp }) => timestamp)).sort();
  assert.equal(times[6 * 7 - 1], times[6 * 7], 'the last page ends between events of one time');
  const [filter] = cloud.sent('FilterLogEvents');
  const singles = cloud.sent('GetLogEvents');
  assert.ok(singles.some(({ startTime }) => startTime === times[6 * 7]));
  // A stream of which nothing has come of that time is read on from what has come last.
  assert.ok(singles.every(({ startTime }) => startTime > start && startTime <= times[6 * 7]));
  assert.ok(singles.every(({ endTime }) => endTime === filter.endTime + 1));
  assert.equal(result.answered, 30);
  const lines = [...text.matchAll(/^INFO {2}line (\d+)$/gm)].map(([, n]) => Number(n));
  const expected = Array.from({ length: 30 }, () => said.map((_, n) => n)).flat();
  assert.deepEqual(lines, expected, 'no line is missing, none is there twice');
});

for (const [what, how, isReadOn] of [
  ['stream by stream', { inOrder: false, filtered: 1000 }, false],
  ['stream by stream, and are read on one by one', { inOrder: false, filtered: 11 }, true],
  ['with repetitions', { repeated: 5, filtered: 60 }, false],
  ['with repetitions, and are read on one by one', { repeated: 5, filtered: 11 }, true],
]) {
  test(`events that come ${what}, are neither lost nor doubled`, async (t) => {
    const said = [{ level: 'INFO', text: 'said once' }];
    const stream = (number) => ({
      name: streamName(number),
      pages: Array.from({ length: 10 }, (_, n) =>
        invocation(requestId(100 * number + n), minutesAgo(30) + n * 1000, { said }),
      ),
    });
    scriptStreams(cloud, [1, 2, 3].map(stream), how);
    const { result, text } = await pull(temporarySkill(t));

    assert.equal(result.answered, 30);
    assert.equal(text.match(/^INFO {2}said once$/gm).length, 30);
    assert.equal(cloud.count('GetLogEvents') > 0, isReadOn);
  });
}

test('a stream that vanishes while it is read keeps what has been read of it', async (t) => {
  const gone = refused('ResourceNotFoundException', 'The specified log stream does not exist.');
  cloud.answer('FilterLogEvents', ({ body }) => (JSON.parse(body).nextToken ? gone : undefined));
  cloud.answer('GetLogEvents', ({ body }) =>
    JSON.parse(body).logStreamName === streamName(1) ? gone : undefined,
  );
  const [first, second] = [1, 2].map((n) => invocation(requestId(n), minutesAgo(10 - n)));
  const pages = { 1: [first], 2: [second] };
  const streams = [1, 2].map((number) => ({ name: streamName(number), pages: pages[number] }));
  scriptStreams(cloud, streams, { filtered: first.length });
  const { result, text } = await pull(temporarySkill(t));

  assert.equal(cloud.count('FilterLogEvents'), 2);
  assert.deepEqual([result.answered, result.failed], [2, 0]);
  // What comes last is Lambda's report.
  assert.deepEqual(
    headlines(text).map((line) => / 8\.83ms /.test(line)),
    [true, true],
  );
});

test('pages without events are no reason to go on asking for ever', async (t) => {
  const empty = JSON.stringify({ events: [], nextToken: 'more' });
  const headers = { 'content-type': 'application/x-amz-json-1.1' };
  cloud.answer('FilterLogEvents', { status: 200, headers, body: empty });
  scriptStreams(cloud, manyStreams(3));
  const { result } = await pull(temporarySkill(t));

  assert.equal(result.answered, 3);
  assert.equal(cloud.count('FilterLogEvents'), 6);
});

for (const [what, code, message, remedy] of [
  [
    'without the right to read streams together',
    'AccessDeniedException',
    denial('logs:FilterLogEvents'),
    hintFor('logs:FilterLogEvents'),
  ],
  [
    'where AWS refuses to read streams together',
    'InvalidOperationException',
    'This log group is not for that.',
    /This log group is not for that/,
  ],
]) {
  test(`${what}, they are read one by one`, async (t) => {
    const { seen, wait } = waitingFor(4);
    cloud.answer('FilterLogEvents', refused(code, message));
    cloud.answer('GetLogEvents', wait);
    scriptStreams(cloud, manyStreams(70));
    const { result, logger } = await pull(temporarySkill(t));

    assert.equal(result.answered, 70);
    assert.ok(cloud.count('FilterLogEvents') <= 5, 'it is not asked for again');
    assert.ok(seen.most >= 4, `${seen.most} at a time`);
    const warnings = logger.lines('warning');
    assert.equal(warnings.length, 1);
    assert.match(warnings[0], remedy);
    assert.doesNotMatch(warnings[0], /\.\./);
  });
}

test('requests of parallel streams are told apart and shown newest first', async (t) => {
  const start = minutesAgo(10);
  const stream = (parity) => {
    const numbers = Array.from({ length: 20 }, (_, n) => 2 * n + parity);
    return {
      name: streamName(parity),
      pages: numbers.map((n) => {
        const said = [{ level: 'INFO', text: `from ${n}` }];
        return invocation(requestId(n), start + n * 1000, { said });
      }),
    };
  };
  scriptStreams(cloud, [stream(0), stream(1)]);
  const { text } = await pull(temporarySkill(t));

  const newestFirst = Array.from({ length: 40 }, (_, n) => 39 - n);
  const shown = headlines(text).map((line) => /\[(\w+)\]/.exec(line)[1]);
  assert.deepEqual(
    shown,
    newestFirst.map((n) => shortId(requestId(n))),
  );
  const said = [...text.matchAll(/^INFO {2}from (\d+)$/gm)].map(([, n]) => Number(n));
  assert.deepEqual(said, newestFirst);
});

test('a stream whose last event AWS knows late is read', async (t) => {
  const [lagging, older] = [Date.now() - 2.5 * HOUR, Date.now() - 30 * HOUR];
  scriptStreams(cloud, [
    { name: streamName(1), last: lagging, pages: [invocation(requestId(1), minutesAgo(5))] },
    { name: streamName(2), last: older, pages: [] },
  ]);
  const { result } = await pull(temporarySkill(t));
  assert.equal(result.answered, 1);
});

for (const place of ['first', 'last']) {
  test(`a new stream of whose events AWS does not know yet is read, listed ${place}`, async (t) => {
    const today = new Date().toISOString().slice(0, 10).replaceAll('-', '/');
    const pages = [invocation(requestId(5), minutesAgo(5))];
    const fresh = { name: `${today}/[$LATEST]5`, last: null, pages };
    const old = { name: '2020/01/01/[$LATEST]1', last: Date.now() - 30 * HOUR };
    scriptStreams(cloud, place === 'first' ? [fresh, old] : [old, fresh]);
    assert.equal((await pull(temporarySkill(t))).result.answered, 1);
  });
}

test('old streams are not read', async (t) => {
  const old = Array.from({ length: 200 }, (_, n) => ({
    name: `2020/01/01/[$LATEST]${n}`,
    last: Date.now() - (30 + n) * HOUR,
  }));
  scriptStreams(cloud, [...manyStreams(2), ...old]);
  const { result } = await pull(temporarySkill(t));

  assert.equal(result.answered, 2);
  const [{ logStreamNames }] = cloud.sent('FilterLogEvents');
  assert.deepEqual(logStreamNames.sort(), [streamName(0), streamName(1)]);
  assert.ok(cloud.count('DescribeLogStreams') < 5, 'the whole list was read');
});

test('a stream that vanishes before it is read is passed over', async (t) => {
  const gone = refused('ResourceNotFoundException', 'The specified log stream does not exist.');
  cloud.answer('GetLogEvents', ({ body }) =>
    JSON.parse(body).logStreamName === streamName(1) ? gone : undefined,
  );
  cloud.answer('FilterLogEvents', ({ body }) =>
    JSON.parse(body).logStreamNames.includes(streamName(1)) ? gone : undefined,
  );
  scriptStreams(cloud, manyStreams(3));
  const { result, text } = await pull(temporarySkill(t));

  assert.equal(result.answered, 2);
  assert.deepEqual(
    idsIn(text),
    [0, 2].map((n) => shortId(requestId(n))),
  );
});

test('AWS saying "slow down" is heard and the page asked for again', async (t) => {
  const throttled = refused('ThrottlingException', 'Rate exceeded');
  cloud.answer('DescribeLogStreams', throttled, { times: 2 });
  cloud.answer('FilterLogEvents', throttled, { times: 2 });
  cloud.answer('GetLogEvents', throttled, { times: 2 });
  scriptStreams(cloud, manyStreams(101));
  const { result, logger } = await pull(temporarySkill(t));

  assert.equal(result.answered, 101);
  assert.deepEqual(logger.lines('error'), []);
  const statuses = cloud.proxy.requests.map(({ operation, status }) => `${operation} ${status}`);
  for (const operation of ['DescribeLogStreams', 'FilterLogEvents', 'GetLogEvents']) {
    assert.equal(statuses.filter((one) => one === `${operation} 400`).length, 2, operation);
  }
});

test('a broken connection is made again', async (t) => {
  cloud.answer('GetLogEvents', { destroy: true }, { times: 1 });
  scriptStreams(cloud, manyStreams(1));
  assert.equal((await pull(temporarySkill(t))).result.answered, 1);
});

for (const operation of ['DescribeLogStreams', 'GetLogEvents']) {
  test(`a missing permission is named: logs:${operation}`, async (t) => {
    cloud.answer(operation, refused('AccessDeniedException', denial(`logs:${operation}`)));
    scriptStreams(cloud, manyStreams(1));
    await assert.rejects(pull(temporarySkill(t)), (error) => {
      assert.equal(error.code, 'ACCESS_DENIED');
      assert.match(error.message, new RegExp(`logs:${operation}`));
      assert.match(error.message, new RegExp(NAMES.logGroup));
      return true;
    });
  });
}

test('a long pull says how far it is, at most once a second', async (t) => {
  const pages = Array.from({ length: 45 }, (_, n) => invocation(requestId(n), minutesAgo(30) + n));
  cloud.answer('GetLogEvents', () => sleep(60));
  scriptStreams(cloud, [{ name: streamName(1), pages }]);
  const before = Date.now();
  const { result, logger } = await pull(temporarySkill(t));
  const seconds = (Date.now() - before) / 1000;

  assert.equal(result.answered, 45);
  const progress = logger.lines('log').filter((line) => /\b\d+ events\b/.test(line));
  assert.notEqual(progress.length, 0);
  assert.ok(progress.length <= seconds, `${progress.length} lines in ${seconds} s`);
  assert.match(progress[0], /\b0 of 1\b/);
});
