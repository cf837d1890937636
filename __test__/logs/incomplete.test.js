'use strict';

// A log pull that cannot read everything writes what it has read, marked as not complete, and fails; and
// one that does not need more does not ask for it.

const assert = require('node:assert/strict');
const { spawn } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const { test } = require('node:test');
const litexa = require('../..');
const { invocation, requestId } = require('../support/lambda/log-events');
const streams = require('../support/lambda/log-streams');
const { jsonError } = require('../support/aws/errors');
const { useAws } = require('../support/aws/use-aws');
const { INTERRUPTIBLE, interrupt } = require('../support/interrupt');
const { logsContext } = require('../support/litexa/context');
const { createProject, NAMES } = require('../support/litexa/project');

const { idsIn, minutesAgo, pull, scriptStreams, shortId, writeStream } = streams;

const aws = useAws();
const FORMATS = { formats: ['text', 'jsonl', 'html'] };
const GROUP_ARN = `arn:aws:logs:us-east-1:123456789012:log-group:${NAMES.logGroup}`;

const streamName = (number) => `2026/11/22/[$LATEST]${String(number).padStart(32, '0')}`;

/** A stream whose second request is cut by the end of its first page. */
function twoPages() {
  const [first, second, third] = [1, 2, 3].map((n) => invocation(requestId(n), minutesAgo(30 - n)));
  const pages = [
    [...first, ...second.slice(0, 2)],
    [...second.slice(2), ...third],
  ];
  return [{ name: streamName(1), pages }];
}

const isFirstPage = ({ body }) => !JSON.parse(body).nextToken;

/** Checks the files of a pull that has read the first page only. */
function checkFiles(project, reason) {
  const folder = path.join(project.root, '.logs', 'beta');
  const names = fs.readdirSync(folder);
  assert.equal(names.length, 6, names.join());
  assert.ok(!names.some((name) => name.endsWith('.tmp')));
  const read = (extension) => fs.readFileSync(path.join(folder, `latest.${extension}`), 'utf8');
  const text = read('log');
  assert.match(text, /^requests: ✔ success:1, ✘ fail:0\n\nnot complete /);
  assert.match(text, reason);
  assert.match(text, /^incomplete {3}1 /m);
  assert.deepEqual(
    idsIn(text),
    [1, 2].map((n) => shortId(requestId(n))),
  );
  const [mark, ...requests] = read('jsonl')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  assert.equal(mark.incomplete, true);
  assert.match(`not complete ${mark.reason}`, reason);
  assert.deepEqual(
    requests.map(({ outcome }) => outcome),
    ['truncated', 'answered'],
  );
  assert.match(read('html'), /"incomplete":"[^"]+"/);
}

for (const [what, refusal, code, reason] of [
  [
    'credentials that expire',
    jsonError(
      400,
      'ExpiredTokenException',
      'The security token included in the request is expired',
    ),
    'MISSING_CREDENTIALS',
    /not complete AWS no longer accepted the credentials/,
  ],
  [
    'an AWS that keeps failing',
    // With this status, the SDK does not repeat the call for many seconds first.
    jsonError(400, 'ServiceUnavailable', 'The service cannot complete the request.'),
    'AWS_UNAVAILABLE',
    /not complete AWS could not be reached anymore/,
  ],
  [
    'a right that is withdrawn',
    jsonError(400, 'AccessDeniedException', 'not authorized'),
    'ACCESS_DENIED',
    /not complete AWS denied access/,
  ],
]) {
  test(`${what}: the requests that were read are written, marked as not complete`, async (t) => {
    aws.answer('GetLogEvents', (request) => (isFirstPage(request) ? undefined : refusal));
    scriptStreams(aws, twoPages());
    const project = createProject(t);
    const done = pull(project, { logsConfiguration: FORMATS });
    await assert.rejects(done, (error) => {
      assert.equal(error.code, code);
      assert.match(error.message, /^the logs are not complete: reading the log stream /);
      return true;
    });
    checkFiles(project, reason);
  });
}

test('credentials that expire before anything is read: no file is written', async (t) => {
  const expired = jsonError(400, 'ExpiredTokenException', 'The security token is expired');
  aws.answer('GetLogEvents', expired);
  scriptStreams(aws, twoPages());
  const project = createProject(t);
  await assert.rejects(pull(project), { code: 'MISSING_CREDENTIALS' });
  assert.deepEqual(fs.readdirSync(path.join(project.root, '.logs'), { recursive: true }), []);
});

