'use strict';

/**
 * Runs jobs, so many at the same time. Deployments mostly wait.
 *
 * @template J, R
 * @param {J[]} jobs
 * @param {number} width
 * @param {(job: J) => Promise<R>} run
 * @param {(result: {job: J, value?: R, error?: Error}, done: number) => void} [heard]
 * @returns {Promise<{job: J, value?: R, error?: Error}[]>} in the jobs' order
 */
async function sideBySide(jobs, width, run, heard = () => {}) {
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
      heard(outcome, ++done);
    }
  };
  await Promise.all(Array.from({ length: Math.min(width, jobs.length) }, work));
  return results;
}

module.exports = { sideBySide };
