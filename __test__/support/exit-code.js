'use strict';

// Functions that the CLI calls set the exit code of the process after a failure. In a test, that would
// be the exit code of the tests.

/**
 * Awaits a function that the CLI calls.
 *
 * @template T
 * @param {() => Promise<T>} call
 * @returns {Promise<{value?: T, error?: any, exitCode: number}>} the outcome; `exitCode` is 0 if the
 *   call did not set it
 */
async function outcomeOf(call) {
  const outcome = await call().then(
    (value) => ({ value }),
    (error) => ({ error }),
  );
  const exitCode = Number(process.exitCode ?? 0);
  process.exitCode = undefined;
  return { ...outcome, exitCode };
}

/** Awaits a function that the CLI calls, and only keeps it from setting the exit code. */
async function withoutExitCode(call) {
  const { error, value } = await outcomeOf(call);
  if (error) throw error;
  return value;
}

module.exports = { outcomeOf, withoutExitCode };
