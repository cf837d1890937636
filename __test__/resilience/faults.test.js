'use strict';

// Failing requests: a selection of the faults of `npm run test:faults`, transient and persistent ones.

const assert = require('node:assert/strict');
const { after, before, describe, test } = require('node:test');
const { faultCases, runFaultCase, runRandomCase } = require('./injection/fault-cases');
const { openEnvironment } = require('./injection/environment');
const { assertAllSucceed } = require('./injection/run-concurrently');

const TRANSIENT = [
  ['first', 's3:CreateBucket', '500'],
  ['first', 'iam:CreateRole', '503 SlowDown'],
  ['first', 's3:HeadBucket', '429 throttled'],
  ['first', 'lambda:CreateAlias release-0', '429 with Retry-After'],
  ['first', 'lambda:CreateFunction', 'reset before it is done'],
  ['first', 'dynamodb:CreateTable', 'reset before the answer'],
  ['first', 's3:CompleteMultipartUpload cats/beta/default/film.mp4', 'reset in the answer'],
  ['first', 'logs:DescribeLogGroups', 'truncated answer'],
  ['first', 's3:CreateMultipartUpload cats/beta/default/film.mp4', 'answer too late'],
  ['first', 'lambda:AddPermission', 'stalled answer'],
];
const PERSISTENT = [
  ['first, dedicated role', 'dynamodb:CreateTable', '500'],
  ['first, dedicated role', 's3:HeadBucket', '429 throttled'],
  ['first, dedicated role', 'logs:DescribeLogGroups', 'truncated answer'],
  ['first, dedicated role', 's3:PutBucketPolicy', 'reset before it is done'],
];
const CONCURRENCY = 4;

let environment;
before(async () => (environment = await openEnvironment()));
after(() => environment?.stop());

async function runFaults(selection, isPersistent) {
  await assertAllSucceed(selection, CONCURRENCY, async ([scenario, id, fault]) => {
    const cases = await faultCases(environment, scenario, [fault]);
    const isSelected = (one) => one.call.id === id && one.isPersistent === isPersistent;
    const { reached } = await runFaultCase(environment, cases.find(isSelected));
    assert.ok(reached, 'the deployment did not send the request');
  });
}

// Deployments mostly wait.
describe('a deployment whose requests fail', { concurrency: true }, () => {
  test('succeeds if one request fails once', async () => {
    await runFaults(TRANSIENT, false);
  });

  test('has an error that names the resource of a persistent failure, and the next one finishes it', async () => {
    await runFaults(PERSISTENT, true);
  });

  test('is finished by the next one, whichever tenth of its requests fail', async () => {
    const cases = [1, 2].map((seed) => ({ scenario: 'changed', probability: 0.1, seed }));
    await assertAllSucceed(cases, CONCURRENCY, (one) => runRandomCase(environment, one));
  });
});