test('credentials that expire while streams are read together: those that were read are written', async (t) => {
  const expired = jsonError(400, 'ExpiredTokenException', 'The security token is expired');
  aws.answer('FilterLogEvents', (request) => (isFirstPage(request) ? undefined : expired));
  const three = [1, 2, 3].map((number) => ({
    name: streamName(number),
    pages: [invocation(requestId(number), minutesAgo(30 - number))],
  }));
  scriptStreams(aws, three, { filtered: three[0].pages[0].length });
  const project = createProject(t);
  await assert.rejects(pull(project), { code: 'MISSING_CREDENTIALS' });
  const text = fs.readFileSync(path.join(project.root, '.logs', 'beta', 'latest.log'), 'utf8');
  assert.match(text, /\nnot complete /);
  assert.deepEqual(idsIn(text), [shortId(requestId(1))]);
  assert.equal(aws.count('GetLogEvents'), 0, 'no stream is read with expired credentials');
});

/** Answers the second page of a stream only after the pull has ended, and calls `arrived` before. */
function holdSecondPage(t, arrived) {
  let release;
  const ended = new Promise((resolve) => (release = resolve));
  t.after(release);
  aws.answer('GetLogEvents', async (request) => {
    if (isFirstPage(request)) return undefined;
    await arrived();
    await ended;
    return { destroy: true };
  });
  return release;
}

test('an abort signal: the requests that were read are written, marked as not complete', async (t) => {
  const abort = new AbortController();
  const release = holdSecondPage(t, () => abort.abort());
  scriptStreams(aws, twoPages());
  const project = createProject(t);
  const options = { logsConfiguration: FORMATS };
  const context = logsContext({ projectRoot: project.root, target: 'beta', options });
  const done = litexa.logs(Object.assign(context, { signal: abort.signal }), context.logger);
  await assert.rejects(done, { code: 'INTERRUPTED' });
  release();
  checkFiles(project, /not complete reading was interrupted/);
});

test('Ctrl-C: the requests that were read are written, and the process ends with 130', async (t) => {
  const script = `
    const litexa = require('../..');
    const { logsContext } = require('../support/litexa/context');
    const options = { logsConfiguration: ${JSON.stringify(FORMATS)} };
    const context = logsContext({ projectRoot: process.argv[1], target: 'beta', options });
    litexa.logs.pull(context, context.logger).catch((error) => console.log(error.code));
    const timer = setInterval(() => {
      if (process.listenerCount('SIGINT') === 0) return;
      clearInterval(timer);
      console.log('interruptible');
    }, 5);`;
  let child;
  let output = '';
  const isReady = () => output.includes('interruptible');
  const pressCtrlC = async () => {
    while (!isReady()) await new Promise((resolve) => setTimeout(resolve, 5));
    interrupt(child);
  };
  const release = holdSecondPage(t, pressCtrlC);
  scriptStreams(aws, twoPages());
  const project = createProject(t);
  const args = [...INTERRUPTIBLE.flags, '-e', script, project.root];
  const stdio = ['ignore', 'pipe', 'inherit', ...INTERRUPTIBLE.stdio];
  child = spawn(process.execPath, args, { cwd: __dirname, stdio });
  child.stdout.on('data', (data) => (output += data));
  const code = await new Promise((resolve) => child.on('close', resolve));
  release();
  assert.equal(output, 'interruptible\nINTERRUPTED\n');
  assert.equal(code, 130);
  checkFiles(project, /not complete reading was interrupted/);
});

/** Answers a stream with empty pages whose tokens never end. */
function answerEndlessly(name) {
  let tokens = 0;
  aws.answer('GetLogEvents', ({ body }) => {
    if (JSON.parse(body).logStreamName !== name) return undefined;
    const headers = { 'content-type': 'application/x-amz-json-1.1' };
    const nextForwardToken = `f/endless-${++tokens}`;
    return { status: 200, headers, body: JSON.stringify({ events: [], nextForwardToken }) };
  });
}

test('a stream beyond its retention, with ever new tokens, ends with a warning', async (t) => {
  answerEndlessly(streamName(1));
  scriptStreams(aws, [{ name: streamName(1), pages: [] }]);
  const { result, logger } = await pull(createProject(t));
  assert.equal(aws.count('GetLogEvents'), 100);
  assert.equal(result.failed, 0);
  const warnings = logger.lines('warning');
  assert.equal(warnings.length, 1);
  assert.match(warnings[0], /left 1 log stream after 100 empty pages.*retention/);
});

test('a stream with ever new tokens does not hide the requests of others', async (t) => {
  answerEndlessly(streamName(1));
  aws.answer('FilterLogEvents', jsonError(400, 'AccessDeniedException', 'not authorized'));
  const pages = [invocation(requestId(7), minutesAgo(5))];
  scriptStreams(aws, [
    { name: streamName(1), pages: [] },
    { name: streamName(2), pages },
  ]);
  assert.equal((await pull(createProject(t))).result.answered, 1);
});

