'use strict';

// The shim beside the real aws-sdk version 2: both make the same calls to the same scripted server.

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { callBoth, callbackOf, SDKS } = require('../support/lambda/both-sdks');
const { randomCalls } = require('../support/lambda/random-calls');
const { random } = require('../support/prng');

const TableName = 'tea';

const errorOf = (promise) =>
  promise.then(
    () => 'no error',
    (error) => error,
  );

const documentClient = ({ AWS, options }, more) =>
  new AWS.DynamoDB.DocumentClient({ maxRetries: 0, ...options, ...more });

const dynamoDb = ({ AWS, options }, more) =>
  new AWS.DynamoDB({ maxRetries: 0, ...options, ...more });

/** Makes a call with both SDKs, and asserts that they sent and returned the same. */
async function assertSame(call, script) {
  const { real, shim } = await callBoth(call, script);
  assert.deepStrictEqual(shim, real);
  return real;
}

const refusal = (type, more) => ({ __type: `com.amazonaws.dynamodb.v20120810#${type}`, ...more });

const THROTTLED = {
  status: 400,
  body: refusal('ProvisionedThroughputExceededException', { message: 'slow down' }),
};

test('values are stored as by version 2', async () => {
  const values = {
    text: 'Darjeeling',
    empty: '',
    missing: undefined,
    nothing: null,
    yes: true,
    zero: -0,
    nan: NaN,
    infinite: Infinity,
    small: 1e-300,
    large: 12345678901234567890,
    fn: () => {},
    list: ['a', '', null, { deep: [1] }],
    bytes: Buffer.from('leaf'),
    typed: new Uint8Array([1, 2]),
    noBytes: Buffer.alloc(0),
    date: new Date(0),
    boxed: [new String('a'), new Number(1), new Boolean(false)],
    set: new Set(['a']),
    map: new Map([['a', 1]]),
    symbol: Symbol('tea'),
    regexp: /tea/,
    bare: Object.assign(Object.create(null), { a: 1 }),
    own: new (class Tea {
      leaf = 'green';
    })(),
    proto: JSON.parse('{"__proto__": {"admin": true}, "a": 1}'),
    inherited: Object.create({ cups: 3 }),
  };
  for (const convertEmptyValues of [false, true]) {
    const cases = Object.entries(values).map(([name, value]) => async (sdk) => {
      const client = documentClient(sdk, { convertEmptyValues });
      return errorOf(client.put({ TableName, Item: { [name]: value } }).promise());
    });
    for (const call of cases) await assertSame(call);
  }
});

test('sets are stored and refused as by version 2', async () => {
  const lists = [['a', ''], [1, 2], [Buffer.from('a')], [''], ['a', 1], [], [{}], 'a', [null]];
  for (const list of lists) {
    for (const validate of [false, true]) {
      await assertSame(async (sdk) => {
        const client = documentClient(sdk, { convertEmptyValues: validate });
        try {
          const set = client.createSet(list, { validate });
          return await client.put({ TableName, Item: { set } }).promise();
        } catch (error) {
          return error;
        }
      });
    }
  }
});

test('random items are stored as by version 2', async () => {
  const chance = random(7);
  const pick = (list) => list[Math.floor(chance() * list.length)];
  const valueOf = (depth) =>
    pick([
      () => pick(['', 'tea', '\u{1F375}', ' ', '0']),
      () => pick([0, -1, 0.1, 1e21, NaN]),
      () => pick([true, false, null, undefined]),
      () => pick([Buffer.from('x'), Buffer.alloc(0), new Uint8Array([0, 255])]),
      () => (depth > 3 ? 1 : Array.from({ length: pick([0, 1, 3]) }, () => valueOf(depth + 1))),
      () => (depth > 3 ? 'd' : itemOf(depth + 1)),
    ])();
  const itemOf = (depth) =>
    Object.fromEntries(
      Array.from({ length: pick([0, 1, 4]) }, (_, at) => [`k${at}`, valueOf(depth)]),
    );
  const items = Array.from({ length: 60 }, () => itemOf(0));
  await assertSame(async (sdk) => {
    const client = documentClient(sdk, { convertEmptyValues: true });
    for (const Item of items) await client.put({ TableName, Item }).promise();
  });
});

