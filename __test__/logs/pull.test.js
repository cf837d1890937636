'use strict';

// The files of a log pull: their content, their names, and the options and environment variables that
// change them.

const assert = require('node:assert/strict');
const { execFile } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const { test } = require('node:test');
const litexa = require('../..');
const { invocation, requestId, launch, intent, ANSWER } = require('../support/lambda/log-events');
const streams = require('../support/lambda/log-streams');
const { jsonError } = require('../support/aws/errors');
const { useAws } = require('../support/aws/use-aws');
const { setVariables } = require('../support/environment');
const { createProject, NAMES } = require('../support/litexa/project');

const { counts, titleLines, idsIn, minutesAgo, pull, shortId, holdUntil, writeStream, MINUTE } =
  streams;

const STREAM = '2026/11/22/[$LATEST]0a';
const aws = useAws();

/** Writes the log events of two requests, the older one with a cold start. */
async function writeTwoRequests() {
  const [older, newer] = [minutesAgo(20), minutesAgo(10)];
  const events = [
    ...invocation(requestId(1), older, { initMs: 138.1, durationMs: 20.5, memoryMb: 70 }),
    ...invocation(requestId(2), newer, { request: intent('PourIntent') }),
  ];
  await writeStream(aws.client, STREAM, events);
  return { older, newer };
}

function localTime(milliseconds) {
  const two = (number) => String(number).padStart(2, '0');
  const at = new Date(milliseconds);
  const day = [at.getFullYear(), two(at.getMonth() + 1), two(at.getDate())].join('-');
  return `${day} ${[at.getHours(), at.getMinutes(), at.getSeconds()].map(two).join(':')}`;
}

const pretty = (object) => JSON.stringify(object, null, 2);

test('the text file has counts, a summary, and the requests, newest first', async (t) => {
  const { older, newer } = await writeTwoRequests();
  const { result, text, folder } = await pull(createProject(t));

  const [summary, ...requests] = text.split(/^(?=--- )/m);
  const [first, empty, ...facts] = summary.trimEnd().split('\n');
  assert.equal(first, 'requests: ✔ success:2, ✘ fail:0');
  assert.equal(empty, '');
  assert.deepEqual(facts.slice(0, -1), [
    'cold starts  1, up to 138.1ms',
    'duration     p50 8.83ms, p95 20.5ms, max 20.5ms',
    'memory peak  70MB of 256MB',
  ]);
  assert.match(facts.at(-1), /^time range {3}[-\d]+ [:\d]+ to [-\d]+ [:\d]+/);
  assert.deepEqual(requests, [
    `--- ✔ ${localTime(newer)} 8.83ms 65MB [00000002] PourIntent ---\n` +
      `REQUEST: ${pretty(intent('PourIntent'))}\nRESPONSE: ${pretty(ANSWER)}\n\n`,
    `--- ✔ ${localTime(older)} 20.5ms 70MB [00000001] LaunchRequest, cold start 138.1ms ---\n` +
      'INIT_START Runtime Version: nodejs:22.v51\tRuntime Version ARN: arn\n' +
      `REQUEST: ${pretty(launch)}\nRESPONSE: ${pretty(ANSWER)}\n\n`,
  ]);
  assert.deepEqual(result, {
    files: [
      path.join(
        folder,
        fs.readdirSync(folder).find((name) => name !== 'latest.log'),
      ),
    ],
    answered: 2,
    failed: 0,
  });
});

test('the files of a pull are named', async (t) => {
  const { logger, result } = await pull(createProject(t));
  assert.equal(result.files.length, 1);
  assert.ok(logger.lines('log').some((line) => line.includes(result.files[0])));
});

test('without a log group, the pull names it and writes an empty report', async (t) => {
  const { result, text, logger } = await pull(createProject(t));
  assert.match(text, /^requests: ✔ success:0, ✘ fail:0\n/);
  assert.deepEqual([result.answered, result.failed, result.files.length], [0, 0, 1]);
  assert.ok(logger.lines('log').some((line) => line.includes(NAMES.logGroup)));
});

