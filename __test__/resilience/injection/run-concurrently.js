'use strict';

const assert = require('node:assert/strict');

/**
 * Runs jobs, `width` of them concurrently.
 *
 * @template J, R
 * @param {J[]} jobs
 * @param {number} width
 * @param {(job: J) => Promise<R>} run
 * @param {(result: {job: J, value?: R, error?: Error}, done: number) => void} [onResult]
 * @returns {Promise<{job: J, value?: R, error?: Error}[]>} in the jobs' order
 */
async function runConcurrently(jobs, width, run, onResult = () => {}) {
  const results = [];
  let [next, done] = [0, 0];
  const work = async () => {
    while (next < jobs.length) {
      const index = next++;
      const job = jobs[index];
      const outcome = await run(job).then(
        (value) => ({ job, value }),
        (error) => ({ job, error }),
      );
      results[index] = outcome;
      onResult(outcome, ++done);
    }
  };
  await Promise.all(Array.from({ length: Math.min(width, jobs.length) }, work));
  return results;
}

/** Runs jobs concurrently, and fails with the errors of all jobs that failed. */
async function assertAllSucceed(jobs, width, run) {
  const results = await runConcurrently(jobs, width, run);
  const failed = results.filter(({ error }) => error);
  assert.deepEqual(
    failed.map(({ job, error }) => `${JSON.stringify(job)}: ${error.message}`),
    [],
  );
}

module.exports = { assertAllSucceed, runConcurrently };