test('attribute values are returned as by version 2', async () => {
  const attributes = {
    S: { S: 'x' },
    N: { N: '12345678901234567890' },
    B: { B: 'bGVhZg==' },
    BOOL: { BOOL: true },
    NULL: { NULL: true },
    L: { L: [{ S: 'a' }, { L: [] }, {}] },
    M: { M: { a: { N: '1' }, 'b.c': { M: {} } } },
    SS: { SS: ['a', 'b'] },
    NS: { NS: ['1', '2'] },
    BS: { BS: ['YQ=='] },
    empty: {},
    none: null,
  };
  for (const [name, value] of Object.entries(attributes)) {
    for (const wrapNumbers of [false, true]) {
      await assertSame(
        (sdk) =>
          documentClient(sdk, { wrapNumbers })
            .get({ TableName, Key: { id: 1 } })
            .promise(),
        [{ body: { Item: { [name]: value, other: { S: 'o' } }, Unknown: 1 } }],
      );
    }
  }
});

test('every method of the document client sends and returns the same', async () => {
  const Key = { id: 'a' };
  const values = { ':v': { deep: [1, ''] } };
  const calls = {
    get: { TableName, Key, ConsistentRead: true },
    put: {
      TableName,
      Item: { id: 'a' },
      ConditionExpression: 'a = :v',
      ExpressionAttributeValues: values,
    },
    update: { TableName, Key, UpdateExpression: 'SET a = :v', ExpressionAttributeValues: values },
    delete: { TableName, Key, Expected: { a: { Value: 1, Exists: true } } },
    query: {
      TableName,
      KeyConditions: { id: { ComparisonOperator: 'EQ', AttributeValueList: ['a'] } },
    },
    scan: { TableName, Limit: '5', ExclusiveStartKey: Key, ReturnConsumedCapacity: 1 },
    batchGet: { RequestItems: { tea: { Keys: [Key] } } },
    batchWrite: {
      RequestItems: { tea: [{ PutRequest: { Item: { a: 1 } } }, { DeleteRequest: { Key } }] },
    },
    transactGet: { TransactItems: [{ Get: { TableName, Key } }] },
    transactWrite: {
      TransactItems: [{ Put: { TableName, Item: Key } }],
      ClientRequestToken: 'token',
    },
  };
  const body = {
    Item: { a: { N: '1' } },
    Items: [{ a: { S: 'x' } }],
    Attributes: { a: { BOOL: false } },
    Count: 1,
    LastEvaluatedKey: { id: { S: 'b' } },
    ConsumedCapacity: { TableName, CapacityUnits: 0.5 },
    ItemCollectionMetrics: { ItemCollectionKey: { id: { S: 'a' } }, SizeEstimateRangeGB: [0, 1] },
    UnprocessedKeys: {},
  };
  for (const [method, params] of Object.entries(calls)) {
    await assertSame((sdk) => documentClient(sdk)[method](params).promise(), [{ body }]);
  }
});

test('the low-level clients send and return the same', async () => {
  const B = Buffer.from('b');
  await assertSame(
    (sdk) =>
      dynamoDb(sdk)
        .getItem({ TableName, Key: { id: { B } } })
        .promise(),
    [{ body: { Item: { b: { B: 'bGVhZg==' }, n: { N: '1' }, l: { L: [{ BS: ['YQ=='] }] } } } }],
  );
  await assertSame(
    (sdk) => dynamoDb(sdk).describeTable({ TableName }).promise(),
    [{ body: { Table: { CreationDateTime: 1700000000.25, ItemCount: 3, KeySchema: [] } } }],
  );
  await assertSame(
    (sdk) => dynamoDb(sdk).listTables().promise(),
    [{ body: { TableNames: ['a'] } }],
  );
  await assertSame((sdk) => dynamoDb(sdk, { params: { TableName } }).describeTable({}).promise());
  await assertSame((sdk) => dynamoDb(sdk, { params: { TableName } }).listTables({}).promise());
});