test('a log group without streams gives an empty report', async (t) => {
  await aws.client.logs('CreateLogGroup', { logGroupName: NAMES.logGroup });
  const { text } = await pull(createProject(t));
  assert.match(text, /^requests: ✔ success:0, ✘ fail:0\n/);
});

test('file names are the local date and time, and valid on Windows', async (t) => {
  const { result } = await pull(createProject(t), {
    logsConfiguration: { formats: ['text', 'jsonl', 'html'] },
  });
  const names = result.files.map((file) => path.basename(file));
  assert.deepEqual(
    names.map((name) => path.extname(name)),
    ['.log', '.jsonl', '.html'],
  );
  const baseName = /^\d{4}-\d{2}-\d{2} \d{2}\.\d{2}\.\d{2}$/;
  for (const name of names) {
    assert.match(path.parse(name).name, baseName);
    assert.doesNotMatch(name, /[<>:"/\\|?*\u0000-\u001f]|[. ]$/);
  }
  assert.equal(new Set(names.map((name) => path.parse(name).name)).size, 1);
});

test('times are those of the local time zone', async (t) => {
  const at = Date.UTC(2024, 0, 5, 20, 30, 0);
  await writeStream(aws.client, STREAM, invocation(requestId(1), at));
  const project = createProject(t);
  const child = `
    const { pull } = require('../support/lambda/log-streams');
    pull({ root: process.argv[1] }, { logsConfiguration: { since: '2024-01-05T00:00:00' } })
      .then(({ text }) => process.stdout.write(text));`;
  // In a child process, since a process cannot change its time zone on every system.
  const text = await new Promise((resolve, reject) => {
    const env = { ...process.env, TZ: 'Asia/Kathmandu' };
    const done = (error, stdout) => (error ? reject(error) : resolve(stdout));
    execFile(process.execPath, ['-e', child, project.root], { cwd: __dirname, env }, done);
  });
  assert.match(titleLines(text)[0], /^--- ✔ 2024-01-06 02:15:00 /);
  assert.match(text, /^time range {3}2024-01-05 00:00:00 to .*\(Asia\/Kathmandu\)$/m);
});

test('a pull does not overwrite the files of an earlier one in the same second', async (t) => {
  const project = createProject(t);
  const files = [];
  for (let number = 0; number < 8; number++) files.push(...(await pull(project)).result.files);
  assert.equal(new Set(files).size, 8);
  assert.ok(files.every((file) => fs.existsSync(file)));
});

test('concurrent pulls do not overwrite the files of each other', async (t) => {
  await writeTwoRequests();
  const project = createProject(t);
  const logsConfiguration = { formats: ['text', 'jsonl'] };
  const count = 16;
  // All pulls wait for each other, so that they write at the same time.
  aws.answer('DescribeLogStreams', holdUntil(count));
  const pulls = Array.from({ length: count }, () => pull(project, { logsConfiguration }));
  const files = (await Promise.all(pulls)).flatMap(({ result }) => result.files);
  assert.equal(new Set(files).size, 2 * count);
  assert.ok(files.every((file) => fs.statSync(file).size > 0));
});

test('the directory contains the returned files, and the latest of each format', async (t) => {
  await writeTwoRequests();
  const project = createProject(t);
  const { result, folder } = await pull(project, {
    logsConfiguration: { formats: ['text', 'jsonl', 'html'] },
  });
  assert.deepEqual(
    fs.readdirSync(folder).sort(),
    [
      ...result.files.map((file) => path.basename(file)),
      ...['log', 'jsonl', 'html'].map((extension) => `latest.${extension}`),
    ].sort(),
  );
});

test('file names sort by time, and `latest` is the newest of its format', async (t) => {
  const project = createProject(t);
  const formats = (...names) => ({ logsConfiguration: { formats: names } });
  const pulls = [];
  for (let number = 0; number < 12; number++) pulls.push(await pull(project, formats('text')));
  const { folder, result } = await pull(project, formats('text', 'html'));
  const { result: last } = await pull(project, formats('text'));
  const files = [...pulls.map((one) => one.result.files[0]), result.files[0], last.files[0]];
  assert.deepEqual(files, [...files].sort());
  const read = (name) => fs.readFileSync(path.join(folder, name), 'utf8');
  assert.equal(read('latest.log'), fs.readFileSync(last.files[0], 'utf8'));
  assert.equal(read('latest.html'), fs.readFileSync(result.files[1], 'utf8'));
  assert.ok(fs.lstatSync(path.join(folder, 'latest.log')).isFile(), 'not a symbolic link');
});

test('`latest` is replaced, not written into: an open or linked older file keeps its content', async (t) => {
  const project = createProject(t);
  const { folder, result } = await pull(project);
  const before = fs.readFileSync(result.files[0], 'utf8');
  const open = fs.openSync(path.join(folder, 'latest.log'), 'r');
  try {
    await writeTwoRequests();
    const { text } = await pull(project);
    assert.notEqual(text, before);
    assert.equal(fs.readFileSync(open, 'utf8'), before);
  } finally {
    // Before the project is removed: Windows does not remove open files.
    fs.closeSync(open);
  }
  assert.equal(fs.readFileSync(result.files[0], 'utf8'), before);
});

/** Writes the log events of an answered request, of two that failed, and lines outside of requests. */
async function writeFailures() {
  const error = { errorType: 'TypeError', errorMessage: 'no score', stack: [] };
  const events = [
    ...invocation(requestId(1), minutesAgo(30)),
    ...invocation(requestId(2), minutesAgo(20), { error, response: null }),
    ...invocation(requestId(3), minutesAgo(10), { status: 'timeout', response: null }),
  ];
  await writeStream(aws.client, STREAM, events);
  await writeStream(aws.client, '2026/11/22/[$LATEST]0b', [
    { timestamp: minutesAgo(5), message: 'outside of requests' },
  ]);
}

for (const [what, variables, logsConfiguration] of [
  ['LITEXA_LOGS_STATUS', { LITEXA_LOGS_STATUS: 'failed' }, {}],
  ['logsConfiguration.status', {}, { status: 'failed' }],
  ['the variable before the option', { LITEXA_LOGS_STATUS: 'failed' }, { status: 'all' }],
]) {
  test(`only failed requests are written, and all are counted: ${what}`, async (t) => {
    await writeFailures();
    setVariables(t, variables);
    const { result, text, logger } = await pull(createProject(t), {
      logsConfiguration: { formats: ['text', 'jsonl', 'html'], ...logsConfiguration },
    });
    assert.deepEqual([result.answered, result.failed], [1, 2]);
    const [, jsonl, html] = result.files.map((file) => fs.readFileSync(file, 'utf8'));
    const failed = [requestId(3), requestId(2)];
    assert.deepEqual(idsIn(text), failed.map(shortId).sort());
    assert.deepEqual(
      jsonl
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line).requestId),
      failed,
    );
    assert.ok(html.includes(failed[0]) && !html.includes(requestId(1)));
    assert.match(text, /^requests: ✔ success:1, ✘ fail:2\n\nshown {8}2 failed of 3 requests\n/);
    assert.ok(!text.includes('outside of requests'));
    assert.ok(logger.lines('log').some((line) => /1 answered, 2 failed, of which/.test(line)));
  });
}

