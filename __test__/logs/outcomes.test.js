'use strict';

// The outcomes of requests, from both of Lambda's log formats, and the redaction of tokens.

const assert = require('node:assert/strict');
const fs = require('node:fs');
const { test } = require('node:test');
const { invocation, requestId, intent, ANSWER } = require('../support/lambda/log-events');
const streams = require('../support/lambda/log-streams');
const { useAws } = require('../support/aws/use-aws');
const { createProject } = require('../support/litexa/project');

const { counts, titleLines, minutesAgo, pull, writeStream } = streams;

const aws = useAws();

const ID = requestId(7);
const STREAMS = ['2026/11/22/[$LATEST]0a', '2026/11/22/[$LATEST]0b'];
const THROWN = {
  errorType: 'TypeError',
  errorMessage: "Cannot read properties of undefined (reading 'leaves')",
  stack: [
    "TypeError: Cannot read properties of undefined (reading 'leaves')",
    '    at Object.enter (/var/task/index.js:812:14)',
  ],
};
const TIMED_OUT = `2026-11-22T07:45:14.640Z ${ID} Task timed out after 10.00 seconds\n\n`;

/** Writes the log events of one invocation to the emulator and pulls them. */
async function pullInvocation(t, what, options) {
  const at = minutesAgo(30);
  await writeStream(aws.client, '2026/11/22/[$LATEST]0a', invocation(ID, at, what));
  return pull(createProject(t), options);
}

for (const format of ['text', 'json']) {
  const failing = { format, request: intent('PourIntent'), response: null, status: 'error' };
  const outOfMemory = { ...failing, errorType: 'Runtime.OutOfMemory', memoryMb: 256 };
  const timeout = { ...failing, status: 'timeout', durationMs: 10_000 };

  const failures = {
    'handler error': {
      what: { ...failing, error: THROWN, errorType: 'TypeError' },
      lastLines: `✘ handler error: TypeError: ${THROWN.errorMessage}\n  at Object.enter (/var/task/index.js:812:14)`,
    },
    'timed out': {
      what: { ...timeout, raw: format === 'text' ? [TIMED_OUT] : [] },
      lastLines:
        format === 'text'
          ? '✘ timed out: Task timed out after 10.00 seconds'
          : "✘ timed out: the function's timeout was reached",
    },
    'ran out of memory': {
      what: outOfMemory,
      lastLines: '✘ ran out of memory: Runtime.OutOfMemory: used 256 MB of 256 MB',
    },
    'gave no answer': {
      what: { ...failing, status: undefined },
      lastLines: '✘ gave no answer: the invocation ended without a response and without an error',
    },
  };

  for (const [kind, { what, lastLines }] of Object.entries(failures)) {
    test(`${format} format: a request with the outcome "${kind}"`, async (t) => {
      const { result, text } = await pullInvocation(t, what);
      assert.deepEqual([result.answered, result.failed], [0, 1]);
      assert.deepEqual(counts(text), { answered: 0, failed: 1 });
      assert.match(text, new RegExp(`^failures {5}1 ${kind}$`, 'm'));
      assert.match(titleLines(text)[0], new RegExp(`^--- ✘ .* PourIntent, ${kind} ---$`));
      assert.ok(text.endsWith(`\n${lastLines}\n\n`), text);
    });
  }

  test(`${format} format: an answered request, with the lines of the skill`, async (t) => {
    const logged = [
      { level: 'INFO', text: 'two\nlines' },
      { level: 'WARN', text: '{"leaves":3}' },
      { level: 'ERROR', text: 'the kettle is cold' },
    ];
    const { text } = await pullInvocation(t, { format, request: intent('PourIntent'), logged });
    assert.deepEqual(counts(text), { answered: 1, failed: 0 });
    const shown = text.slice(text.indexOf('\n', text.indexOf('--- ✔')) + 1);
    assert.equal(
      shown,
      `REQUEST: ${JSON.stringify(intent('PourIntent'), null, 2)}\n` +
        'INFO  two\n      lines\n' +
        'WARN  {\n        "leaves": 3\n      }\n' +
        'ERROR the kettle is cold\n' +
        `RESPONSE: ${JSON.stringify(ANSWER, null, 2)}\n\n`,
    );
    assert.doesNotMatch(text, /VERBOSE/);
  });

  test(`${format} format: a request is answered if the handler does not log requests`, async (t) => {
    const { text } = await pullInvocation(t, { format, request: null, response: null });
    assert.deepEqual(counts(text), { answered: 1, failed: 0 });
  });

  test(`${format} format: an ended session is a success`, async (t) => {
    const logged = [{ level: 'INFO', text: 'VERBOSE Terminating input handler early' }];
    const request = { type: 'SessionEndedRequest', reason: 'USER_INITIATED' };
    const { text } = await pullInvocation(t, { format, request, response: null, logged });
    assert.deepEqual(counts(text), { answered: 1, failed: 0 });
    assert.match(titleLines(text)[0], / SessionEndedRequest ---$/);
  });
}