test('random calls of every operation are sent, refused and answered as by version 2', async () => {
  const { operations } = new SDKS.real.DynamoDB({ region: 'eu-west-1' }).api;
  const chance = random(11);
  const { parameters, answer } = randomCalls(chance);
  for (const [method, { input, output, idempotentMembers }] of Object.entries(operations)) {
    for (const wrong of [0, 0.06]) {
      const tokens = Object.fromEntries(idempotentMembers.map((name) => [name, 'token']));
      const params = { ...parameters(input, wrong), ...tokens };
      const paramValidation = chance() < 0.7;
      await assertSame(
        (sdk) => {
          const request = dynamoDb(sdk, { paramValidation })[method](params);
          return request.promise().catch((error) => error);
        },
        [{ body: output ? answer(output) : {} }],
      );
    }
  }
});

test('a token is chosen for a call that needs one, unless the skill passes one', async () => {
  const tokenOf = async (params) => {
    const call = (sdk) =>
      dynamoDb(sdk)
        .transactWriteItems({ TransactItems: [], ...params })
        .promise();
    const { real, shim } = await callBoth(call);
    return [real, shim].map(({ requests }) => requests[0].body.ClientRequestToken);
  };
  assert.deepStrictEqual(await tokenOf({ ClientRequestToken: 'tea' }), ['tea', 'tea']);
  for (const token of await tokenOf({}))
    assert.match(token, /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/);
});

test('a checksum that fits is accepted', async () => {
  const headers = { 'x-amz-crc32': '2745614147' };
  const { result } = await assertSame((sdk) => dynamoDb(sdk).listTables().promise(), [{ headers }]);
  assert.deepStrictEqual(result, {});
});

test('errors have the fields of version 2, also as JSON', async () => {
  const answers = [
    { status: 400, body: refusal('ConditionalCheckFailedException', { message: 'no', Item: {} }) },
    {
      status: 400,
      body: refusal('TransactionCanceledException', {
        Message: 'no',
        CancellationReasons: [{ Code: 'None' }],
      }),
    },
    { status: 400, body: { code: 'Own', message: 'no' } },
    { status: 400, body: { __type: 'RequestEntityTooLarge' } },
    { status: 400, body: 'not JSON' },
    { status: 413, body: '' },
    { status: 400, body: '', headers: { 'x-amzn-errortype': 'Typed:http://aws' } },
    { status: 500, body: refusal('InternalServerError', { message: 'oops' }) },
    { status: 503, body: '' },
    { status: 429, body: '{}' },
    THROTTLED,
    { status: 400, body: refusal('ThrottlingException', { message: 'rate' }) },
    { status: 400, body: refusal('TransactionInProgressException') },
    { status: 400, body: refusal('ExpiredTokenException', { message: 'expired' }) },
    { reset: true },
    { status: 200, body: 'not JSON' },
    { status: 200, body: '{}', headers: { 'x-amz-crc32': '1' } },
    { status: 301, body: '' },
  ];
  for (const answer of answers) {
    const get = (sdk) => documentClient(sdk).get({ TableName, Key: { id: 1 } });
    const seen = await assertSame((sdk) => errorOf(get(sdk).promise()), [answer]);
    assert.notStrictEqual(seen.result, 'no error');
    await assertSame((sdk) => callbackOf(get(sdk)), [answer]);
  }
});

test('hidden details of an error can be read', async () => {
  const CancellationReasons = [{ Code: 'ConditionalCheckFailed' }];
  const body = refusal('TransactionCanceledException', { message: 'no', CancellationReasons });
  const { result } = await assertSame(
    async (sdk) => {
      const error = await errorOf(dynamoDb(sdk).listTables().promise());
      return {
        reasons: error.CancellationReasons,
        own: Object.keys(error).sort(),
        text: `${error}`,
      };
    },
    [{ status: 400, body }],
  );
  assert.deepStrictEqual(result.reasons, CancellationReasons);
});

test('a connection that is refused, and a host that is unknown, have the errors of version 2', async () => {
  const unknown = Object.assign(new Error('getaddrinfo ENOTFOUND tea.invalid'), {
    code: 'ENOTFOUND',
    errno: -3008,
    syscall: 'getaddrinfo',
  });
  const cases = [
    { endpoint: 'http://127.0.0.1:1' },
    {
      endpoint: 'http://tea.invalid',
      httpOptions: { lookup: (host, options, callback) => callback(unknown) },
    },
  ];
  for (const options of cases) {
    await assertSame((sdk) => errorOf(dynamoDb(sdk, options).listTables().promise()));
  }
});