test('without any request, the range and a longer one are logged', async (t) => {
  await writeStream(aws.client, STREAM, invocation(requestId(1), minutesAgo(200)));
  const project = createProject(t);
  for (const [since, longer] of [
    ['90m', /LITEXA_LOGS_SINCE=3h$/],
    ['3h', /LITEXA_LOGS_SINCE=1d$/],
  ]) {
    const { text, logger } = await pull(project, { logsConfiguration: { since } });
    const [, from, to] = /^time range {3}([-\d]+ [:\d]+) to ([-\d]+ [:\d]+)/m.exec(text);
    const [line] = logger.lines('log').filter((one) => one.startsWith('no requests found from'));
    assert.ok(line.includes(`from ${from} to ${to}`), line);
    assert.match(line, longer);
  }
  const { logger } = await pull(project, { logsConfiguration: { since: '1d' } });
  assert.ok(!logger.lines('log').some((line) => /no requests/.test(line)));
});

test('a pull that fails does not write files', async (t) => {
  await writeTwoRequests();
  aws.answer('GetLogEvents', jsonError(400, 'AccessDeniedException', 'not authorized'));
  const project = createProject(t);
  await assert.rejects(pull(project), { code: 'ACCESS_DENIED' });
  const folder = path.join(project.root, '.logs');
  assert.deepEqual(fs.readdirSync(folder, { recursive: true }), []);
});

