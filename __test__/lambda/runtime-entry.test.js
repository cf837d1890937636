'use strict';

// The entry of the package: it turns Litexa's callback handlers into promises.

const assert = require('node:assert');
const fs = require('node:fs');
const path = require('node:path');
const { after, test } = require('node:test');
const { packSkill, startLambda } = require('../support/lambda/runtime-host');

const OWN_AWS_SDK = path.join(__dirname, '..', 'fixtures', 'runtime', 'own-aws-sdk');

const folders = [];
after(() => folders.forEach((folder) => fs.rmSync(folder, { recursive: true })));

// The handler runs in a process of its own and cannot use variables of this file. A handler with three
// parameters is a callback handler, whether it uses them or not.
async function invoke(handler, { event = {}, modules, env, ...options } = {}) {
  const folder = packSkill(`exports.handler = ${handler};`, modules);
  folders.push(folder);
  const settings = { env: { AWS_REGION: 'eu-west-1', ...env }, ...options };
  const lambda = await startLambda(folder, settings);
  const outcome = await lambda.invoke(event);
  return { ...outcome, log: await lambda.stop() };
}

test('Lambda rejects a callback handler, and runs it within the package', async () => {
  const handler = (event, context, callback) => callback(null, { heard: event.text });

  const folder = packSkill('');
  folders.push(folder);
  fs.writeFileSync(path.join(folder, 'index.js'), `exports.handler = ${handler};`);
  await assert.rejects(startLambda(folder), { name: 'Runtime.CallbackHandlerDeprecated' });

  const { answer } = await invoke(handler, { event: { text: 'tea' } });
  assert.deepStrictEqual(answer, { heard: 'tea' });
});

test('the value that the promise of a callback handler resolves with is ignored', async () => {
  const { answer } = await invoke(async (event, context, callback) => {
    setTimeout(() => callback(null, 'from the callback'), 20);
    return 'from the promise';
  });
  assert.strictEqual(answer, 'from the callback');
});

test('the rejection of the promise of a callback handler is an error', async () => {
  const { error } = await invoke(async (event, context, callback) => {
    throw new RangeError('the store is out of reach');
  });
  assert.strictEqual(error.errorType, 'RangeError');
  assert.strictEqual(error.errorMessage, 'the store is out of reach');
  assert.match(error.trace.join('\n'), /skill\.js:\d+/);
});

test('the first of callback and rejection is the outcome', async () => {
  const answered = await invoke((event, context, callback) => {
    callback(null, 'first');
    callback(new Error('second'));
    return Promise.reject(new Error('third'));
  });
  assert.strictEqual(answered.answer, 'first');

  const failed = await invoke((event, context, callback) => {
    setTimeout(() => callback(null, 'late'), 10);
    return Promise.reject(new Error('early'));
  });
  assert.strictEqual(failed.error.errorMessage, 'early');
});

test('errors are reported as by Lambda', async () => {
  const thrown = await invoke((event, context, callback) => event.missing.field);
  assert.strictEqual(thrown.error.errorType, 'TypeError');

  const called = await invoke((event, context, callback) =>
    callback(Object.assign(new Error('no tea left'), { name: 'TeaError' })),
  );
  assert.strictEqual(called.error.errorType, 'TeaError');
  assert.strictEqual(called.error.errorMessage, 'no tea left');

  const text = await invoke((event, context, callback) => callback('no tea left'));
  assert.deepStrictEqual(text.error, {
    errorType: 'string',
    errorMessage: 'no tea left',
    trace: [],
  });

  const object = await invoke((event, context, callback) => callback({ tea: 'none' }));
  assert.strictEqual(object.error.errorType, 'object');
});

test('an uncaught exception ends the function', async () => {
  const { error } = await invoke((event, context, callback) => {
    setTimeout(() => {
      throw new Error('in a timer');
    }, 10);
  });
  assert.strictEqual(error.errorMessage, 'in a timer');
});

test('a handler that never answers returns null, or times out while its event loop is busy', async () => {
  const idle = await invoke((event, context, callback) => {});
  assert.strictEqual(idle.answer, null);

  const busy = await invoke((event, context, callback) => setInterval(() => {}, 10), {
    timeoutMs: 300,
  });
  assert.strictEqual(busy.error.errorType, 'Sandbox.Timedout');
});

test('a handler without a callback answers with the value that it returns', async () => {
  const promised = await invoke(async (event) => ({ heard: event.text }), {
    event: { text: 'tea' },
  });
  assert.deepStrictEqual(promised.answer, { heard: 'tea' });

  const { error } = await invoke(async () => {
    throw new Error('no tea left');
  });
  assert.strictEqual(error.errorMessage, 'no tea left');
});

test('the deprecated methods of the context answer', async () => {
  const handlers = {
    succeed: (event, context, callback) => context.succeed('tea'),
    done: (event, context, callback) => context.done(null, 'tea'),
    fail: (event, context, callback) => context.fail(new Error('no tea left')),
  };
  assert.strictEqual((await invoke(handlers.succeed)).answer, 'tea');
  assert.strictEqual((await invoke(handlers.done)).answer, 'tea');
  assert.strictEqual((await invoke(handlers.fail)).error.errorMessage, 'no tea left');
});

test('an error on loading the skill is reported', async () => {
  const folder = packSkill("require('not-installed')");
  folders.push(folder);
  await assert.rejects(startLambda(folder), { message: /Cannot find module 'not-installed'/ });
});

test("a skill's own aws-sdk is used, and its DynamoDB client has the function's region", async () => {
  const { answer } = await invoke(
    (event, context, callback) => {
      const AWS = require('aws-sdk');
      AWS.config.update({ region: 'us-east-1' });
      const store = new AWS.DynamoDB.DocumentClient();
      store.get({}, (error, { region }) =>
        callback(error, { version: AWS.VERSION, general: AWS.config.region, region }),
      );
    },
    { modules: { 'aws-sdk': OWN_AWS_SDK } },
  );
  assert.deepStrictEqual(answer, {
    version: '2.0.0',
    general: 'us-east-1',
    region: 'eu-west-1',
  });
});

test("calls of the skill's own aws-sdk are awaited, and those that their callbacks make", async () => {
  const { answer, log } = await invoke(
    (event, context, callback) => {
      const AWS = require('aws-sdk');
      const store = new AWS.DynamoDB.DocumentClient();
      store.get({}, () => {
        console.log('first call done');
        store.get({}, () => console.log('second call done'));
      });
      callback(null, 'answered before');
    },
    { modules: { 'aws-sdk': OWN_AWS_SDK } },
  );
  assert.strictEqual(answer, 'answered before');
  assert.match(log, /first call done\nsecond call done/);
});

test(
  'with callbackWaitsForEmptyEventLoop false, pending calls are not awaited',
  { timeout: 30000 },
  async () => {
    const { answer } = await invoke(
      (event, context, callback) => {
        context.callbackWaitsForEmptyEventLoop = false;
        require('aws-sdk').events.emit('send', { request: 'one that hangs' });
        callback(null, 'tea');
      },
      { timeoutMs: 3600000 },
    );
    assert.strictEqual(answer, 'tea');
  },
);

test('a call that hangs does not turn the answer into a timeout', async () => {
  const { answer } = await invoke(
    (event, context, callback) => {
      require('aws-sdk').events.emit('send', { request: 'one that hangs' });
      callback(null, 'tea');
    },
    { timeoutMs: 1500 },
  );
  assert.strictEqual(answer, 'tea');
});