test('invalid parameters have the errors of version 2, and are not sent', async () => {
  const cases = [
    ['getItem', {}],
    ['getItem', { TableName: 1, Key: {} }],
    ['getItem', { TableName, Key: 'a' }],
    ['getItem', { TableName, Key: { id: 'a' } }],
    ['getItem', { TableName, Key: { id: { S: 1 } }, Tea: 1 }],
    ['getItem', { TableName, Key: {}, AttributesToGet: 'a', ConsistentRead: 'yes' }],
    ['query', { TableName, Limit: 'many' }],
    ['query', { TableName, Limit: '3' }],
    ['putItem', { TableName, Item: { b: { B: 5 } } }],
    ['batchGetItem', { RequestItems: { tea: {} } }],
    ['listTables', { ExclusiveStartTableName: null }],
  ];
  for (const [method, params] of cases) {
    await assertSame((sdk) => errorOf(dynamoDb(sdk)[method](params).promise()));
    await assertSame((sdk) =>
      errorOf(dynamoDb(sdk, { paramValidation: false })[method](params).promise()),
    );
  }
});

test('missing credentials and regions have the errors of version 2', async () => {
  const none = { credentials: null, credentialProvider: null };
  for (const options of [none, { region: '' }, { region: 'eu west' }, { credentials: {} }]) {
    await assertSame((sdk) => errorOf(dynamoDb(sdk, options).listTables().promise()));
  }
});

/** Runs a call with fixed random numbers, and without waiting. Returns the chosen delays, too. */
async function withFakeClock(t, call) {
  const delays = [];
  const chance = random(5);
  const { setTimeout: realTimeout } = globalThis;
  const mocks = [
    t.mock.method(Math, 'random', () => chance()),
    t.mock.method(globalThis, 'setTimeout', (callback, delay, ...args) => {
      delays.push(Math.round(delay * 1e6) / 1e6);
      return realTimeout(callback, 0, ...args);
    }),
  ];
  try {
    return { result: await call(), delays };
  } finally {
    for (const mock of mocks) mock.mock.restore();
  }
}

test('retries come as often and after the same delays as by version 2', async (t) => {
  const litexas = { maxRetries: 5, retryDelayOptions: { base: 150 } };
  const settings = [
    litexas,
    {},
    { maxRetries: undefined },
    { maxRetries: 2 },
    { maxRetries: 0 },
    { retryDelayOptions: { base: 1 }, maxRetries: 3 },
    { retryDelayOptions: { customBackoff: (count, error) => count * 7 + error.code.length } },
    { retryDelayOptions: { customBackoff: (count) => (count > 1 ? -1 : 3) } },
  ];
  const answers = [THROTTLED, { status: 500 }, { reset: true }, { status: 400 }];
  for (const options of settings) {
    for (const answer of answers) {
      await assertSame(
        (sdk) =>
          withFakeClock(t, async () => {
            const client = dynamoDb(sdk, { maxRetries: undefined, ...options });
            return errorOf(client.listTables().promise());
          }),
        [answer],
      );
    }
  }
  const { result, requests } = await assertSame(
    (sdk) => withFakeClock(t, () => dynamoDb(sdk, litexas).listTables().promise()),
    [THROTTLED, THROTTLED, THROTTLED, THROTTLED, THROTTLED, {}],
  );
  assert.strictEqual(requests.length, 6);
  assert.strictEqual(result.delays.length, 5);
  result.delays.forEach((delay, at) => assert.ok(delay <= 150 * 2 ** at));
});

test('many throttled calls do not share a budget of retries', async (t) => {
  const { requests } = await assertSame(
    (sdk) =>
      withFakeClock(t, async () => {
        const client = dynamoDb(sdk, { maxRetries: 5 });
        const calls = Array.from({ length: 40 }, () => errorOf(client.listTables().promise()));
        await Promise.all(calls);
      }).then(() => 'done'),
    [THROTTLED],
  );
  assert.strictEqual(requests.length, 240);
});

