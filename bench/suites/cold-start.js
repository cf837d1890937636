'use strict';

// Cold starts of a skill in the runtime client that AWS uses for nodejs24.x.

const fs = require('node:fs');
const http = require('node:http');
const path = require('node:path');
const { packSkill } = require('../../__test__/support/lambda/runtime-host');
const { random } = require('../../__test__/support/prng');
const { installClient, invoke } = require('../../scripts/lib/lambda-client');
const { sourceText } = require('../fixtures/source-text');
const { median, ratioGoal, times } = require('../harness/stats');

const RUNS = 20;
const QUICK_RUNS = 2;

const NODE_MODULES = path.join(__dirname, '..', '..', 'node_modules');

/** As Litexa's handlers begin, but with a local endpoint, which version 2 takes from its settings only. */
const PREAMBLE = `
const AWS = require('aws-sdk');
AWS.config.update({ region: 'us-east-1' });
require('https');
const { Agent } = require('http');
const common = () => ({
  endpoint: process.env.AWS_ENDPOINT_URL,
  httpOptions: { agent: new Agent({ keepAlive: true }) },
});
const cloudWatch = new AWS.CloudWatch(common());
const metric = {
  Namespace: 'Litexa',
  MetricData: [{ MetricName: 'Launches', Timestamp: new Date().toISOString(), Unit: 'None', Value: 1 }],
};`;

const STORE = `
const store = new AWS.DynamoDB.DocumentClient({
  convertEmptyValues: true,
  service: new AWS.DynamoDB({
    maxRetries: 5,
    retryDelayOptions: { base: 150 },
    paramValidation: false,
    ...common(),
  }),
});
const TableName = 'tea';
exports.handler = (event, context, callback) => {
  cloudWatch.putMetricData(metric, () => {});
  store.get({ TableName, Key: { userId: 'a' }, ConsistentRead: true }, (error) => {
    if (error) return callback(error);
    store.put({ TableName, Item: { userId: 'a', data: { visits: 1 } } }, (error) =>
      callback(error, { version: '1.0' }),
    );
  });
};`;

const NO_STORE = `
exports.handler = (event, context, callback) => {
  cloudWatch.putMetricData(metric, () => {});
  callback(null, { version: '1.0' });
};`;

/** The least that a function with a table does on version 3. */
const FLOOR = `
const { DynamoDB } = require('@aws-sdk/client-dynamodb');
const client = new DynamoDB();
exports.handler = async () => {
  await client.getItem({ TableName: 'tea', Key: { userId: { S: 'a' } } });
  return { version: '1.0' };
};`;

const WORK =
  'From the start of the process to the first answer, with a metric, and a read and a write of the store. The sides are the package as it is deployed, the same package with `aws-sdk` version 2 in its node_modules, and a handler that loads `@aws-sdk/client-dynamodb` and calls it once. Files are in the cache of the system, and there is no TLS.';

async function measure(bench) {
  const client = await installClient().catch((error) => error);
  if (client instanceof Error) return [missingRow(client)];
  const server = await startStore();
  try {
    const rows = [];
    for (const [title, code] of [
      ['with a store', STORE],
      ['without a store', NO_STORE],
    ]) {
      rows.push(await measureSkill(bench, { title, code, client, server }));
    }
    return rows;
  } finally {
    server.close();
  }
}

async function measureSkill(bench, { title, code, client, server }) {
  const filler = `\n/*\n${sourceText(random(3), 65_000).replaceAll('*/', '')}\n*/`;
  const source = PREAMBLE + code + filler;
  const sides = [
    { name: 'ours', folder: packSkill(source) },
    { name: 'version 2 bundled', folder: withVersion2(packSkill(source)) },
    { name: 'floor', folder: packPlain(FLOOR) },
  ];
  const results = sides.map(({ name }) => ({ name, runs: [] }));
  for (let round = 0; round < (bench.quick ? QUICK_RUNS : RUNS); round += 1) {
    for (const [index, { name, folder }] of sides.entries()) {
      const work = await coldStart(client, folder, server);
      results[index].runs.push({ work });
      bench.say(`${name}: ${(work * 1000).toFixed(0)} ms`);
    }
  }
  for (const { folder } of sides) fs.rmSync(folder, { recursive: true });
  return {
    title: `Cold start, ${title}`,
    work: WORK,
    check: 'Every answer is compared with the expected one.',
    results,
    goals: [goal(results)],
  };
}

/** A goal has two ways to be met. */
function goal(results) {
  const half = ratioGoal('', results, { side: 'version 2 bundled', by: 2 });
  const floor = median(results, 'ours') / median(results, 'floor');
  return {
    text: 'half of the time with version 2 bundled, or 1.1 times the floor',
    measured: `${half.measured} as fast, ${times(floor)} the floor`,
    met: half.met || floor <= 1.1,
  };
}

async function coldStart(client, folder, server) {
  const env = {
    PATH: process.env.PATH,
    NODE_PATH: NODE_MODULES,
    AWS_ACCESS_KEY_ID: 'AKID',
    AWS_SECRET_ACCESS_KEY: 'secret',
    AWS_SESSION_TOKEN: 'session',
    AWS_ENDPOINT_URL: `http://127.0.0.1:${server.address().port}`,
  };
  const [{ kind, body, ms }] = await invoke(client, { folder, events: ['{}'], env });
  if (kind !== 'response' || body !== '{"version":"1.0"}') throw new Error(`${kind}: ${body}`);
  return ms / 1000;
}

function withVersion2(folder) {
  const target = path.join(folder, 'node_modules', 'aws-sdk');
  fs.rmSync(target, { recursive: true });
  fs.symlinkSync(path.join(NODE_MODULES, 'aws-sdk'), target);
  return folder;
}

function packPlain(source) {
  const folder = packSkill('');
  fs.writeFileSync(path.join(folder, 'index.js'), source);
  return folder;
}

/** A table without items, and a CloudWatch, which version 2 expects to answer in XML. */
async function startStore() {
  const server = http.createServer((request, response) => {
    request.resume().on('end', () => response.end(request.headers['x-amz-target'] ? '{}' : ''));
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}

function missingRow({ message }) {
  return {
    title: 'Cold start',
    work: WORK,
    check: `Not measured: the runtime client cannot be installed: ${message.slice(0, 200)}`,
    table: [['side'], ['missing']],
    goals: [{ text: 'half of the time with version 2 bundled', measured: 'not measured' }],
  };
}

module.exports = { measure };
