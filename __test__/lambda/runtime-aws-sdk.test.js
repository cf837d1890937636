'use strict';

const assert = require('node:assert');
const fs = require('node:fs');
const http = require('node:http');
const { after, before, test } = require('node:test');
const { assertMentions } = require('../support/assertions');
const { startEmulator } = require('../support/aws/emulator');
const { packSkill, startLambda } = require('../support/lambda/runtime-host');
const { createTable } = require('../support/lambda/table');

const REGION = 'eu-west-1';
const TABLE = 'teahouse_development_litexa_handler_state';

let emulator;
let table;
const folders = [];

before(async () => {
  emulator = await startEmulator();
  table = await createTable(TABLE, { ...emulator.env, AWS_REGION: REGION });
});

after(async () => {
  for (const folder of folders) fs.rmSync(folder, { recursive: true });
  await emulator.stop();
});

// The handler runs in a process of its own: it sees the globals of PREAMBLE, nothing of this file.
const PREAMBLE = `
const https = require('https');
const AWS = require('aws-sdk');
AWS.config.update({ region: 'us-east-1' });
const cloudWatch = new AWS.CloudWatch({
  httpOptions: { agent: new https.Agent({ keepAlive: true }) },
});
const store = new AWS.DynamoDB.DocumentClient({
  convertEmptyValues: true,
  service: new AWS.DynamoDB({
    maxRetries: 5,
    retryDelayOptions: { base: 150 },
    paramValidation: false,
    httpOptions: { agent: new https.Agent({ keepAlive: true }) },
  }),
});
const TableName = '${TABLE}';
const METRIC = {
  Namespace: 'Litexa',
  MetricData: [{
    MetricName: 'Launches',
    Dimensions: [{ Name: 'project', Value: 'teahouse' }],
    StorageResolution: 60,
    Timestamp: new Date().toISOString(),
    Unit: 'None',
    Value: 1,
  }],
};
`;

async function run(handler, { env = {}, ...options } = {}) {
  const folder = packSkill(`${PREAMBLE}\nexports.handler = ${handler};`);
  folders.push(folder);
  const settings = { env: { ...emulator.env, AWS_REGION: REGION, ...env }, ...options };
  const lambda = await startLambda(folder, settings);
  const outcome = await lambda.invoke({});
  return { ...outcome, log: await lambda.stop() };
}

async function answerOf(handler, options) {
  const { answer, error } = await run(handler, options);
  assert.ifError(error);
  return answer;
}

/* global AWS, METRIC, TableName, cloudWatch, https, store */

test('what the store was given comes back as v2 gives it back', async () => {
  const item = await answerOf(async () => {
    const Item = {
      userId: 'values',
      text: 'Earl Grey',
      empty: '',
      missing: undefined,
      nothing: null,
      yes: true,
      number: 0.1,
      large: 12345678901234567890,
      forgotten: () => {},
      list: ['a', undefined, '', { deep: [1, { er: '' }] }],
      teas: store.createSet(['black', 'green']),
      years: store.createSet([1984, 2026]),
      bytes: Buffer.from('leaf'),
      noBytes: Buffer.alloc(0),
      brewed: new Date(0),
    };
    await store.put({ TableName, Item }).promise();
    const data = await store.get({ TableName, Key: { userId: 'values' } }).promise();
    const again = await store.put({ TableName, Item: data.Item }).promise();
    const { bytes, teas, years, ...rest } = data.Item;
    return {
      ...rest,
      keys: Object.keys(data),
      again,
      bytes: [Buffer.isBuffer(bytes), bytes.toString()],
      teas: { ...teas, values: teas.values.sort() },
      years: { ...years, values: years.values.sort() },
    };
  });
  assert.deepStrictEqual(item, {
    userId: 'values',
    text: 'Earl Grey',
    empty: null,
    nothing: null,
    yes: true,
    number: 0.1,
    large: 12345678901234567000,
    list: ['a', null, { deep: [1, { er: null }] }],
    noBytes: null,
    brewed: {},
    keys: ['Item'],
    again: {},
    bytes: [true, 'leaf'],
    teas: { wrapperName: 'Set', type: 'String', values: ['black', 'green'] },
    years: { wrapperName: 'Set', type: 'Number', values: [1984, 2026] },
  });
  // In the table, not only in what was read from it.
  const stored = await table('values');
  assert.deepStrictEqual(stored.empty, { NULL: true });
  assert.deepStrictEqual(stored.teas.SS.sort(), ['black', 'green']);
  assert.ok(!('missing' in stored));
});

