'use strict';

// The shim's CloudWatch client: a metric is written, and its failure does not fail the answer.

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { read } = require('../support/documents');
const { startServer, startSlowProxy, useSdkShim } = require('../support/lambda/sdk-shim');

const shim = useSdkShim();

/* global METRIC, cloudWatch */

test('a metric with an ISO time, as Litexa sends it, is written', async (t) => {
  const seen = await startSlowProxy(t, shim.endpoint);
  const { answer, log } = await shim.run(
    (event, context, callback) => {
      cloudWatch.putMetricData(METRIC, (error) => console.log(`metric: ${error}`));
      callback(null, 'answered');
    },
    { env: { AWS_ENDPOINT_URL_CLOUDWATCH: seen.url } },
  );
  assert.strictEqual(answer, 'answered');
  assert.match(log, /^metric: null$/m);
  assert.deepStrictEqual(seen.statuses, [200]);
  // The emulator accepts a string; CloudWatch needs the number to which v3 converts a date.
  assert.match(seen.body(), /"Timestamp":\d/);
});

test('an error on writing a metric goes to the callback, or rejects the promise', async () => {
  const env = { AWS_ENDPOINT_URL_CLOUDWATCH: 'http://127.0.0.1:1' };

  const called = await shim.run(
    (event, context, callback) => {
      cloudWatch.putMetricData(METRIC, (error) => console.log(`metric: ${error.code}`));
      callback(null, 'answered');
    },
    { env },
  );
  assert.strictEqual(called.answer, 'answered');
  assert.match(called.log, /metric: UnknownEndpoint/);

  const code = await shim.answerOf(
    () =>
      cloudWatch
        .putMetricData(METRIC)
        .promise()
        .catch((error) => error.code),
    { env },
  );
  assert.strictEqual(code, 'UnknownEndpoint');
});

test('a metric request that hangs does not turn the answer into a timeout', async (t) => {
  const silent = await startServer(t, () => {});
  const { answer } = await shim.run(
    (event, context, callback) => {
      cloudWatch.putMetricData(METRIC, () => {});
      callback(null, 'answered');
    },
    { env: { AWS_ENDPOINT_URL_CLOUDWATCH: silent }, timeoutMs: 2000 },
  );
  assert.strictEqual(answer, 'answered');
});

test('a metric request that hangs times out', async (t) => {
  const silent = await startServer(t, () => {});
  const { log } = await shim.run(
    (event, context, callback) => {
      cloudWatch.putMetricData(METRIC, (error) => console.log(`metric: ${error.code}`));
      callback(null, 'answered');
    },
    { env: { AWS_ENDPOINT_URL_CLOUDWATCH: silent }, timeoutMs: 60000 },
  );
  assert.match(log, /metric: TimeoutError/);
});

test('so does one that never gets a connection, as in a VPC without a way to CloudWatch', async () => {
  const { log } = await shim.run(
    (event, context, callback) => {
      const { Agent } = require('node:http');
      const { Socket } = require('node:net');
      const agent = new Agent();
      agent.createConnection = () => Object.assign(new Socket(), { connecting: true });
      const client = new AWS.CloudWatch({ httpOptions: { agent } });
      client.putMetricData(METRIC, (error) => console.log(`metric: ${error.code}`));
      callback(null, 'answered');
    },
    { env: { AWS_ENDPOINT_URL_CLOUDWATCH: 'http://127.0.0.1:1' }, timeoutMs: 60000 },
  );
  assert.match(log, /metric: TimeoutError/);
});

test('the answer waits for longer than a metric request lasts', () => {
  const constant = (file, name) => {
    const text = read(`src/lambda/runtime/js/${file}`);
    return Number(new RegExp(`^const ${name} = (\\d+);$`, 'm').exec(text)[1]);
  };
  const request = constant('aws-sdk/cloudwatch.js', 'TIMEOUT_MS');
  assert.ok(request + 500 <= constant('entry.js', 'PENDING_WAIT_MS'), `${request} ms`);
});
