'use strict';

// Makes each call of a deployment fail with each fault, once (transient) or always (persistent).

const assert = require('node:assert/strict');
const crypto = require('node:crypto');
const { assertMentions } = require('../../support/assertions');
const { ERROR_PATTERNS, isOptional, isSentOnce } = require('./api-calls');
const { TIMEOUT_SECONDS, assertRecovered } = require('./environment');
const { FAULTS, PAGES, TIMES_OUT } = require('./faults');

const SHORT_TIMEOUT = { LITEXA_AWS_TIMEOUT_SECONDS: String(TIMEOUT_SECONDS) };

/**
 * @typedef {{scenario: string, call: {id: string, name: string, count: number, operation: string,
 *   status: number}, fault: string, isPersistent: boolean}} Case
 */

/** Returns every call of a scenario with every fault, transient and persistent. */
async function faultCases(environment, scenario, faults = Object.keys(FAULTS)) {
  const { calls } = await environment.baseline(scenario);
  return calls.flatMap((call) =>
    faults.flatMap((fault) =>
      [false, true].map((isPersistent) => ({ scenario, call, fault, isPersistent })),
    ),
  );
}

/**
 * Fails if the outcome, or the state after the next deployment, is not as expected.
 *
 * @returns {Promise<{reached: boolean, seconds: number}>} `reached` is false if the deployment did not
 *   make the call in this run, as it may happen with polling
 */
async function runFaultCase(environment, { scenario, call, fault, isPersistent }) {
  const run = await environment.setUp(scenario);
  try {
    let hits = 0;
    const outcome = await run.deployDisturbed(
      (request, { name, count }) => {
        const isDue = isPersistent ? count >= call.count : count === call.count;
        if (name !== call.name || !isDue) return undefined;
        hits += 1;
        return (FAULTS[fault] ?? PAGES[fault])(request);
      },
      TIMES_OUT.has(fault) && SHORT_TIMEOUT,
    );
    const staysFailed = isPersistent || PASSES_NOT.has(fault) || isSentOnce(call);
    if (hits > 0) assertOutcome(outcome, call, staysFailed);
    await assertRecovered(environment, scenario, run);
    return { reached: hits > 0, seconds: outcome.seconds };
  } finally {
    await run.tearDown();
  }
}

function assertOutcome({ exit, error, stderr }, call, isPersistent) {
  const { id, operation } = call;
  const found = error ? `${error.code}: ${error.message}` : 'no error';
  const context = `${id}: exit ${exit}, ${found} ${stderr}`;
  if (!isPersistent) return assert.equal(exit, 0, context);
  // A call that is optional here may be required when it is repeated later.
  if (isOptional(call) && exit === 0) return undefined;
  assert.equal(exit, 1, context);
  assert.equal(error.code, 'AWS_UNAVAILABLE', context);
  assert.ok(ERROR_PATTERNS[operation], `${operation} is missing in ERROR_PATTERNS: ${context}`);
  return assertMentions(error.message, ...ERROR_PATTERNS[operation]);
}

/** Faults after which the module does not send the request again. */
const PASSES_NOT = new Set(['HTML, 200']);

/**
 * Makes each request fail with a probability, with a random fault. The same seed makes the same requests
 * fail, in whatever order they are made.
 *
 * @returns {Promise<{failed: boolean, faults: number, seconds: number}>}
 */
async function runRandomCase(environment, { scenario, probability, seed }) {
  const run = await environment.setUp(scenario);
  try {
    let faults = 0;
    const outcome = await run.deployDisturbed((request, { id }) => {
      if (chance(`${seed} ${id}`) >= probability) return undefined;
      faults += 1;
      const names = Object.keys(FAULTS);
      return FAULTS[names[Math.floor(chance(`${id} ${seed}`) * names.length)]](request);
    }, SHORT_TIMEOUT);
    if (outcome.exit !== 0) {
      const context = `seed ${seed}: exit ${outcome.exit}, ${outcome.error?.message} ${outcome.stderr}`;
      assert.equal(outcome.exit, 1, context);
      assert.equal(outcome.error.code, 'AWS_UNAVAILABLE', context);
    }
    await assertRecovered(environment, scenario, run);
    return { failed: outcome.exit !== 0, faults, seconds: outcome.seconds };
  } finally {
    await run.tearDown();
  }
}

/** Returns a number from 0 up to 1 that depends on a text only. */
function chance(text) {
  return crypto.createHash('sha256').update(text).digest().readUInt32LE() / 2 ** 32;
}

module.exports = { faultCases, runFaultCase, runRandomCase };