test('an empty string stays one without convertEmptyValues', async () => {
  const item = await answerOf(async () => {
    const plain = new AWS.DynamoDB.DocumentClient({ params: { TableName } });
    await plain.put({ Item: { userId: 'plain', empty: '' } }).promise();
    return (await plain.get({ Key: { userId: 'plain' } }).promise()).Item;
  });
  assert.deepStrictEqual(item, { userId: 'plain', empty: '' });
});

test('a set of something else is refused as v2 refuses it', async () => {
  const codes = await answerOf(async () => {
    const codeOf = (list) => {
      try {
        return store.createSet(list, { validate: true }).type;
      } catch (error) {
        return error.code;
      }
    };
    return [codeOf([{}]), codeOf(['a', 1]), codeOf([Buffer.from('a')])];
  });
  assert.deepStrictEqual(codes, ['InvalidSetType', 'InvalidType', 'Binary']);
});

test('a lost conditional write tells so as v2 does', async () => {
  const error = await answerOf((event, context, callback) => {
    const params = {
      TableName,
      Item: { userId: 'contended', clock: 0 },
      ConditionExpression: 'attribute_not_exists(userId)',
    };
    store.put(params, (none) =>
      store.put(params, (error, data) => {
        const { code, name, statusCode, retryable } = error;
        callback(none, {
          shape: { code, name, statusCode, retryable },
          text: String(error),
          isError: error instanceof Error,
          isDated: error.time instanceof Date,
          hasRequestId: typeof error.requestId === 'string',
          data,
        });
      }),
    );
  });
  assert.deepStrictEqual(error, {
    shape: {
      code: 'ConditionalCheckFailedException',
      name: 'ConditionalCheckFailedException',
      statusCode: 400,
      retryable: false,
    },
    text: 'ConditionalCheckFailedException: The conditional request failed',
    isError: true,
    isDated: true,
    hasRequestId: true,
    data: null,
  });
});

test('update, delete, query and scan take and give plain values', async () => {
  const results = await answerOf(async () => {
    const Key = { userId: 'plainly' };
    const values = (ExpressionAttributeValues) => ({ TableName, ExpressionAttributeValues });
    const updated = await store
      .update({
        ...values({ ':cups': 3, ':where': { city: 'Kyoto' } }),
        Key,
        UpdateExpression: 'SET cups = :cups, place = :where',
        ReturnValues: 'ALL_NEW',
      })
      .promise();
    const queried = await store
      .query({ ...values({ ':id': 'plainly' }), KeyConditionExpression: 'userId = :id' })
      .promise();
    const legacy = await store
      .query({
        TableName,
        KeyConditions: {
          userId: { ComparisonOperator: 'EQ', AttributeValueList: ['plainly'] },
        },
      })
      .promise();
    const scanned = await store
      .scan({ ...values({ ':cups': 3 }), FilterExpression: 'cups = :cups' })
      .promise();
    const deleted = await store.delete({ TableName, Key, ReturnValues: 'ALL_OLD' }).promise();
    const gone = await store.get({ TableName, Key }).promise();
    return [
      updated.Attributes,
      queried.Items,
      legacy.Items,
      scanned.Items,
      deleted.Attributes,
      gone,
    ];
  });
  const item = { userId: 'plainly', cups: 3, place: { city: 'Kyoto' } };
  assert.deepStrictEqual(results, [item, [item], [item], [item], item, {}]);
});

test('a query goes on where it stopped', async () => {
  const pages = await answerOf(async () => {
    for (const userId of ['page1', 'page2']) {
      await store.put({ TableName, Item: { userId, paged: true } }).promise();
    }
    const found = [];
    let ExclusiveStartKey;
    do {
      const page = await store.scan({ TableName, Limit: 1, ExclusiveStartKey }).promise();
      found.push(...page.Items.filter((item) => item.paged).map((item) => item.userId));
      ExclusiveStartKey = page.LastEvaluatedKey;
    } while (ExclusiveStartKey);
    return found.sort();
  });
  assert.deepStrictEqual(pages, ['page1', 'page2']);
});