test('a time limit ends a call, which is retried', { timeout: 60_000 }, async () => {
  const limited = (sdk, httpOptions, maxRetries) => dynamoDb(sdk, { httpOptions, maxRetries });
  const base = { retryDelayOptions: { base: 1 } };
  const silent = [{ silent: true }, { body: { TableNames: [] } }];
  const { requests } = await assertSame(
    (sdk) =>
      dynamoDb(sdk, { httpOptions: { timeout: 400 }, maxRetries: 1, ...base })
        .listTables()
        .promise(),
    silent,
  );
  assert.strictEqual(requests.length, 2);
  await assertSame(
    (sdk) => errorOf(limited(sdk, { timeout: 400 }, 0).listTables().promise()),
    silent,
  );
});

test('a connection that is not established in time ends a call', { timeout: 60_000 }, async () => {
  const net = require('node:net');
  const http = require('node:http');
  class NeverConnected extends http.Agent {
    createConnection() {
      const socket = new net.Socket();
      socket.connecting = true;
      return socket;
    }
  }
  const { result } = await assertSame((sdk) => {
    const httpOptions = { connectTimeout: 30, agent: new NeverConnected() };
    return errorOf(dynamoDb(sdk, { httpOptions }).listTables().promise());
  });
  assert.strictEqual(result.json.code, 'TimeoutError');
});

const EVENTS = [
  'validate',
  'build',
  'afterBuild',
  'sign',
  'send',
  'httpHeaders',
  'httpData',
  'httpDone',
  'httpError',
  'validateResponse',
  'extractError',
  'extractData',
  'retry',
  'afterRetry',
  'success',
  'error',
  'complete',
];

test('a request emits the events of version 2, in their order', async () => {
  const scripts = [
    [{ body: { TableNames: [] } }],
    [THROTTLED, {}],
    [{ status: 400 }],
    [{ reset: true }],
  ];
  for (const script of scripts) {
    await assertSame(
      (sdk) =>
        new Promise((resolve) => {
          const seen = [];
          const options = { maxRetries: 1, retryDelayOptions: { base: 1 } };
          const request = dynamoDb(sdk, options).listTables();
          for (const name of EVENTS) request.on(name, () => seen.push(name));
          request.on('complete', () => resolve(seen)).send();
        }),
      script,
    );
  }
});

test('a request that listeners of all requests see has its params and operation', async () => {
  await assertSame(async (sdk) => {
    const seen = [];
    const onSend = ({ request }) => seen.push(request.operation, request.params);
    sdk.AWS.events.on('send', onSend);
    await dynamoDb(sdk).listTables({ Limit: 1 }).promise();
    sdk.AWS.events.removeListener('send', onSend);
    return seen;
  });
});

test('listeners may change a request and its data, or make it fail', async () => {
  await assertSame((sdk) => {
    const request = dynamoDb(sdk).listTables();
    request.on('build', ({ httpRequest }) => (httpRequest.headers['x-amz-tea'] = 'green'));
    request.on('extractData', (response) => (response.data.added = response.requestId));
    return request.promise();
  });
  for (const name of ['validate', 'build', 'sign', 'extractData']) {
    await assertSame((sdk) => {
      const request = dynamoDb(sdk).listTables();
      request.on(name, () => {
        throw Object.assign(new RangeError('no tea'), { code: 'NoTea' });
      });
      return errorOf(request.promise());
    });
  }
});

test('callbacks and promises get the response', async () => {
  const seen = await assertSame(async (sdk) => {
    const called = await callbackOf(documentClient(sdk).get({ TableName, Key: { id: 1 } }));
    const data = await documentClient(sdk)
      .get({ TableName, Key: { id: 1 } })
      .promise();
    const { requestId, retryCount } = data.$response;
    return { called, data, requestId, retryCount, keys: Object.keys(data) };
  });
  assert.strictEqual(seen.result.called.self, true);
});

test('a request is sent once, also with two promises', async () => {
  const { real, shim } = await callBoth(async (sdk) => {
    const request = dynamoDb(sdk).listTables();
    return Promise.all([request.promise(), request.promise()]);
  });
  assert.deepEqual(shim.result, real.result);
  // Version 2 sends it twice in Node.js 18: the second call repeats the step that the first one waits for.
  assert.strictEqual(shim.requests.length, 1);
});

