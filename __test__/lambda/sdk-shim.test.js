'use strict';

// The shim for `aws-sdk` version 2: errors, and the parts of version 2 that it does not have.

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { assertMentions } = require('../support/assertions');
const { useSdkShim } = require('../support/lambda/sdk-shim');

const shim = useSdkShim();

/* global AWS, METRIC, TableName, cloudWatch, store */

test('an exception in a callback ends the function, as with v2', async () => {
  const { error } = await shim.run((event, context, callback) => {
    store.get({ TableName, Key: { userId: 'unknown' } }, () => {
      throw new RangeError('in the callback');
    });
  });
  assert.strictEqual(error.errorType, 'RangeError');
});

test('a client library that cannot be loaded is an error of the call, not of the skill', async () => {
  const codes = await shim.answerOf(
    async () => {
      const code = await store
        .get({ TableName, Key: { userId: 'unknown' } })
        .promise()
        .catch((error) => error.code);
      await cloudWatch.putMetricData(METRIC).promise();
      return code;
    },
    { env: { NODE_PATH: '' } },
  );
  assert.strictEqual(codes, 'MODULE_NOT_FOUND');
});

test('the error for an unsupported part of v2 explains how to install v2', async () => {
  const messages = await shim.answerOf(async () => {
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

test('operations that are common to all objects are supported', async () => {
  const answer = await shim.answerOf(async () => {
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