test('batches and transactions take and give plain values', async () => {
  const results = await answerOf(async () => {
    const a = { userId: 'batchA', cups: 1 };
    const b = { userId: 'batchB', cups: 2 };
    const puts = [a, b].map((Item) => ({ PutRequest: { Item } }));
    const written = await store.batchWrite({ RequestItems: { [TableName]: puts } }).promise();
    const Keys = [{ userId: 'batchA' }, { userId: 'batchB' }];
    const read = await store.batchGet({ RequestItems: { [TableName]: { Keys } } }).promise();
    await store
      .transactWrite({
        TransactItems: [
          { Put: { TableName, Item: { userId: 'batchC', cups: 3 } } },
          {
            Update: {
              TableName,
              Key: { userId: 'batchA' },
              UpdateExpression: 'SET cups = :cups',
              ExpressionAttributeValues: { ':cups': 10 },
            },
          },
        ],
      })
      .promise();
    const TransactItems = ['batchA', 'batchC'].map((userId) => ({
      Get: { TableName, Key: { userId } },
    }));
    const transacted = await store.transactGet({ TransactItems }).promise();
    return [
      written.UnprocessedItems,
      read.Responses[TableName].sort((x, y) => x.cups - y.cups),
      transacted.Responses,
    ];
  });
  assert.deepStrictEqual(results, [
    {},
    [
      { userId: 'batchA', cups: 1 },
      { userId: 'batchB', cups: 2 },
    ],
    [{ Item: { userId: 'batchA', cups: 10 } }, { Item: { userId: 'batchC', cups: 3 } }],
  ]);
});

test('a cancelled transaction says why', async () => {
  const error = await answerOf(async () => {
    const Put = {
      TableName,
      Item: { userId: 'cancelled' },
      ConditionExpression: 'attribute_exists(userId)',
    };
    return store
      .transactWrite({ TransactItems: [{ Put }] })
      .promise()
      .then(
        () => 'written',
        ({ code, CancellationReasons }) => ({ code, reason: CancellationReasons[0].Code }),
      );
  });
  assert.deepStrictEqual(error, {
    code: 'TransactionCanceledException',
    reason: 'ConditionalCheckFailed',
  });
});

test("the table is looked for in the function's region, unless a client is told another", async () => {
  const found = await answerOf(async () => {
    const Key = { userId: 'nobody' };
    const elsewhere = new AWS.DynamoDB.DocumentClient({ region: 'us-east-1' });
    const code = (promise) =>
      promise.then(
        () => 'found',
        (error) => error.code,
      );
    return {
      said: AWS.config.region,
      own: await code(store.get({ TableName, Key }).promise()),
      other: await code(elsewhere.get({ TableName, Key }).promise()),
    };
  });
  assert.deepStrictEqual(found, {
    said: 'us-east-1',
    own: 'found',
    other: 'ResourceNotFoundException',
  });
});

test('a request is sent by send or promise, not before', async () => {
  await answerOf((event, context, callback) => {
    store.put({ TableName, Item: { userId: 'never sent' } });
    store.put({ TableName, Item: { userId: 'sent' } }).send(callback);
  });
  assert.strictEqual(await table('never sent'), undefined);
  assert.deepStrictEqual(await table('sent'), { userId: { S: 'sent' } });
});

test('a write that nobody waits for is in the table before the answer is out', async () => {
  const slow = await startSlowProxy(emulator.env.AWS_ENDPOINT_URL);
  try {
    const answer = await answerOf(
      (event, context, callback) => {
        store.put({ TableName, Item: { userId: 'unawaited' } }, () => {});
        callback(null, 'answered');
      },
      { env: { AWS_ENDPOINT_URL_DYNAMODB: slow.url } },
    );
    assert.strictEqual(answer, 'answered');
    assert.ok(await table('unawaited'));
  } finally {
    slow.close();
  }
});

test('a metric is written, from the ISO time that Litexa gives it', async () => {
  const seen = await startSlowProxy(emulator.env.AWS_ENDPOINT_URL);
  try {
    const { answer, log } = await run(
      (event, context, callback) => {
        cloudWatch.putMetricData(METRIC, (error) => console.log(`metric: ${error}`));
        callback(null, 'answered');
      },
      { env: { AWS_ENDPOINT_URL_CLOUDWATCH: seen.url } },
    );
    assert.strictEqual(answer, 'answered');
    assert.match(log, /^metric: null$/m);
    assert.deepStrictEqual(seen.statuses, [200]);
    // The emulator takes text for a time; CloudWatch takes the number that v3 makes of a date.
    assert.match(seen.body(), /"Timestamp":\d/);
  } finally {
    seen.close();
  }
});