test('what Alexa refused is a failure that refers to its request, and is listed on the console', async (t) => {
  const session = { sessionId: 'amzn1.echo-api.session.1' };
  const error = { type: 'INVALID_RESPONSE', message: 'no speech' };
  const ended = { type: 'SessionEndedRequest', reason: 'ERROR', error };
  const refused = { request: { session, request: intent('PourIntent') }, durationMs: 9400 };
  await writeStream(aws.client, STREAMS[0], invocation(requestId(1), minutesAgo(20), refused));
  const refusal = { request: { session, request: ended }, response: null };
  await writeStream(aws.client, STREAMS[1], invocation(requestId(2), minutesAgo(19), refusal));

  const formats = ['text', 'jsonl'];
  const { result, text, logger } = await pull(createProject(t), { logsConfiguration: { formats } });
  assert.deepEqual([result.answered, result.failed], [1, 1]);
  const cause = '1 × Alexa refused an answer: INVALID_RESPONSE: no speech';
  assert.ok(logger.lines('log').some((line) => line.includes(cause)));
  assert.ok(text.includes(`\n             ${cause}\nlate         1 answered after`), text);
  assert.match(titleLines(text)[1], / 9400ms .* PourIntent, later than Alexa waits ---$/);
  const lines = fs.readFileSync(result.files[1], 'utf8').trimEnd().split('\n');
  const [first, second] = lines.map((line) => JSON.parse(line));
  assert.deepEqual([first.outcome, first.refusedRequestId], ['answerRefused', requestId(1)]);
  assert.deepEqual([second.outcome, second.late], ['answered', true]);
});

test('a logged answer after the timeout is a failure', async (t) => {
  const what = { status: 'timeout', durationMs: 10_000, raw: [TIMED_OUT] };
  assert.deepEqual(counts((await pullInvocation(t, what)).text), { answered: 0, failed: 1 });
});

test("lines of a skill that look like Lambda's are not mistaken for them", async (t) => {
  const other = requestId(8);
  const logged = [
    { level: 'INFO', text: `START RequestId: ${other} Version: $LATEST` },
    { level: 'INFO', text: `REPORT RequestId: ${ID}\tDuration: 1.00 ms\tStatus: timeout` },
  ];
  const raw = [`START RequestId: ${other} Version: $LATEST\n`];
  const { text } = await pullInvocation(t, { logged, raw });
  assert.deepEqual(counts(text), { answered: 1, failed: 0 });
  assert.equal(titleLines(text).filter((line) => /^--- [✔✘]/.test(line)).length, 1);
  for (const { text: line } of logged) assert.ok(text.includes(line), line);
});

const SECRETS = {
  api: 'eyJ0eXAiOiJKV1QifQ.eyJhdWQiOiJzZWNyZXQifQ.c2VjcmV0c2VjcmV0',
  consent: 'Atc|MQEBIconsent-secret',
  linked: 'linked-account-secret',
};
const FULL_REQUEST = {
  session: {
    user: { accessToken: SECRETS.linked, permissions: { consentToken: SECRETS.consent } },
  },
  context: { System: { apiAccessToken: SECRETS.api, user: { userId: 'amzn1.ask.account.A' } } },
  request: intent('PourIntent'),
};
const FORMATS = ['text', 'jsonl', 'html'];

for (const format of ['text', 'json']) {
  const logged = [
    { level: 'INFO', text: JSON.stringify(JSON.stringify(FULL_REQUEST)) },
    { level: 'INFO', text: `{ apiAccessToken: '${SECRETS.api}', locale: 'en-US' }` },
  ];
  const what = { format, request: FULL_REQUEST, logged };

  test(`${format} format: tokens are redacted in every file`, async (t) => {
    const { result } = await pullInvocation(t, what, { logsConfiguration: { formats: FORMATS } });
    for (const file of result.files) {
      const content = fs.readFileSync(file, 'utf8');
      for (const secret of Object.values(SECRETS)) assert.ok(!content.includes(secret), file);
      assert.ok(content.includes('redacted'), file);
      assert.ok(content.includes('amzn1.ask.account.A'), file);
    }
    assert.match(titleLines(fs.readFileSync(result.files[0], 'utf8'))[0], / PourIntent ---$/);
  });

  test(`${format} format: showTokens shows them`, async (t) => {
    const logsConfiguration = { formats: FORMATS, showTokens: true };
    const { result } = await pullInvocation(t, what, { logsConfiguration });
    for (const file of result.files) {
      const content = fs.readFileSync(file, 'utf8');
      for (const secret of Object.values(SECRETS)) assert.ok(content.includes(secret), file);
    }
  });
}