test('a sparse stream arrives: many empty pages between its events', async (t) => {
  const empty = Array.from({ length: 60 }, () => []);
  const [first, second] = [1, 2].map((n) => invocation(requestId(n), minutesAgo(30 - n)));
  scriptStreams(aws, [
    { name: streamName(1), pages: [...empty, first, ...empty, second, ...empty] },
  ]);
  const { result, logger } = await pull(createProject(t));
  assert.equal(result.answered, 2);
  assert.deepEqual(logger.lines('warning'), []);
});

// https://github.com/aws/karpenter-provider-aws/pull/9567 and
// https://github.com/turbot/steampipe-plugin-aws/issues/2758
for (const [code, message] of [
  [
    'InvalidOperationException',
    `The log group ${NAMES.logGroup} is of log-group-class INFREQUENT_ACCESS. FilterLogEvents is not supported for this log class.`,
  ],
  ['ValidationException', 'This operation is only supported on the Standard log class.'],
]) {
  for (const count of [1, 3]) {
    test(`the Infrequent Access class is an error that names Logs Insights: ${code}, ${count} streams`, async (t) => {
      const refusal = jsonError(400, code, message);
      aws.answer('FilterLogEvents', refusal);
      aws.answer('GetLogEvents', refusal);
      const names = Array.from({ length: count }, (_, number) => ({ name: streamName(number) }));
      scriptStreams(aws, names);
      await assert.rejects(pull(createProject(t)), (error) => {
        assert.equal(error.code, 'AWS_REQUEST_REJECTED');
        assert.match(error.message, /Infrequent Access class.*Logs Insights/);
        return true;
      });
    });
  }
}

test('a key of KMS that CloudWatch Logs may not use is an error that names its policy', async (t) => {
  // https://github.com/ministryofjustice/modernisation-platform/issues/7870
  const message = `The specified KMS key does not exist or is not allowed to be used with Arn '${GROUP_ARN}'`;
  aws.answer('GetLogEvents', jsonError(400, 'AccessDeniedException', message));
  scriptStreams(aws, [{ name: streamName(1) }]);
  await assert.rejects(pull(createProject(t)), {
    code: 'ACCESS_DENIED',
    message: /policy of the KMS key allow kms:Decrypt to logs\.us-east-1\.amazonaws\.com/,
  });
});

test('a log group is also given as an ARN', async (t) => {
  await writeStream(aws.client, streamName(1), invocation(requestId(1), minutesAgo(5)));
  for (const logGroup of [GROUP_ARN, `${GROUP_ARN}:*`]) {
    const { result } = await pull(createProject(t), { logsConfiguration: { logGroup } });
    assert.equal(result.answered, 1);
  }
  assert.ok(aws.sent('GetLogEvents').every((sent) => sent.logGroupName === NAMES.logGroup));
});

for (const [what, logGroup, message] of [
  ['of another region', GROUP_ARN.replace('us-east-1', 'eu-west-1'), /Set awsRegion to eu-west-1/],
  ['of another service', 'arn:aws:lambda:us-east-1:123456789012:function:cats', /name or ARN/],
  ['with a space', 'my logs', /1 to 512 letters, digits/],
  ['that is too long', 'x'.repeat(513), /1 to 512 letters, digits/],
]) {
  test(`a log group ${what} is refused before any request`, async (t) => {
    const done = pull(createProject(t), { logsConfiguration: { logGroup } });
    await assert.rejects(done, { code: 'INVALID_OPTION', message });
    assert.equal(aws.requests().length, 0);
  });
}

for (const [what, options] of [
  ['a typo in s3Configuration', { s3Configuration: { bucketNme: 'x' } }],
  ['a wrong type in dynamoDbConfiguration', { dynamoDbConfiguration: { readCapacityUnits: 'x' } }],
  ['a section that is not an object', { iamConfiguration: 7, packageConfiguration: [] }],
  ['an invalid function parameter', { lambdaConfiguration: { Timeout: 0, Tiemout: 3 } }],
  ['what is not data', { lambdaConfiguration: { Environment: { Variables: { A: () => 1 } } } }],
  [
    'a cycle in tags',
    {
      tags: Object.assign(
        {},
        {
          get self() {
            return this;
          },
        },
      ),
    },
  ],
]) {
  test(`logs are pulled although the config has ${what}`, async (t) => {
    await writeStream(aws.client, streamName(1), invocation(requestId(1), minutesAgo(5)));
    assert.equal((await pull(createProject(t), options)).result.answered, 1);
  });
}

for (const [key, options] of [
  ['lambdaConfiguration.LoggingConfig.LogGruop', { LoggingConfig: { LogGruop: 'x' } }],
  ['lambdaConfiguration.LoggingConfig.LogGroup', { LoggingConfig: { LogGroup: 7 } }],
]) {
  test(`an option that logs need is checked: ${key}`, async (t) => {
    const done = pull(createProject(t), { lambdaConfiguration: options });
    await assert.rejects(done, { code: 'INVALID_OPTION', message: new RegExp(`^${key}`) });
  });
}
