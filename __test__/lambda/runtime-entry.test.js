'use strict';

// The entry of the package: it turns Litexa's callback handlers into promises.

const assert = require('node:assert');
const fs = require('node:fs');
const http = require('node:http');
const path = require('node:path');
const { after, test } = require('node:test');
const { packSkill, startLambda } = require('../support/lambda/runtime-host');
const { makeTempDir } = require('../support/tmp');

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

test('work that the handler does not wait for is completed before the answer', async (t) => {
  const seen = [];
  const server = http.createServer((request, response) => {
    seen.push(request.url);
    setTimeout(() => response.end('{}'), 50);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close(server.closeAllConnections()));
  const url = `http://127.0.0.1:${server.address().port}`;
  const { answer, log } = await invoke(
    (event, context, callback) => {
      const { DynamoDBClient, ListTablesCommand } = require('@aws-sdk/client-dynamodb');
      const credentials = { accessKeyId: 'a', secretAccessKey: 'b' };
      const client = new DynamoDBClient({ endpoint: event.url, region: 'eu-west-1', credentials });
      callback(null, 'answered');
      const again = () => require('http').get(`${event.url}/http`, (r) => r.resume());
      fetch(`${event.url}/fetch`).then(() => setTimeout(again, 20));
      client.send(new ListTablesCommand({})).then(() => console.log('version 3 done'));
    },
    { event: { url } },
  );
  assert.strictEqual(answer, 'answered');
  assert.deepStrictEqual(seen.sort(), ['/', '/fetch', '/http']);
  assert.match(log, /version 3 done/);
});

test(
  'work that does not end does not make the answer too late for Alexa',
  { timeout: 30000 },
  async () => {
    const { answer } = await invoke(
      (event, context, callback) => {
        setInterval(() => {}, 10);
        callback(null, 'tea');
      },
      { timeoutMs: 3600000 },
    );
    assert.strictEqual(answer, 'tea');
  },
);

test('work that does not end delays one answer up to the time limit, and no later one', async () => {
  const folder = packSkill(
    `exports.handler = ${(event, context, callback) => {
      if (event.busy) setInterval(() => {}, 10);
      setTimeout(() => console.log(`done ${event.name}`), 5);
      callback(null, event.name);
    }};`,
  );
  folders.push(folder);
  const lambda = await startLambda(folder, { timeoutMs: 800 });
  const answers = [];
  for (const event of [{ name: 'a', busy: true }, { name: 'b' }]) {
    answers.push((await lambda.invoke(event)).answer);
  }
  const log = await lambda.stop();
  assert.deepStrictEqual(answers, ['a', 'b']);
  assert.match(log, /done a\ndone b/);
});

test('a promise is the answer at once, as Lambda does it', { timeout: 30000 }, async () => {
  const { answer } = await invoke(
    async () => {
      setInterval(() => {}, 10);
      return 'tea';
    },
    { timeoutMs: 3600000 },
  );
  assert.strictEqual(answer, 'tea');
});

/** Creates a module that is the real version 2, without copying it. */
function linkRealSdk() {
  const folder = makeTempDir('sdk');
  folders.push(folder);
  const target = JSON.stringify(require.resolve('aws-sdk'));
  fs.writeFileSync(path.join(folder, 'index.js'), `module.exports = require(${target});`);
  return folder;
}

/** Returns the regions of clients that a skill creates after `change(AWS)`, as source text. */
async function regionsAfter(change, sdk) {
  const source = `
    const AWS = require('aws-sdk');
    AWS.config.update({ region: 'us-east-1' });
    const before = new AWS.DynamoDB({});
    (${change})(AWS);
    const after = [new AWS.DynamoDB({}), new AWS.CloudWatch({})];
    exports.handler = async () => ({
      before: before.config.region,
      after: after.map(({ config }) => config.region),
      retries: after[0].config.maxRetries,
    });`;
  const folder = packSkill(source, sdk ? { 'aws-sdk': sdk } : {});
  folders.push(folder);
  const lambda = await startLambda(folder, { env: { AWS_REGION: 'eu-west-1' } });
  const { answer } = await lambda.invoke({});
  await lambda.stop();
  return answer;
}

test("a region that the skill's author sets after Litexa's own counts", async () => {
  const both = (region) => [region, region];
  const cases = [
    [() => {}, both('eu-west-1')],
    [(AWS) => AWS.config.update({ region: 'us-west-2' }), both('us-west-2')],
    [(AWS) => AWS.config.update({ region: 'us-east-1' }), both('us-east-1')],
    [(AWS) => (AWS.config.region = 'us-west-2'), both('us-west-2')],
    [(AWS) => (AWS.config = new AWS.Config({ region: 'us-west-2' })), both('us-west-2')],
    [(AWS) => (AWS.config.dynamodb = { region: 'us-west-2' }), ['us-west-2', 'eu-west-1']],
    [(AWS) => AWS.config.update({ dynamodb: { maxRetries: 7 } }), both('eu-west-1'), 7],
    [(AWS) => AWS.config.update({ maxRetries: 7 }), both('eu-west-1'), 7],
  ];
  for (const sdk of [undefined, linkRealSdk()]) {
    const found = await Promise.all(cases.map(([change]) => regionsAfter(change, sdk)));
    for (const [index, [, after, retries]] of cases.entries()) {
      const expected = { before: 'eu-west-1', after, ...(retries && { retries }) };
      assert.deepStrictEqual(found[index], expected);
    }
  }
});
