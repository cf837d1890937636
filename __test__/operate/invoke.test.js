'use strict';

// `invoke`: a request as Alexa sends it, its answer and its log.

const assert = require('node:assert/strict');
const fs = require('node:fs');
const { test } = require('node:test');
const litexa = require('../..');
const { jsonError } = require('../support/aws/errors');
const { useAws } = require('../support/aws/use-aws');
const { deployContext } = require('../support/litexa/context');
const { runExecutable } = require('../support/litexa/executable');
const { createProject, NAMES } = require('../support/litexa/project');

const aws = useAws();

const SKILL_ID = 'amzn1.ask.skill.11111111-2222-3333-4444-555555555555';

/**
 * Answers with the request, its attributes, and speech. A handler with a callback would wait for an empty
 * event loop, which the emulator's is not.
 */
const ECHO = `exports.handler = async (event) => {
  console.log('asked by ' + event.request.type);
  const speech = '<speak>Tom &amp; Ann</speak>';
  return {
    version: '1.0',
    sessionAttributes: { count: (event.session.attributes.count || 0) + 1 },
    response: {
      outputSpeech: { type: 'SSML', ssml: speech },
      directives: [{ type: 'Echo', event }],
      shouldEndSession: event.request.type === 'IntentRequest' && event.request.intent.name === 'Stop',
    },
  };
};
`;

async function deployed(t, handler = ECHO) {
  const project = createProject(t, { files: { 'handler.js': handler } });
  project.saveArtifact('skillId', SKILL_ID);
  await project.deployHandler();
  aws.clearRequests();
  return project;
}

const LAUNCH = { input: { type: 'launch' }, locale: 'en-US' };
const intent = (name, slots = {}) => ({ input: { type: 'intent', name, slots }, locale: 'en-US' });

async function invoke(project, command) {
  const context = deployContext({ projectRoot: project.root, target: 'beta' });
  const { logger } = context;
  const result = await litexa.operate(context, { name: 'invoke', ...command }, logger);
  const [directive] = result.answer?.directives ?? [];
  return { result, event: directive?.event, warnings: logger.lines('warning') };
}

test('a launch is a new session of a user and a device of our own', async (t) => {
  const project = await deployed(t);
  const { result, event } = await invoke(project, { ...LAUNCH, locale: 'de-DE' });
  assert.equal(result.endpoint, `${NAMES.function}:${NAMES.alias}`);
  assert.equal(result.answer.speech, 'Tom & Ann');
  assert.deepEqual([event.session.new, event.request.locale], [true, 'de-DE']);
  assert.equal(event.request.type, 'LaunchRequest');
  assert.equal(event.session.application.applicationId, SKILL_ID);
  assert.match(event.session.user.userId, /^amzn1\.ask\.account\.litexa-deploy-aws-/);
  assert.match(event.context.System.device.deviceId, /^amzn1\.ask\.device\.litexa-deploy-aws-/);
  assert.ok(Math.abs(Date.parse(event.request.timestamp) - Date.now()) < 150_000);

  const [sent] = aws.requests('Invoke');
  assert.match(sent.path, /Qualifier=release-0/);
  assert.equal(sent.headers['x-amz-invocation-type'], 'RequestResponse');
  assert.equal(sent.headers['x-amz-log-type'], 'Tail');
});

