'use strict';

// Some of the faults that `npm run test:faults` goes through: each way to fail once, some for good.

const { after, before, describe, test } = require('node:test');
const assert = require('node:assert/strict');
const { faultCases, runFaultCase, runRandomCase } = require('./injection/fault-cases');
const { sideBySide } = require('./injection/run-concurrently');
const { openStage } = require('./injection/environment');

const ONCE = [
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
const FOR_GOOD = [
  ['first, dedicated role', 'dynamodb:CreateTable', '500'],
  ['first, dedicated role', 's3:HeadBucket', '429 throttled'],
  ['first, dedicated role', 'logs:DescribeLogGroups', 'truncated answer'],
  ['first, dedicated role', 's3:PutBucketPolicy', 'reset before it is done'],
];
const AT_ONCE = 4;

let stage;
before(async () => (stage = await openStage()));
after(() => stage?.stop());

async function runAll(wanted, forGood) {
  const results = await sideBySide(wanted, AT_ONCE, async ([scenario, id, fault]) => {
    const cases = await faultCases(stage, scenario, [fault]);
    const chosen = cases.find((one) => one.call.id === id && one.forGood === forGood);
    const { reached } = await runFaultCase(stage, chosen);
    assert.ok(reached, 'the deployment did not make the call');
  });
  assertWell(results);
}

function assertWell(results) {
  const bad = results.filter(({ error }) => error);
  assert.deepEqual(
    bad.map(({ job, error }) => `${JSON.stringify(job)}: ${error.message}`),
    [],
  );
}

// Most of it is waiting.
describe('a deployment whose requests fail', { concurrency: true }, () => {
  test('succeeds when one call fails once, in whatever way', async () => {
    await runAll(ONCE, false);
  });

  test('ends with words about a call that fails for good, and the next one finishes it', async () => {
    await runAll(FOR_GOOD, true);
  });

  test('is mended by the next one, whichever tenth of its requests fail', async () => {
    const cases = [1, 2].map((seed) => ({ scenario: 'changed', probability: 0.1, seed }));
    assertWell(await sideBySide(cases, AT_ONCE, (one) => runRandomCase(stage, one)));
  });
});
