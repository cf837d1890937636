'use strict';

// The shim for `aws-sdk` version 2: errors, and the parts of version 2 that it does not have.

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { test } = require('node:test');
const typescript = require('typescript');
const { assertMentions } = require('../support/assertions');
const { packSkill, startLambda } = require('../support/lambda/runtime-host');
const { useSdkShim } = require('../support/lambda/sdk-shim');
const { makeTempDir, removeDir } = require('../support/tmp');

const shim = useSdkShim();

/* global AWS, TableName, store */

test('an exception in a callback ends the function, as with v2', async () => {
  const { error } = await shim.run((event, context, callback) => {
    store.get({ TableName, Key: { userId: 'unknown' } }, () => {
      throw new RangeError('in the callback');
    });
  });
  assert.strictEqual(error.errorType, 'RangeError');
});

test("a skill's own version 3, however old, has no effect on the shim", async () => {
  const broken = makeTempDir('client');
  fs.writeFileSync(path.join(broken, 'index.js'), "throw new Error('an old client')");
  const modules = { '@aws-sdk/client-dynamodb': broken, '@smithy/node-http-handler': broken };
  for (const env of [{}, { NODE_PATH: '' }]) {
    const found = await shim.answerOf(
      async () => store.get({ TableName, Key: { userId: 'unknown' } }).promise(),
      { modules, env },
    );
    assert.deepStrictEqual(found, {});
  }
  removeDir(broken);
});

test('an unsupported part of v2 can be looked at; its use explains how to install v2', async () => {
  const { types, messages } = await shim.answerOf(async () => {
    const uses = [
      () => new AWS.S3(),
      () => new (require('aws-sdk/clients/s3'))(),
      () => new (require('aws-sdk/lib/services/sqs'))(),
      () => store.get({ TableName }).createReadStream(),
      () => new AWS.Service({ apiConfig: {} }),
    ];
    const messages = uses.map((use) => {
      try {
        return `no error: ${use()}`;
      } catch (error) {
        return error.message;
      }
    });
    const types = [typeof AWS.S3, typeof AWS.SQS, typeof AWS.NoSuchService, 'S3' in AWS];
    return { types, messages };
  });
  assert.deepStrictEqual(types, ['function', 'function', 'undefined', true]);
  assert.match(messages[0], /\bAWS\.S3\b/);
  for (const message of messages) {
    assertMentions(message, 'aws-sdk', 'litexa/package.json', 'npm install');
  }
});

test('the files of v2 that skills require are served', async () => {
  const same = await shim.answerOf(async () => {
    require('aws-sdk/lib/maintenance_mode_message').suppress = true;
    return [
      require('aws-sdk/clients/dynamodb') === AWS.DynamoDB,
      require('aws-sdk/clients/dynamodb.js') === AWS.DynamoDB,
      require('aws-sdk/clients/cloudwatch') === AWS.CloudWatch,
      require('aws-sdk/global') === AWS,
      require('aws-sdk/lib/core') === AWS,
      require('aws-sdk/lib/dynamodb/converter') === AWS.DynamoDB.Converter,
      require('aws-sdk/lib/dynamodb/document_client') === AWS.DynamoDB.DocumentClient,
      require('aws-sdk/package.json').version.startsWith(AWS.VERSION),
    ];
  });
  assert.deepStrictEqual(same, Array(8).fill(true));
});

test('a skill in TypeScript may import everything, a default, or a client', async () => {
  const source = `
    import * as AWS from 'aws-sdk';
    import Sdk from 'aws-sdk';
    import DynamoDB from 'aws-sdk/clients/dynamodb';
    import { CloudWatch } from 'aws-sdk';
    export const handler = async () => [
      typeof AWS.S3, typeof AWS.DynamoDB.DocumentClient, AWS.DynamoDB === Sdk.DynamoDB,
      DynamoDB === Sdk.DynamoDB, typeof CloudWatch, typeof AWS.config.update,
    ];`;
  const compilerOptions = { module: typescript.ModuleKind.CommonJS, esModuleInterop: true };
  const { outputText } = typescript.transpileModule(source, { compilerOptions });
  const folder = packSkill(outputText);
  const lambda = await startLambda(folder, { env: { AWS_REGION: 'eu-west-1' } });
  const { answer } = await lambda.invoke({});
  await lambda.stop();
  removeDir(folder);
  assert.deepStrictEqual(answer, ['function', 'function', true, true, 'function', 'function']);
});

test("errors are logged with their message, as Litexa's handlers log them", async () => {
  const text = await shim.answerOf(async () => {
    const params = { TableName: 'no_such_table', Key: { userId: 'a' } };
    return store
      .get(params)
      .promise()
      .catch((error) => JSON.stringify(error));
  });
  const { message, code, statusCode } = JSON.parse(text);
  assert.match(message, /not found/i);
  assert.deepStrictEqual([code, statusCode], ['ResourceNotFoundException', 400]);
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