test('a call that has not ended leaves its item to the next one', async (t) => {
  const ways = {
    'the request fails, and the deletion': ['Invoke', 'DeleteItem'],
    'the deletion fails': ['DeleteItem'],
  };
  const project = await deployed(t);
  const file = project.path('.deploy', 'beta', 'invoke-session.json');
  for (const [what, operations] of Object.entries(ways)) {
    aws.clearRequests();
    const restore = aws.intercept(({ operation }) =>
      operations.includes(operation) ? jsonError(400, 'ValidationException', 'no') : undefined,
    );
    const invoked = invoke(project, { ...intent('Count'), keep: operations.length > 1 });
    if (operations.includes('Invoke')) await assert.rejects(invoked, /invoking/);
    else {
      const { result, warnings } = await invoked;
      assert.equal(result.answer.speech, 'Tom & Ann', 'the answer is shown all the same');
      assert.equal(result.item, 'failed');
      assert.match(warnings.join(), /deleting the item .* The next invocation deletes it/);
    }
    restore();
    const [{ Key }] = aws.sent('DeleteItem');
    assert.ok(fs.existsSync(file), what);

    aws.clearRequests();
    const next = await invoke(project, { ...intent('Count'), keep: true });
    assert.deepEqual(
      aws.sent('DeleteItem').map((sent) => sent.Key),
      [Key],
      what,
    );
    assert.equal(next.event.session.new, true, what);
    assert.notEqual(next.event.context.System.device.deviceId, Key.userId.S, what);
    await invoke(project, intent('Stop'));
    assert.equal(fs.existsSync(file), false, what);
  }
});

test('without an endpoint, a kept session stays', async (t) => {
  const project = await deployed(t);
  const first = await invoke(project, { ...LAUNCH, keep: true });
  const restore = aws.intercept(({ operation }) =>
    operation === 'GetFunctionConfiguration'
      ? jsonError(403, 'AccessDeniedException', 'no')
      : undefined,
  );
  await assert.rejects(invoke(project, intent('Count')), /looking up the function/);
  restore();
  const next = await invoke(project, intent('Count'));
  assert.equal(next.event.session.sessionId, first.event.session.sessionId);
});

test('a session goes on with --keep, until it ends or is not kept', async (t) => {
  const project = await deployed(t);
  const file = project.path('.deploy', 'beta', 'invoke-session.json');
  const first = await invoke(project, { ...LAUNCH, keep: true });
  const second = await invoke(project, { ...intent('Count', { name: 'Ann' }), keep: true });
  assert.equal(second.event.session.sessionId, first.event.session.sessionId);
  assert.deepEqual(second.event.session.attributes, { count: 1 });
  assert.equal(second.event.session.new, false);
  assert.equal(second.event.request.intent.slots.name.value, 'Ann');
  assert.equal(
    second.event.context.System.device.deviceId,
    first.event.context.System.device.deviceId,
  );
  assert.equal(aws.count('DeleteItem'), 0);

  await invoke(project, { ...intent('Stop'), keep: true });
  assert.equal(fs.existsSync(file), false, 'the skill has ended it');
  const next = await invoke(project, intent('Count'));
  assert.equal(next.event.session.new, true);
  assert.equal(fs.existsSync(file), false, 'it was not kept');
});

test('a kept session keeps its item, and has the attributes of its last answer', async (t) => {
  const project = await deployed(t);
  const item = { userId: { S: '' }, score: { N: '7' } };
  const first = await invoke(project, { ...LAUNCH, keep: true });
  item.userId.S = first.event.context.System.device.deviceId;
  await aws.client.dynamoDb('PutItem', { TableName: NAMES.table, Item: item });
  assert.equal(first.result.item, 'kept');
  for (const count of [1, 2]) {
    const next = await invoke(project, { ...intent('Count'), keep: true });
    assert.deepEqual(next.event.session.attributes, { count });
    assert.deepEqual([next.result.item, next.result.isKept], ['kept', true]);
    assert.deepEqual(await aws.client.scan(NAMES.table), [item]);
  }
  const last = await invoke(project, intent('Count'));
  assert.deepEqual(last.event.session.attributes, { count: 3 });
  assert.deepEqual([last.result.item, last.result.isKept], ['deleted', false]);
  assert.deepEqual(await aws.client.scan(NAMES.table), []);
  const next = await invoke(project, { ...intent('Count'), keep: true });
  assert.deepEqual([next.event.session.new, next.event.session.attributes], [true, {}]);
  // A launch begins a new session, and deletes the item of the one that was kept.
  item.userId.S = next.event.context.System.device.deviceId;
  await aws.client.dynamoDb('PutItem', { TableName: NAMES.table, Item: item });
  await invoke(project, { ...LAUNCH, keep: true });
  assert.deepEqual(await aws.client.scan(NAMES.table), []);
});

