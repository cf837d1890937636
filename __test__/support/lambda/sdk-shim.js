'use strict';

// Runs handlers that use the package's shim for `aws-sdk` version 2 against the emulator.

const assert = require('node:assert/strict');
const http = require('node:http');
const { after, before } = require('node:test');
const { startEmulator } = require('../aws/emulator');
const { removeDir } = require('../tmp');
const { packSkill, startLambda } = require('./runtime-host');
const { createTable } = require('./table');

const REGION = 'eu-west-1';
const TABLE = 'teahouse_development_litexa_handler_state';

/** The globals of handlers, as Litexa's handlers create them. */
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

/**
 * Provides the tests of a file with an emulator that has the skill's table.
 *
 * @returns {{endpoint: string, table: (userId: string) => Promise<object | undefined>,
 *   run: Function, answerOf: Function}} from the first hook on; `table` reads an item
 */
function useSdkShim() {
  const folders = [];
  let emulator;
  const shim = {
    /** Runs a handler in a process of its own. It can use the globals of PREAMBLE only. */
    async run(handler, { env = {}, modules, ...options } = {}) {
      const folder = packSkill(`${PREAMBLE}\nexports.handler = ${handler};`, modules);
      folders.push(folder);
      const settings = { env: { ...emulator.env, AWS_REGION: REGION, ...env }, ...options };
      const lambda = await startLambda(folder, settings);
      const outcome = await lambda.invoke({});
      return { ...outcome, log: await lambda.stop() };
    },
    /** Runs a handler and returns its answer. */
    async answerOf(handler, options) {
      const { answer, error } = await shim.run(handler, options);
      assert.ifError(error);
      return answer;
    },
  };
  before(async () => {
    emulator = await startEmulator();
    shim.endpoint = emulator.endpoint;
    shim.table = await createTable(TABLE, { ...emulator.env, AWS_REGION: REGION });
  });
  after(async () => {
    folders.forEach(removeDir);
    await emulator?.stop();
  });
  return shim;
}

/** Starts an HTTP server that is stopped after the test `t`. Returns its URL. */
async function startServer(t, onRequest) {
  const server = http.createServer(onRequest);
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${server.address().port}`;
}

/**
 * Starts a proxy that delays requests, so that an answer could overtake them.
 *
 * @returns {Promise<{url: string, statuses: number[], body: () => string}>}
 */
async function startSlowProxy(t, target) {
  const statuses = [];
  const chunks = [];
  const url = await startServer(t, (incoming, outgoing) => {
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
  return { url, statuses, body: () => Buffer.concat(chunks).toString() };
}

module.exports = { startServer, startSlowProxy, useSdkShim };