test('JSON Lines and the HTML report have the requests of the text file', async (t) => {
  const { newer } = await writeTwoRequests();
  const { result, text } = await pull(createProject(t), {
    logsConfiguration: { formats: ['text', 'jsonl', 'html'] },
  });
  const [, jsonl, html] = result.files.map((file) => fs.readFileSync(file, 'utf8'));
  const requests = jsonl
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  assert.deepEqual(idsIn(text), requests.map(({ requestId: id }) => shortId(id)).sort());
  const { lines, ...request } = requests[0];
  assert.deepEqual(request, {
    requestId: requestId(2),
    logStream: STREAM,
    startTimeMs: newer,
    outcome: 'answered',
    durationMs: 8.83,
    billedDurationMs: 9,
    memorySizeMB: 256,
    maxMemoryUsedMB: 65,
    coldStart: false,
    requestType: 'IntentRequest',
    intent: 'PourIntent',
  });
  assert.deepEqual(
    lines.map(({ kind }) => kind),
    ['platform', 'request', 'response', 'platform', 'platform'],
  );
  assert.match(html, /^<!doctype html>/i);
  assert.doesNotMatch(html, /<(?:script|link|img|iframe)[^>]+(?:src|href)=/i);
  for (const { requestId: id } of requests) assert.ok(html.includes(id));
});

test('the time range is 60 minutes, other minutes, or since a time', async (t) => {
  const ages = [5, 30, 90, 60 * 30];
  for (const age of ages) {
    await writeStream(
      aws.client,
      `2026/11/22/[1]${age}`,
      invocation(requestId(age), minutesAgo(age)),
    );
  }
  const project = createProject(t);
  const found = async (logsConfiguration) =>
    (await pull(project, { logsConfiguration })).result.answered;

  assert.equal(await found(undefined), 2);
  assert.equal(await found({ minutes: 10 }), 1);
  assert.equal(await found({ minutes: 100 }), 3);
  assert.equal(await found({ minutes: 60 * 24 * 7 }), 4);
  assert.equal(await found({ since: new Date(minutesAgo(95)).toISOString() }), 3);
  assert.equal(await found({ since: '2020-01-01' }), 4);
  assert.equal(await found({ since: '95m' }), 3);
  assert.equal(await found({ since: '1d6h5m' }), 4);
  const local = new Date(minutesAgo(95) + 9 * 3_600_000).toISOString().slice(0, -1);
  assert.equal(await found({ since: `${local}[Asia/Tokyo]` }), 3);

  const [first] = aws.sent('FilterLogEvents');
  // The range includes the last millisecond.
  assert.equal(first.endTime + 1 - first.startTime, 60 * MINUTE);
  assert.ok(Math.abs(Date.now() - first.endTime) < 10 * MINUTE);
});

test('LITEXA_LOGS_MINUTES, _SINCE and _FORMATS override the options of the target', async (t) => {
  await writeStream(aws.client, STREAM, invocation(requestId(1), minutesAgo(90)));
  const project = createProject(t);
  const options = { logsConfiguration: { minutes: 5, formats: ['text'] } };

  setVariables(t, { LITEXA_LOGS_MINUTES: '120', LITEXA_LOGS_FORMATS: 'jsonl, text' });
  const { result } = await pull(project, options);
  assert.equal(result.answered, 1);
  assert.deepEqual(
    result.files.map((file) => path.extname(file)),
    ['.jsonl', '.log'],
  );

  setVariables(t, { LITEXA_LOGS_MINUTES: '', LITEXA_LOGS_SINCE: '2020-02-02T02:02:02+02:00' });
  assert.equal((await pull(project, options)).result.answered, 1);
});

