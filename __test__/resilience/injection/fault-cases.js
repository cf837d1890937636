'use strict';

// Each call of a deployment fails in each way, once or for good.

const assert = require('node:assert/strict');
const crypto = require('node:crypto');
const { assertMentions } = require('../../support/assertions');
const { ERROR_PATTERNS, isSpare } = require('./api-calls');
const { FAULTS, KEEPS_WAITING } = require('./faults');
const { assertHealed, TIMEOUT_SECONDS } = require('./environment');

const IMPATIENT = { LITEXA_AWS_TIMEOUT_SECONDS: String(TIMEOUT_SECONDS) };

/**
 * @typedef {{scenario: string, call: {id: string, name: string, count: number, operation: string,
 *   status: number}, fault: string, forGood: boolean}} Case
 */

/** Every call of a scenario with every fault, once and for good. */
async function faultCases(stage, scenario, faults = Object.keys(FAULTS)) {
  const { calls } = await stage.undisturbed(scenario);
  return calls.flatMap((call) =>
    faults.flatMap((fault) => [false, true].map((forGood) => ({ scenario, call, fault, forGood }))),
  );
}

/**
 * Throws where something is not as it has to be.
 *
 * @returns {Promise<{reached: boolean, seconds: number}>} not `reached`: the deployment did not
 *   make the call this time, as with one that waits a little and asks again
 */
async function runFaultCase(stage, { scenario, call, fault, forGood }) {
  const place = await stage.setUp(scenario);
  try {
    let hits = 0;
    const outcome = await place.deployDisturbed(
      (asked, { name, count }) => {
        const isDue = name === call.name && (forGood ? count >= call.count : count === call.count);
        return isDue && ++hits ? FAULTS[fault](asked) : undefined;
      },
      KEEPS_WAITING.has(fault) && IMPATIENT,
    );
    if (hits > 0) assertOutcome(outcome, call, forGood);
    await assertHealed(stage, scenario, place);
    return { reached: hits > 0, seconds: outcome.seconds };
  } finally {
    await place.tearDown();
  }
}

function assertOutcome({ exit, error, stderr }, call, forGood) {
  const { id, operation } = call;
  const said = `${id}: exit ${exit}, ${error ? `${error.code}: ${error.message}` : 'no error'} ${stderr}`;
  if (!forGood) return assert.equal(exit, 0, said);
  // A call that is made again later may be needed then.
  if (isSpare(call) && exit === 0) return undefined;
  assert.equal(exit, 1, said);
  assert.equal(error.code, 'AWS_UNAVAILABLE', said);
  assert.ok(ERROR_PATTERNS[operation], `${operation} is missing in ERROR_PATTERNS: ${said}`);
  return assertMentions(error.message, ...ERROR_PATTERNS[operation]);
}

/**
 * Each request fails with a probability, in a way that chance chooses: the same ones for the same
 * seed, in whatever order they are made.
 *
 * @returns {Promise<{failed: boolean, faults: number, seconds: number}>}
 */
async function runRandomCase(stage, { scenario, probability, seed }) {
  const place = await stage.setUp(scenario);
  try {
    let faults = 0;
    const outcome = await place.deployDisturbed((asked, { id }) => {
      if (chance(`${seed} ${id}`) >= probability) return undefined;
      faults += 1;
      const names = Object.keys(FAULTS);
      return FAULTS[names[Math.floor(chance(`${id} ${seed}`) * names.length)]](asked);
    }, IMPATIENT);
    if (outcome.exit !== 0) {
      const said = `seed ${seed}: exit ${outcome.exit}, ${outcome.error?.message} ${outcome.stderr}`;
      assert.equal(outcome.exit, 1, said);
      assert.equal(outcome.error.code, 'AWS_UNAVAILABLE', said);
    }
    await assertHealed(stage, scenario, place);
    return { failed: outcome.exit !== 0, faults, seconds: outcome.seconds };
  } finally {
    await place.tearDown();
  }
}

/** A number from 0 up to 1 that follows from a text. */
function chance(text) {
  return crypto.createHash('sha256').update(text).digest().readUInt32LE() / 2 ** 32;
}

module.exports = { faultCases, runFaultCase, runRandomCase };
