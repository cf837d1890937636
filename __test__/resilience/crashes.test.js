'use strict';

// Some of the crashes that `npm run test:faults` goes through: killed at calls and at file changes.

const { after, before, describe, test } = require('node:test');
const assert = require('node:assert/strict');
const { crashCases, runCrashCase, runFileCase } = require('./injection/crash-cases');
const { sideBySide } = require('./injection/run-concurrently');
const { openStage } = require('./injection/environment');

const CALLS = [
  ['first', 's3:CreateBucket', 'before the answer'],
  ['first', 'dynamodb:CreateTable', 'before the answer'],
  ['first', 's3:CreateMultipartUpload cats/beta/default/film.mp4', 'before the answer'],
  ['first', 's3:UploadPart cats/beta/default/film.mp4, part 2', 'after the answer'],
  ['first', 'logs:CreateLogGroup', 'after the answer'],
  ['first', 'lambda:CreateFunction', 'after the answer'],
  ['changed', 'lambda:UpdateFunctionConfiguration', 'before the answer'],
  ['changed', 's3:PutObject cats/beta/default/meow.txt', 'before the answer'],
];
const FILE_CHANGES = [1, 4, 8, 16, 24];
const AT_ONCE = 3;

let stage;
before(async () => (stage = await openStage()));
after(() => stage?.stop());

async function runAll(cases, run) {
  const results = await sideBySide(cases, AT_ONCE, run);
  const bad = results.filter(({ error }) => error);
  assert.deepEqual(
    bad.map(({ job, error }) => `${JSON.stringify(job)}: ${error.message}`),
    [],
  );
}

// Most of it is waiting.
describe('a deployment that is killed', { concurrency: true }, () => {
  test('at a call to AWS is finished by the next one', async () => {
    await runAll(CALLS, async ([scenario, id, when]) => {
      const cases = await crashCases(stage, scenario);
      const chosen = cases.find((crash) => crash.call.id === id && crash.when === when);
      const { reached } = await runCrashCase(stage, chosen);
      assert.ok(reached, 'the process was not killed');
    });
  });

  test('while it writes files is finished by the next one', async () => {
    await runAll(FILE_CHANGES, async (nth) => {
      const { reached } = await runFileCase(stage, { scenario: 'first', nth });
      assert.ok(reached, 'the process was not killed');
    });
  });
});