for (const [what, variables] of [
  ['not a number', { LITEXA_LOGS_MINUTES: 'ten' }],
  ['zero minutes', { LITEXA_LOGS_MINUTES: '0' }],
  ['not a time', { LITEXA_LOGS_SINCE: 'yesterday' }],
  ['a future time', { LITEXA_LOGS_SINCE: '2999-01-01T00:00:00Z' }],
  ['an unknown format', { LITEXA_LOGS_FORMATS: 'text,pdf' }],
  ['an unknown time zone', { LITEXA_LOGS_SINCE: '2026-01-01T00:00[Europe/Berln]' }],
  ['an unknown unit', { LITEXA_LOGS_SINCE: '3y' }],
  ['an unknown status', { LITEXA_LOGS_STATUS: 'error' }],
  ['two ranges', { LITEXA_LOGS_MINUTES: '5', LITEXA_LOGS_SINCE: '2026-01-01' }],
]) {
  test(`environment variables are checked before any request: ${what}`, async (t) => {
    setVariables(t, variables);
    const [name] = Object.keys(variables);
    await assert.rejects(pull(createProject(t)), (error) => {
      assert.equal(error.code, 'INVALID_OPTION');
      assert.match(error.message, new RegExp(name));
      assert.doesNotMatch(error.message, /Litexa config/);
      return true;
    });
    assert.equal(aws.requests().length, 0);
  });
}

for (const [name, value, values] of [
  ['LITEXA_LOGS_FORMATS', 'text,json', '`text`, `jsonl`, `html`'],
  ['LITEXA_LOGS_STATUS', 'json', '`all`, `failed`'],
  ['LITEXA_LOGS_SOURCE', 'json', '`events`, `insights`'],
]) {
  test(`the error for another value of ${name} is about the variable`, async (t) => {
    setVariables(t, { [name]: value });
    await assert.rejects(pull(createProject(t)), {
      message: new RegExp(
        `^the environment variable ${name} must be one of ${values}, but is 'json'\\. Correct it, or unset it`,
      ),
    });
  });
}

test('a misspelt variable is an error, and another unknown one is a warning', async (t) => {
  setVariables(t, { LITEXA_LOGS_COLOR: '1', LITEXA_LOGS_STATE: '' });
  const { logger } = await pull(createProject(t));
  assert.deepEqual(
    logger.lines('warning').filter((line) => line.includes('LITEXA')),
    ['the environment variable LITEXA_LOGS_COLOR is not known, and has no effect'],
  );
  setVariables(t, { LITEXA_LOGS_FORMAT: 'text' });
  await assert.rejects(pull(createProject(t)), { message: /Did you mean LITEXA_LOGS_FORMATS\?$/ });
});

test('minutes with a unit: the error names the variable that takes it', async (t) => {
  setVariables(t, { LITEXA_LOGS_MINUTES: '15m' });
  await assert.rejects(pull(createProject(t)), {
    code: 'INVALID_OPTION',
    message: /LITEXA_LOGS_MINUTES .* is '15m'\. Use LITEXA_LOGS_SINCE=15m\./,
  });
});

for (const [key, logsConfiguration] of [
  ['minutes', { minutes: 0 }],
  ['minutes', { minutes: '60' }],
  ['since', { since: 'yesterday' }],
  ['since', { since: '2026-01-01', minutes: 5 }],
  ['since', { since: '2026-01-01T00:00+05:00[Europe/Berlin]' }],
  ['status', { status: 'fail' }],
  ['formats', { formats: ['text', 'xml'] }],
  ['formats', { formats: 'html' }],
  ['formats', { formats: [] }],
  ['showTokens', { showTokens: 'yes' }],
  ['logGroup', { logGroup: '' }],
  ['minuets', { minuets: 5 }],
]) {
  test(`logsConfiguration is checked before any request: ${JSON.stringify(logsConfiguration)}`, async (t) => {
    await assert.rejects(pull(createProject(t), { logsConfiguration }), (error) => {
      assert.equal(error.code, 'INVALID_OPTION');
      assert.match(error.message, new RegExp(`logsConfiguration\\.${key}`));
      return true;
    });
    assert.equal(aws.requests().length, 0);
  });
}

