'use strict';

// Killed deployments: a selection of the crashes of `npm run test:faults`.

const assert = require('node:assert/strict');
const { after, before, describe, test } = require('node:test');
const { crashCases, runCrashCase, runFileCase } = require('./injection/crash-cases');
const { openEnvironment } = require('./injection/environment');
const { assertAllSucceed } = require('./injection/run-concurrently');

const CALLS = [
  ['first', 's3:CreateBucket', 'before the answer'],
  ['first', 'dynamodb:CreateTable', 'before the answer'],
  ['first', 's3:CreateMultipartUpload cats/beta/default/film.mp4', 'before the answer'],
  ['first', 's3:UploadPart cats/beta/default/film.mp4, part 2', 'after the answer'],
  ['first', 'logs:CreateLogGroup', 'after the answer'],
  ['first', 'lambda:CreateFunction', 'after the answer'],
  ['changed', 'lambda:UpdateFunctionConfiguration', 'before the answer'],
  // The alias is still rolled back then, and must not stay so.
  ['changed', 'lambda:UpdateFunctionCode', 'after the answer'],
  ['changed, published version', 'lambda:PublishVersion #2', 'after the answer'],
  ['changed', 's3:PutObject cats/beta/default/meow.txt', 'before the answer'],
  ['removed', 'lambda:DeleteFunction', 'before the answer'],
  ['removed', 'iam:DeleteRolePolicy', 'after the answer'],
  ['removed', 's3:DeleteObjects', 'before the answer'],
  ['removed', 'dynamodb:DeleteTable', 'before the answer'],
  ['rolled back', 'lambda:UpdateAlias', 'before the answer'],
  // The item is written, and not deleted yet.
  ['invoked', 'lambda:Invoke', 'before the answer'],
];
const FILE_CHANGES = [1, 4, 8, 16, 24];
const CONCURRENCY = 3;

let environment;
before(async () => (environment = await openEnvironment()));
after(() => environment?.stop());

// Deployments mostly wait.
describe('a deployment that is killed', { concurrency: true }, () => {
  test('during a request to AWS is finished by the next deployment', async () => {
    await assertAllSucceed(CALLS, CONCURRENCY, async ([scenario, id, when]) => {
      const cases = await crashCases(environment, scenario);
      const chosen = cases.find((crash) => crash.call.id === id && crash.when === when);
      const { reached } = await runCrashCase(environment, chosen);
      assert.ok(reached, 'the process was not killed');
    });
  });

  test('while it writes files is finished by the next deployment', async () => {
    await assertAllSucceed(FILE_CHANGES, CONCURRENCY, async (nth) => {
      const { reached } = await runFileCase(environment, { scenario: 'first', nth });
      assert.ok(reached, 'the process was not killed');
    });
  });
});