test('the item of the device is deleted, and that of a device in an event is not', async (t) => {
  const project = await deployed(t);
  const { event } = await invoke(project, LAUNCH);
  const { deviceId } = event.context.System.device;
  assert.deepEqual(
    aws.sent('DeleteItem').map(({ TableName, Key }) => [TableName, Key]),
    [[NAMES.table, { userId: { S: deviceId } }]],
  );
  aws.clearRequests();
  const device = { deviceId: 'amzn1.ask.device.AHUMAN' };
  const given = { request: { type: 'LaunchRequest' }, context: { System: { device } } };
  const own = await invoke(project, { input: { type: 'event', event: given }, locale: 'en-US' });
  assert.equal(own.event.context.System.device.deviceId, device.deviceId);
  assert.equal(own.result.item, 'kept');
  assert.match(own.warnings.join('\n'), /AHUMAN/);
  assert.equal(aws.count('DeleteItem'), 0);
});

test('of two invocations at once, each deletes its own item, after its answer', async (t) => {
  const project = await deployed(t);
  const both = await Promise.all([invoke(project, LAUNCH), invoke(project, intent('Count'))]);
  const devices = both.map(({ event }) => event.context.System.device.deviceId);
  const deleted = aws.sent('DeleteItem').map(({ Key }) => Key.userId.S);
  assert.deepEqual(deleted.sort(), devices.sort());
  const order = aws.requests().map(({ operation }) => operation);
  const calls = order.filter((operation) => ['Invoke', 'DeleteItem'].includes(operation));
  assert.deepEqual(calls, ['Invoke', 'DeleteItem', 'Invoke', 'DeleteItem']);
});

test('a dry run checks the right only, of an endpoint that exists or not', async (t) => {
  const project = await deployed(t);
  const check = () =>
    litexa.operate(project.context(), { name: 'invoke', ...LAUNCH, dryRun: true });
  let answer = { status: 204, headers: {}, body: '' };
  aws.intercept(({ operation }) => (operation === 'Invoke' ? answer : undefined));
  assert.equal(await check(), null);
  const [sent] = aws.requests('Invoke');
  assert.equal(sent.headers['x-amz-invocation-type'], 'DryRun');
  assert.match(sent.path, /Qualifier=release-0/);
  for (const [status, code] of [
    [404, 'ResourceNotFoundException'],
    [400, 'InvalidParameterValueException'],
  ]) {
    answer = jsonError(status, code, 'no');
    assert.equal(await check(), null, code);
  }
  answer = jsonError(403, 'AccessDeniedException', 'no');
  await assert.rejects(check(), { code: 'ACCESS_DENIED', message: /lambda:InvokeFunction/ });
});

test('an item that may not be deleted is a warning', async (t) => {
  const project = await deployed(t);
  aws.answer('DeleteItem', jsonError(400, 'AccessDeniedException', 'no'));
  const { result, warnings } = await invoke(project, LAUNCH);
  assert.equal(result.item, 'denied');
  assert.equal(warnings.filter((line) => line.includes('dynamodb:DeleteItem')).length, 1);
});

/** As Lambda answers: https://docs.aws.amazon.com/lambda/latest/dg/nodejs-exceptions.html */
const FAILED = {
  status: 200,
  headers: {
    'content-type': 'application/json',
    'x-amz-function-error': 'Unhandled',
    'x-amz-log-result': Buffer.from(
      `START RequestId: 1 Version: 3\n{"apiAccessToken": "secret-token-0123456789"}\n`,
    ).toString('base64'),
  },
  body: JSON.stringify({
    errorType: 'TypeError',
    errorMessage: 'no score',
    trace: [
      'TypeError: no score',
      '    at handler (/var/task/skill.js:3:12)',
      '    at Runtime.handleOnceNonStreaming (file:///var/runtime/index.mjs:1173:29)',
    ],
  }),
};

