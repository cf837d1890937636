'use strict';

// Requests that AWS rejects, or that do not reach it: the code and the message of the error.

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { useAws } = require('../support/aws/use-aws');
const { createAssetProject, BUCKET } = require('../support/litexa/project');

const aws = useAws();

const deploy = (t) => createAssetProject(t, { 'default/meow.mp3': 'meow' }).deployAssets();

for (const [name, status, reason] of [
  ['that AWS does not know', 403, 'InvalidAccessKeyId'],
  ['that have expired', 400, 'ExpiredToken'],
]) {
  // S3 answers a HEAD request without a body, and so without an error code.
  test(`the error names credentials ${name} as the cause, not a missing permission`, async (t) => {
    aws.intercept(({ operation }) => operation === 'HeadBucket' && { status });
    aws.rejectS3('ListObjectsV2', status, reason);
    await assert.rejects(deploy(t), ({ code, message }) => {
      assert.equal(code, 'MISSING_CREDENTIALS');
      assert.match(message, new RegExp(BUCKET));
      assert.match(message, /credentials/);
      return true;
    });
  });
}

test('credentials that expire during a deployment are reported as such', async (t) => {
  aws.rejectS3('PutObject', 400, 'ExpiredToken', 'The provided token has expired.');
  await assert.rejects(deploy(t), {
    code: 'MISSING_CREDENTIALS',
    message: /The provided token has expired/,
  });
});

test('a lost connection to AWS is reported as such', async (t) => {
  aws.intercept(() => ({ destroy: true }));
  await assert.rejects(deploy(t), {
    code: 'AWS_UNAVAILABLE',
    message: /AWS_ENDPOINT_URL/,
  });
});

test('the error for a rejected request is one line, although the message of AWS has several', async (t) => {
  aws.rejectS3('PutObject', 403, 'AccessDenied', 'User is not\nauthorized\r\nto do this');
  await assert.rejects(deploy(t), ({ code, message }) => {
    assert.equal(code, 'ACCESS_DENIED');
    assert.match(
      message,
      /^.*meow\.mp3.* User is not authorized to do this\b.*\bs3:PutObject\b.*$/,
    );
    return true;
  });
});