test('an aborted request has the error of version 2', async () => {
  for (const maxRetries of [0, 2]) {
    const options = { maxRetries, retryDelayOptions: { base: 1 } };
    const { requests } = await assertSame(
      (sdk) => {
        const request = dynamoDb(sdk, options).listTables();
        const outcome = errorOf(request.promise());
        const poll = setInterval(() => {
          if (sdk.requests.length === 0) return;
          clearInterval(poll);
          request.abort();
        }, 5);
        return outcome;
      },
      [{ silent: true }],
    );
    assert.strictEqual(requests.length, 1);
  }
  await assertSame((sdk) => {
    const request = dynamoDb(sdk).listTables();
    request.abort();
    return errorOf(request.promise());
  });
});

test('clients are created without options, or with null', async () => {
  await assertSame(async ({ AWS }) => {
    AWS.config.update({ region: 'eu-west-1' });
    return [undefined, null].map((options) => [
      new AWS.DynamoDB(options).config.region,
      new AWS.DynamoDB.DocumentClient(options).service.config.region,
      new AWS.CloudWatch(options).config.region,
    ]);
  });
});

test('pages are read as by version 2', async () => {
  const page = (id, next) => ({
    body: { Items: [{ id: { S: id } }], ...(next && { LastEvaluatedKey: { id: { S: id } } }) },
  });
  const script = [page('a', true), page('b', true), page('c')];
  const query = (sdk) =>
    documentClient(sdk).query({ TableName, ExpressionAttributeValues: { ':v': 1 } });
  await assertSame(async (sdk) => {
    const found = [];
    let request = query(sdk);
    while (request) {
      const data = await request.promise();
      found.push(data);
      request = data.$response.hasNextPage() ? data.$response.nextPage() : null;
    }
    return found;
  }, script);
  for (const stopAt of [undefined, 'b']) {
    await assertSame(
      (sdk) =>
        new Promise((resolve) => {
          const found = [];
          dynamoDb(sdk)
            .scan({ TableName })
            .eachPage((error, data) => {
              found.push([error, data]);
              if (!data || data.Items[0].id.S === stopAt) resolve(found);
              return !data || data.Items[0].id.S !== stopAt;
            });
        }),
      script,
    );
  }
  await assertSame(
    (sdk) =>
      new Promise((resolve) => {
        const found = [];
        dynamoDb(sdk)
          .scan({ TableName })
          .eachItem((error, item) => {
            found.push([error, item]);
            if (!item) resolve(found);
          });
      }),
    script,
  );
});

test('waiters wait as in version 2', async () => {
  const wait = (state) => (sdk) =>
    errorOf(
      dynamoDb(sdk)
        .waitFor(state, { TableName, $waiter: { delay: 0, maxAttempts: 2 } })
        .promise(),
    );
  const missing = { status: 400, body: refusal('ResourceNotFoundException', { message: 'none' }) };
  const table = (TableStatus) => ({ body: { Table: { TableStatus } } });
  await assertSame(wait('tableExists'), [missing, table('CREATING'), table('ACTIVE')]);
  await assertSame(wait('tableExists'), [missing]);
  await assertSame(wait('tableNotExists'), [table('DELETING'), missing]);
  await assertSame(async (sdk) => {
    try {
      return dynamoDb(sdk).waitFor('tea');
    } catch (error) {
      return error;
    }
  });
});

test('settings have the precedence of version 2', async () => {
  await assertSame(async ({ AWS }) => {
    const config = new AWS.Config({
      region: 'eu-north-1',
      maxRetries: undefined,
      accessKeyId: 'a',
      secretAccessKey: 'b',
    });
    config.update({ httpOptions: { connectTimeout: 5 } });
    const { region, maxRetries, httpOptions, credentials, paramValidation } = config;
    const keys = { ...credentials, secretAccessKey: credentials.secretAccessKey };
    return { region, maxRetries, httpOptions, paramValidation, key: keys.accessKeyId };
  });
  await assertSame(async ({ AWS }) => {
    const service = new AWS.DynamoDB({ region: 'eu-west-1', maxRetries: 4, params: { TableName } });
    const client = new AWS.DynamoDB.DocumentClient({ service, params: { Limit: 3 } });
    const { host, hostname, port, protocol, href, path } = service.endpoint;
    const { maxRetries, params, region } = client.service.config;
    return {
      host,
      hostname,
      protocol,
      href,
      path,
      isPort: port === 443,
      maxRetries,
      params,
      region,
    };
  });
});