test('an error of the function is shown with its message, its place and its log', async (t) => {
  const project = await deployed(t);
  aws.answer('Invoke', FAILED);
  const { result } = await invoke(project, LAUNCH);
  assert.equal(result.answer, undefined);
  const { type, message, location } = result.problem;
  assert.deepEqual([type, message], ['TypeError', 'no score']);
  assert.match(location, /skill\.js:3/);
  assert.doesNotMatch(JSON.stringify(result), /secret-token/);
  assert.equal(aws.count('Invoke'), 1, 'it is not invoked again');
});

for (const [name, body] of Object.entries({
  'an empty answer': 'null',
  'an answer without a response': '{}',
})) {
  test(`${name} is a problem`, async (t) => {
    const project = await deployed(t, `exports.handler = async () => (${body});\n`);
    const { result } = await invoke(project, LAUNCH);
    assert.match(result.problem.message, /the answer/);
  });
}

test('a failure of Lambda does not lead to a second request to the skill', async (t) => {
  const project = await deployed(t);
  for (const answer of [jsonError(500, 'ServiceException', 'failed'), { destroy: true }]) {
    aws.clearRequests();
    const restore = aws.intercept(({ operation }) => (operation === 'Invoke' ? answer : undefined));
    await assert.rejects(invoke(project, LAUNCH), /invoking cats_beta_litexa_handler:release-0/);
    restore();
    assert.equal(aws.count('Invoke'), 1);
  }
});

test('without a deployment, the error names the endpoint', async (t) => {
  const project = createProject(t);
  await assert.rejects(invoke(project, LAUNCH), (error) => {
    assert.equal(error.code, 'RESOURCE_NOT_READY');
    assert.match(
      error.message,
      /cats_beta_litexa_handler:release-0 does not exist.*Deploy the skill/,
    );
    return true;
  });
});

test('the executable prints the answer, and ends with 1 if there is none', async (t) => {
  const project = await deployed(t);
  const run = (...args) =>
    runExecutable(['invoke', ...args, '-d', 'beta'], { cwd: project.root, env: aws.env });
  const text = await run('launch');
  assert.equal(text.code, 0, text.stderr);
  assert.match(text.stdout, /^speech: +Tom & Ann$/m);
  assert.match(text.stdout, /asked by LaunchRequest/);
  project.write('event.json', JSON.stringify({ request: { type: 'Custom.Event' } }));
  const fromFile = await run('--event', 'event.json', '--json');
  assert.equal(fromFile.json().requestType, 'Custom.Event');
  await project.deployHandler({}, { handler: 'exports.handler = async () => ({});' });
  const failed = await run('Count', 'number=3');
  assert.equal(failed.code, 1);
  assert.match(failed.stdout, /failed: the answer has no response/);
});

test('a name like launch is an intent, and the executable mentions launch', async (t) => {
  const project = await deployed(t);
  const run = (name) =>
    runExecutable(['invoke', name, '-d', 'beta'], { cwd: project.root, env: aws.env });
  const near = await run('Launch');
  assert.match(near.stderr, /^Launch is sent as an intent\. Did you mean launch\?$/m);
  assert.match(near.stdout, /^IntentRequest to /m);
  assert.doesNotMatch((await run('Count')).stderr, /as an intent/);
});

const WRONG_USAGE = [
  [[], /launch, an intent or --event <file> is missing/],
  [['launch', 'name=Ann'], /launch takes no slots/],
  [['Count', 'Ann'], /a slot must be written as name=value, but is "Ann"/],
  [[''], /launch, an intent or --event <file> is missing/],
  [['launch', '--event', 'x.json'], /--event takes no further argument/],
  [['--event', 'missing.json'], /reading the event failed/],
  [['--event', 'handler.js'], /is not valid JSON/],
];

test('wrong usage sends nothing', async (t) => {
  const project = createProject(t);
  for (const [args, message] of WRONG_USAGE) {
    const { code, stderr } = await runExecutable(['invoke', ...args, '-d', 'beta'], {
      cwd: project.root,
      env: aws.env,
    });
    assert.match(stderr, message);
    assert.equal(code, 2, args.join(' '));
  }
  assert.deepEqual(aws.requests(), []);
});