test('a metric that cannot be written is told to the callback, or logged, never thrown', async () => {
  const env = { AWS_ENDPOINT_URL_CLOUDWATCH: 'http://127.0.0.1:1' };

  const called = await run(
    (event, context, callback) => {
      cloudWatch.putMetricData(METRIC, (error) => console.log(`metric: ${error.code}`));
      callback(null, 'answered');
    },
    { env },
  );
  assert.strictEqual(called.answer, 'answered');
  assert.match(called.log, /metric: NetworkingError/);

  const promised = await run(
    async () => (await cloudWatch.putMetricData(METRIC).promise()) && 'answered',
    { env },
  );
  assert.strictEqual(promised.answer, 'answered');
  assert.match(promised.log, /CloudWatch.*NetworkingError/);
});

test('a metric that hangs does not turn the answer into a timeout', async () => {
  const silent = await startServer(() => {});
  try {
    const { answer } = await run(
      (event, context, callback) => {
        cloudWatch.putMetricData(METRIC, () => {});
        callback(null, 'answered');
      },
      { env: { AWS_ENDPOINT_URL_CLOUDWATCH: silent.url }, timeoutMs: 2000 },
    );
    assert.strictEqual(answer, 'answered');
  } finally {
    silent.close();
  }
});

test('a metric that hangs is given up', async () => {
  const silent = await startServer(() => {});
  try {
    const { log } = await run(
      (event, context, callback) => {
        cloudWatch.putMetricData(METRIC, (error) => console.log(`metric: ${error.code}`));
        callback(null, 'answered');
      },
      { env: { AWS_ENDPOINT_URL_CLOUDWATCH: silent.url }, timeoutMs: 60000 },
    );
    assert.match(log, /metric: TimeoutError/);
  } finally {
    silent.close();
  }
});

test('what a callback throws ends the function, as with v2', async () => {
  const { error } = await run((event, context, callback) => {
    store.get({ TableName, Key: { userId: 'nobody' } }, () => {
      throw new RangeError('in the callback');
    });
  });
  assert.strictEqual(error.errorType, 'RangeError');
});

test('a client library that cannot be loaded fails the call, not the skill', async () => {
  const codes = await answerOf(
    async () => {
      const code = await store
        .get({ TableName, Key: { userId: 'nobody' } })
        .promise()
        .catch((error) => error.code);
      await cloudWatch.putMetricData(METRIC).promise();
      return code;
    },
    { env: { NODE_PATH: '' } },
  );
  assert.strictEqual(codes, 'MODULE_NOT_FOUND');
});

test('the rest of v2 says what to do to have it', async () => {
  const messages = await answerOf(async () => {
    const uses = [
      () => new AWS.S3(),
      () => AWS.config.getCredentials(() => {}),
      () => AWS.DynamoDB.Converter,
      () => new AWS.DynamoDB().describeTable({}),
      () => store.executeStatement({}),
      () => cloudWatch.getMetricData({}),
      () => store.get({ TableName }).on('success', () => {}),
      () => require('aws-sdk/clients/s3'),
      () => new AWS.DynamoDB.DocumentClient({ wrapNumbers: true }),
    ];
    return uses.map((use) => {
      try {
        return `no error: ${use()}`;
      } catch (error) {
        return error.message;
      }
    });
  });
  const [s3] = messages;
  assert.match(s3, /\bAWS\.S3\b/);
  for (const message of messages) {
    assertMentions(message, 'aws-sdk', 'litexa/package.json', 'npm install');
  }
});

test('asking what any object is asked is no use of v2', async () => {
  const answer = await answerOf(async () => {
    const util = require('util');
    const resolved = await Promise.resolve(store);
    return {
      isStore: resolved === store,
      json: typeof JSON.stringify(AWS.config),
      inspected: typeof util.inspect(AWS),
      interop: AWS.__esModule === undefined && AWS.default === undefined,
      kind: store instanceof AWS.DynamoDB.DocumentClient,
    };
  });
  assert.deepStrictEqual(answer, {
    isStore: true,
    json: 'string',
    inspected: 'string',
    interop: true,
    kind: true,
  });
});

async function startServer(onRequest) {
  const server = http.createServer(onRequest);
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

/** Passes everything on to `target`, late enough for an answer to overtake it. */
async function startSlowProxy(target) {
  const statuses = [];
  const chunks = [];
  const server = await startServer((incoming, outgoing) => {
    const { method, headers } = incoming;
    const forward = () => {
      const onward = http.request(
        new URL(incoming.url, target),
        { method, headers },
        (response) => {
          statuses.push(response.statusCode);
          outgoing.writeHead(response.statusCode, response.headers);
          response.pipe(outgoing);
        },
      );
      incoming.on('data', (chunk) => chunks.push(chunk)).pipe(onward);
    };
    setTimeout(forward, 300);
  });
  return { ...server, statuses, body: () => Buffer.concat(chunks).toString() };
}
