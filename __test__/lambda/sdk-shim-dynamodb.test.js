'use strict';

// The shim's DynamoDB clients: values, errors and results are those of `aws-sdk` version 2.

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { startServer, startSlowProxy, useSdkShim } = require('../support/lambda/sdk-shim');

const shim = useSdkShim();

/* global AWS, TableName, store */

test('values are stored and returned as by v2', async () => {
  const item = await shim.answerOf(async () => {
    const Item = {
      userId: 'values',
      text: 'Darjeeling',
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
    text: 'Darjeeling',
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
  // The table itself contains them, not only the result of the read.
  const stored = await shim.table('values');
  assert.deepStrictEqual(stored.empty, { NULL: true });
  assert.deepStrictEqual(stored.teas.SS.sort(), ['black', 'green']);
  assert.ok(!('missing' in stored));
});

test('without convertEmptyValues, an empty string is stored as such', async () => {
  const item = await shim.answerOf(async () => {
    const plain = new AWS.DynamoDB.DocumentClient({ params: { TableName } });
    await plain.put({ Item: { userId: 'plain', empty: '' } }).promise();
    return (await plain.get({ Key: { userId: 'plain' } }).promise()).Item;
  });
  assert.deepStrictEqual(item, { userId: 'plain', empty: '' });
});

test('a set of unsupported or mixed types has the error of v2', async () => {
  const codes = await shim.answerOf(async () => {
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

test('a failed conditional write has the error of v2', async () => {
  const error = await shim.answerOf((event, context, callback) => {
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

test('update, delete, query and scan take and return plain values', async () => {
  const results = await shim.answerOf(async () => {
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

test('a scan continues at LastEvaluatedKey', async () => {
  const pages = await shim.answerOf(async () => {
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

test('batches and transactions take and return plain values', async () => {
  const results = await shim.answerOf(async () => {
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

test('a canceled transaction has its reasons', async () => {
  const error = await shim.answerOf(async () => {
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

test("the table is in the function's region, unless the client has a region of its own", async () => {
  const found = await shim.answerOf(async () => {
    const Key = { userId: 'unknown' };
    const elsewhere = new AWS.DynamoDB.DocumentClient({ region: 'us-east-1' });
    const code = (promise) =>
      promise.then(
        () => 'found',
        (error) => error.code,
      );
    return {
      general: AWS.config.region,
      own: await code(store.get({ TableName, Key }).promise()),
      other: await code(elsewhere.get({ TableName, Key }).promise()),
    };
  });
  assert.deepStrictEqual(found, {
    general: 'us-east-1',
    own: 'found',
    other: 'ResourceNotFoundException',
  });
});

test('a request is sent by send or promise, not before', async () => {
  await shim.answerOf((event, context, callback) => {
    store.put({ TableName, Item: { userId: 'never sent' } });
    store.put({ TableName, Item: { userId: 'sent' } }).send(callback);
  });
  assert.strictEqual(await shim.table('never sent'), undefined);
  assert.deepStrictEqual(await shim.table('sent'), { userId: { S: 'sent' } });
});

test('a write that the handler does not wait for is completed before the answer', async (t) => {
  const slow = await startSlowProxy(t, shim.endpoint);
  const answer = await shim.answerOf(
    (event, context, callback) => {
      store.put({ TableName, Item: { userId: 'unawaited' } }, () => {});
      callback(null, 'answered');
    },
    { env: { AWS_ENDPOINT_URL_DYNAMODB: slow.url } },
  );
  assert.strictEqual(answer, 'answered');
  assert.ok(await shim.table('unawaited'));
});

test('a response that ends early is retried', async (t) => {
  let count = 0;
  const url = await startServer(t, (request, response) => {
    request.resume();
    count += 1;
    response.writeHead(200, { 'Content-Length': 2 });
    if (count > 1) return response.end('{}');
    response.write('{');
    return setTimeout(() => response.destroy(), 20);
  });
  const found = await shim.answerOf(
    async () => store.get({ TableName, Key: { userId: 'a' } }).promise(),
    { env: { AWS_ENDPOINT_URL_DYNAMODB: url } },
  );
  assert.deepStrictEqual([found, count], [{}, 2]);
});