test('a repeated format is written once', async (t) => {
  const logsConfiguration = { formats: ['text', 'text'] };
  const { result } = await pull(createProject(t), { logsConfiguration });
  assert.equal(result.files.length, 1);
});

test('the log group is that of logsConfiguration, of lambdaConfiguration, or the default one', async (t) => {
  const groups = { chosen: 1, 'teas/all': 2, [NAMES.logGroup]: 3 };
  for (const [group, requests] of Object.entries(groups)) {
    const events = Array.from({ length: requests }, (_, n) =>
      invocation(requestId(n), minutesAgo(5) + n * 1000),
    );
    await writeStream(aws.client, STREAM, events.flat(), group);
  }
  const project = createProject(t);
  const lambdaConfiguration = { LoggingConfig: { LogGroup: 'teas/all' } };
  const logsConfiguration = { logGroup: 'chosen' };
  const found = async (options) => (await pull(project, options)).result.answered;

  assert.equal(await found({}), 3);
  assert.equal(await found({ lambdaConfiguration }), 2);
  assert.equal(await found({ lambdaConfiguration, logsConfiguration }), 1);
});

test("only the function's own streams of a shared log group are read", async (t) => {
  const group = 'teas/all';
  // In a shared log group, Lambda adds the function's name to the names of streams.
  const streamOf = (name, version) => `2026/11/22/${name}[${version}]0a`;
  const write = (name, version, number) =>
    writeStream(
      aws.client,
      streamOf(name, version),
      invocation(requestId(number), minutesAgo(number)),
      group,
    );
  await write(NAMES.function, '$LATEST', 1);
  await write(NAMES.function, '7', 2);
  await write('dogs_beta_litexa_handler', '$LATEST', 3);
  await write(`big${NAMES.function}`, '$LATEST', 4);
  const { text } = await pull(createProject(t), { logsConfiguration: { logGroup: group } });
  assert.deepEqual(
    idsIn(text),
    [1, 2].map((number) => shortId(requestId(number))),
  );
});

test('the region is that of the deployed function', async (t) => {
  await writeStream(aws.inRegion('eu-west-1'), STREAM, invocation(requestId(1), minutesAgo(5)));
  const project = createProject(t);
  assert.equal((await pull(project)).result.answered, 0);

  aws.clearRequests();
  project.saveArtifact(
    'lambdaARN',
    `${NAMES.functionArn.replace('us-east-1', 'eu-west-1')}:release-0`,
  );
  assert.equal((await pull(project)).result.answered, 1);
  const scopes = aws.requests().map(({ headers }) => headers.authorization);
  assert.notEqual(scopes.length, 0);
  assert.ok(scopes.every((scope) => /\/eu-west-1\/logs\/aws4_request/.test(scope)));

  const { logger } = await pull(project, { awsRegion: 'us-east-1' });
  assert.match(
    logger.lines('warning').join(),
    /^this target is deployed in eu-west-1, .* looks in us-east-1\..* correct awsRegion$/,
  );

  // A damaged artifacts.json does not make a pull fail.
  project.write('artifacts.json', '{');
  assert.equal((await pull(project, { awsRegion: 'eu-west-1' })).result.answered, 1);
});

test('long events and special characters are complete', async (t) => {
  const special = '</script><!-- \u2028 é 🍵 "\\" \u0000 end';
  const long = 'x'.repeat(250_000);
  const logged = [special, long].map((text) => ({ level: 'INFO', text }));
  const at = minutesAgo(5);
  await writeStream(aws.client, STREAM, invocation(requestId(1), at, { logged }));
  const { text, result } = await pull(createProject(t), {
    logsConfiguration: { formats: ['text', 'jsonl'] },
  });
  assert.deepEqual(counts(text), { answered: 1, failed: 0 });
  // Invisible characters are shown.
  const shown = special.replace('\u2028', '<U+2028>').replace('\u0000', '\u2400');
  assert.ok(text.includes(`INFO  ${shown}\n`));
  assert.ok(text.includes(`INFO  ${long}\n`));
  const { lines } = JSON.parse(fs.readFileSync(result.files[1], 'utf8'));
  assert.deepEqual(
    lines.slice(2, 4).map((line) => line.text),
    [shown, long],
  );
});
