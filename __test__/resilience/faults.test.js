'use strict';

// Failing requests: a selection of the faults of `npm run test:faults`, transient and persistent ones.

const assert = require('node:assert/strict');
const { after, before, describe, test } = require('node:test');
const answers = require('./injection/answer-cases');
const { openEnvironment } = require('./injection/environment');
const { faultCases, runFaultCase, runRandomCase } = require('./injection/fault-cases');
const { REFUSALS } = require('./injection/propagation');
const { REPETITIONS } = require('./injection/repetitions');
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
  ['removed', 'sts:GetCallerIdentity', 'answer too late'],
];
const PERSISTENT = [
  ['first', 'iam:GetRole', 'truncated answer'],
  ['first, dedicated role', 'dynamodb:CreateTable', '500'],
  ['first, dedicated role', 's3:HeadBucket', '429 throttled'],
  ['first, dedicated role', 'logs:DescribeLogGroups', 'truncated answer'],
  ['first, dedicated role', 's3:PutBucketPolicy', 'reset before it is done'],
  ['removed', 'iam:DetachRolePolicy AmazonSNSFullAccess', '500'],
  ['removed', 's3:AbortMultipartUpload cats/beta/default/film.mp4', 'reset before it is done'],
  ['invoked', 'dynamodb:DeleteItem', '500'],
];
const FILM = 'cats/beta/default/film.mp4';
const LOST_ANSWERS = [
  ['first', 'dynamodb:UpdateTimeToLive, connection cut, then already enabled'],
  ['first', 'dynamodb:UpdateTimeToLive, 500, then modified multiple times'],
  ['first', 'logs:PutRetentionPolicy, HTML, 502, then OperationAbortedException'],
  ['first', `s3:CreateMultipartUpload ${FILM}, 503, then success`],
  ['first', `s3:CompleteMultipartUpload ${FILM}, 503, then NoSuchUpload`],
  ['first', 'lambda:AddPermission, connection cut, then ResourceConflictException'],
  ['removed', 'lambda:DeleteFunction, 500, then ResourceNotFoundException'],
  ['removed', 'iam:DeleteRole, connection cut, then NoSuchEntity'],
  ['removed', 'dynamodb:DeleteTable, 500, then ResourceInUseException'],
  [
    'rolled back',
    'lambda:UpdateAlias, 500, then PreconditionFailedException if it names a revision',
  ],
];
const LOST_ELSEWHERE = [
  ['first', 's3:CreateBucket, 503, then BucketAlreadyOwnedByYou'],
  ['first', 's3:CreateBucket, connection cut, then BucketAlreadyOwnedByYou'],
  ['first', 'lambda:CreateFunction, 500, then ResourceConflictException'],
];
const REFUSED = [
  ['first', 'dynamodb:UpdateTimeToLive, unknown table after dynamodb:CreateTable'],
  ['first', 'logs:PutRetentionPolicy, unknown log group after logs:CreateLogGroup'],
  ['first', 'logs:PutRetentionPolicy, OperationAbortedException after logs:CreateLogGroup'],
  ['first', 'lambda:CreateAlias release-0, unknown function after lambda:CreateFunction'],
  ['first', 'lambda:AddPermission, unknown function after lambda:CreateFunction'],
];
const PAGES = [
  ['first', 'logs:CreateLogGroup', 'HTML, 504 after it is done'],
  ['first', 's3:PutBucketCors', 'HTML, 503'],
];
const CLOCKS = [
  ['first, dedicated role', '-20 min'],
  ['first, dedicated role', '120 min'],
];
const CONCURRENCY = 4;
/** Here S3 answers differently when its bucket is created again. */
const ELSEWHERE = { region: 'eu-central-1', s3: 'strict' };

let environment;
let elsewhere;
before(async () => {
  environment = await openEnvironment();
  elsewhere = await openEnvironment(ELSEWHERE);
});
after(async () => {
  await environment?.stop();
  await elsewhere?.stop();
});

/** Runs cases that are selected by their names. */
async function runNamed(selection, { where = environment, cases, run }) {
  await assertAllSucceed(selection, CONCURRENCY, async ([scenario, name]) => {
    const all = await cases(where, scenario);
    const found = all.find((one) => one.name === name);
    assert.ok(found, `there is no case ${name}`);
    const { reached } = await run(where, found);
    assert.ok(reached, 'the deployment was not disturbed');
  });
}

const LOSSES = { cases: answers.lostAnswerCases, run: answers.runLostAnswerCase };

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

  test('succeeds if HTML from something in between is the answer to one request', async () => {
    await runFaults(PAGES, false);
  });

  test('names something in between that answers with HTML as if all was well', async () => {
    await runFaults([['first', 'logs:PutRetentionPolicy', 'HTML, 200']], false);
  });

  test('has an error that names the resource of a persistent failure, and the next one finishes it', async () => {
    await runFaults(PERSISTENT, true);
  });

  test('is finished by the next one, whichever tenth of its requests fail', async () => {
    const cases = [1, 2].map((seed) => ({ scenario: 'changed', probability: 0.1, seed }));
    await assertAllSucceed(cases, CONCURRENCY, (one) => runRandomCase(environment, one));
  });
});

describe(
  'a deployment that gets the answers that AWS gives, and emulators do not,',
  { concurrency: true },
  () => {
    test('succeeds if the answer to a change was lost and the repetition is answered differently', async () => {
      await runNamed(LOST_ANSWERS, LOSSES);
    });

    test('does so in another region, on a strict S3', async () => {
      await runNamed(LOST_ELSEWHERE, { ...LOSSES, where: elsewhere });
    });

    test('waits while what it has just created is not known everywhere', async () => {
      await runNamed(REFUSED, { cases: answers.refusalCases, run: answers.runRefusalCase });
    });

    test('succeeds with one warning if the clock of this machine is wrong', async () => {
      const clocks = { cases: answers.clockCases, run: answers.runClockCase };
      await runNamed(CLOCKS, clocks);
      await runNamed(CLOCKS.slice(0, 1), { ...clocks, where: elsewhere });
    });
  },
);

test('each answer of the tables names its source', () => {
  for (const row of [...Object.values(REPETITIONS).flat(), ...REFUSALS]) {
    assert.match(row.source, /^https:\/\//, JSON.stringify(row));
  }
});
