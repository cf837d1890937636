'use strict';

// Logs with the rules of AWS: pages that are empty, streams beyond their retention, log groups of another
// class, and keys that may not be used.

const assert = require('node:assert/strict');
const fs = require('node:fs');
const { describe, test } = require('node:test');
const { onStrictAws } = require('../support/aws/use-aws');
const { openStrictAws } = require('../support/aws/use-strict-aws');
const { follow, until } = require('../support/lambda/following');
const { invocation, requestId, intent } = require('../support/lambda/log-events');
const { MINUTE, minutesAgo, pull, writeStream } = require('../support/lambda/log-streams');
const { createProject, NAMES } = require('../support/litexa/project');

const DAY = 24 * 60 * MINUTE;
const streamName = (number) => `2026/11/22/[$LATEST]${String(number).padStart(32, '0')}`;
const GROUP = { logGroupName: NAMES.logGroup };
const ERROR = { errorType: 'TypeError', errorMessage: 'no milk', stack: ['TypeError: no milk'] };

/** Writes a request into a stream of its own. */
const write = (server, number, at) =>
  writeStream(server.client, streamName(number), invocation(requestId(number), at));

const countOf = (server, operation) => server.sent(operation).length;

for (const name of ['pull', 'outcomes']) {
  describe(`${name}, on the strict AWS`, () => {
    onStrictAws(() => require(`./${name}.test.js`));
  });
}

for (const count of [1, 3]) {
  test(`events up to the last millisecond of the range are read once: ${count} streams`, async (t) => {
    const server = await openStrictAws(t);
    for (let number = 0; number < count; number++) await write(server, number, minutesAgo(5));
    const { result } = await pull(createProject(t));
    assert.equal(result.answered, count);
  });
}

test('streams of more events than a page has are read to their end', async (t) => {
  const server = await openStrictAws(t);
  const logged = [{ level: 'INFO', text: 'x'.repeat(100_000) }];
  const events = Array.from({ length: 25 }, (_, n) =>
    invocation(requestId(n), minutesAgo(30) + 1000 * n, { logged }),
  );
  await writeStream(server.client, streamName(1), events.flat());
  const { result } = await pull(createProject(t));
  assert.equal(result.answered, 25);
  assert.ok(countOf(server, 'GetLogEvents') >= 4);
});

for (const days of [2, 400]) {
  test(`streams beyond the retention are left after a few pages: ${days} days`, async (t) => {
    const server = await openStrictAws(t);
    await write(server, 0, minutesAgo(5));
    for (let number = 1; number <= 40; number++) {
      await write(server, number, Date.now() - days * DAY - number * 3 * 60 * MINUTE);
    }
    await server.client.logs('PutRetentionPolicy', { ...GROUP, retentionInDays: 1 });
    server.settle();
    // Streams are read one by one, as without the right to filter.
    server.addFault({
      kind: 'refused',
      operation: 'FilterLogEvents',
      code: 'InvalidOperationException',
      times: Infinity,
    });
    const { result, logger } = await pull(createProject(t), {
      logsConfiguration: { since: `${days + 10}d` },
    });
    assert.equal(result.answered, 1);
    const reads = countOf(server, 'GetLogEvents');
    assert.ok(reads < 150, `${reads} requests for 40 streams`);
    assert.equal(countOf(server, 'DescribeLogGroups'), 1);
    const skipped = logger.lines('log').filter((line) => /^skipping \d+ log streams/.test(line));
    assert.equal(skipped.length, 1, logger.lines().join('\n'));
  });
}

for (const count of [1, 3]) {
  test(`the Infrequent Access class is an error that names Logs Insights: ${count} streams`, async (t) => {
    const server = await openStrictAws(t);
    const logGroupClass = 'INFREQUENT_ACCESS';
    await server.client.logs('CreateLogGroup', { ...GROUP, logGroupClass });
    for (let number = 0; number < count; number++) await write(server, number, minutesAgo(5));
    await assert.rejects(pull(createProject(t)), {
      code: 'AWS_REQUEST_REJECTED',
      message: /Infrequent Access class.*Logs Insights/,
    });
  });
}

for (const count of [1, 3]) {
  test(`a key that may not be used is an error that names its policy: ${count} streams`, async (t) => {
    const server = await openStrictAws(t);
    for (let number = 0; number < count; number++) await write(server, number, minutesAgo(5));
    server.inRegion().logGroups.get(NAMES.logGroup).isKeyDisabled = true;
    await assert.rejects(pull(createProject(t)), {
      code: 'ACCESS_DENIED',
      message: /policy of the KMS key allow kms:Decrypt to logs\.us-east-1\.amazonaws\.com/,
    });
  });
}

for (const logGroupClass of ['STANDARD', 'INFREQUENT_ACCESS']) {
  test(`Logs Insights has the counts of a pull: class ${logGroupClass}`, async (t) => {
    const server = await openStrictAws(t);
    await server.client.logs('CreateLogGroup', { ...GROUP, logGroupClass });
    server.inRegion().logGroups.get(NAMES.logGroup).creationTime -= DAY;
    for (let number = 0; number < 6; number++) {
      const failed = { response: null, error: ERROR, status: 'error' };
      const what = { request: intent('PourIntent'), ...(number % 3 === 0 ? failed : {}) };
      const events = invocation(requestId(number), minutesAgo(50) + number * MINUTE, what);
      await writeStream(server.client, streamName(number % 2), events);
    }
    const { result, text } = await pull(createProject(t), {
      logsConfiguration: { source: 'insights' },
    });
    assert.deepEqual([result.answered, result.failed], [4, 2]);
    assert.equal(JSON.parse(text).isComplete, true);
    assert.ok(countOf(server, 'GetQueryResults') > countOf(server, 'StartQuery'));
  });
}

test('Live Tail begins with the log group, goes on after a timeout, and loses nothing', async (t) => {
  const server = await openStrictAws(t, { sessionUpdates: 20 });
  const project = createProject(t);
  const following = follow(t, project);
  await following.shows(/which does not exist yet/);
  await write(server, 1, Date.now());
  await following.showsRequest(1);
  const sessions = () => server.sent('StartLiveTail').filter(({ status }) => status === 200).length;
  for (const number of [2, 3]) {
    const before = sessions();
    await until(() => sessions() > before);
    await write(server, number, Date.now());
    await following.showsRequest(number);
  }
  const { answered, files } = await following.stop();
  assert.equal(answered, 3);
  assert.equal(fs.readFileSync(files[0], 'utf8').trim().split('\n').length, 3);
  assert.deepEqual([1, 2, 3].map(following.count), [1, 1, 1]);
  assert.deepEqual(following.logger.lines('warning'), []);
});