test('endpoints are those of version 2 in every partition', async () => {
  for (const region of [
    'eu-west-1',
    'cn-north-1',
    'us-gov-west-1',
    'us-iso-east-1',
    'us-isob-east-1',
  ]) {
    await assertSame(async ({ AWS }) => [
      new AWS.DynamoDB({ region }).endpoint.hostname,
      new AWS.CloudWatch({ region }).endpoint.hostname,
    ]);
  }
});

test('the converter converts as version 2, with its options', async () => {
  await assertSame(async ({ AWS }) => {
    const { Converter } = AWS.DynamoDB;
    const item = { a: '', b: [1], c: { d: null } };
    const attributes = Converter.marshall(item, { convertEmptyValues: true });
    const numbers = Converter.unmarshall({ n: { N: '1.50' } }, { wrapNumbers: true });
    return [attributes, Converter.unmarshall(attributes), numbers.n.toString(), Converter.input(5)];
  });
});

test('metrics have the content of version 2, in the protocol of today', async () => {
  const MetricData = [
    {
      MetricName: 'Launches',
      Dimensions: [{ Name: 'project', Value: 'tea' }],
      Timestamp: '2026-11-26T08:00:00.000Z',
      Unit: 'None',
      Value: 1,
    },
  ];
  const { real, shim } = await callBoth(
    ({ AWS, options }) =>
      new AWS.CloudWatch({ ...options, maxRetries: 0 })
        .putMetricData({ Namespace: 'Litexa', MetricData })
        .promise(),
    [{ body: '' }],
  );
  const form = Object.fromEntries(new URLSearchParams(real.requests[0].body));
  const [sent] = shim.requests;
  assert.strictEqual(sent.headers['x-amz-target'], `GraniteServiceVersion20100801.${form.Action}`);
  const [datum] = sent.body.MetricData;
  assert.strictEqual(sent.body.Namespace, form.Namespace);
  const name = 'MetricData.member.1.';
  assert.strictEqual(datum.Timestamp, Date.parse(form[`${name}Timestamp`]) / 1000);
  assert.strictEqual(String(datum.Value), form[`${name}Value`]);
  assert.strictEqual(datum.Dimensions[0].Value, form[`${name}Dimensions.member.1.Value`]);
  assert.deepStrictEqual(shim.result, { ResponseMetadata: { RequestId: 'REQUEST' } });
});

test('a metric that cannot be written rejects, as in version 2', async () => {
  const put = ({ AWS, options }) =>
    errorOf(
      new AWS.CloudWatch({ ...options, maxRetries: 0 }).putMetricData({ Namespace: 'n' }).promise(),
    );
  const refused = { status: 400, body: { __type: 'InvalidParameterValue', message: 'no' } };
  const { shim } = await callBoth(put, [refused]);
  assert.strictEqual(shim.result.json.code, 'InvalidParameterValue');
  const invalid = ({ AWS, options }) =>
    errorOf(new AWS.CloudWatch(options).putMetricData({ MetricData: [{}] }).promise());
  await assertSame(invalid);
});

test('every class of version 2 can be looked at, and copied as TypeScript does', () => {
  const { real, shim } = SDKS;
  const isClass = (name) => /^[A-Z]/.test(name) && typeof real[name] === 'function';
  const copied = {};
  for (const name of Object.keys(shim)) copied[name] = shim[name];
  for (const name of Object.keys(real).filter(isClass)) {
    assert.strictEqual(typeof copied[name], 'function', name);
  }
  for (const name of ['DynamoDB', 'CloudWatch']) {
    const { operations, waiters } = new real[name]({ region: 'eu-west-1' }).api;
    const client = new shim[name]({ region: 'eu-west-1' });
    assert.deepStrictEqual(
      Object.keys(client.api.operations).sort(),
      Object.keys(operations).sort(),
    );
    for (const operation of Object.keys(operations)) {
      assert.strictEqual(typeof client[operation], 'function');
    }
    assert.deepStrictEqual(Object.keys(client.api.waiters).sort(), Object.keys(waiters).sort());
  }
});
