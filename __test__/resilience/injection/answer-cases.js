'use strict';

// Gives deployments the answers of AWS that emulators do not give: to a change that is requested again,
// to requests for something that was created a moment ago, and to a machine whose clock is wrong. All of
// them have to succeed, without warnings that other deployments do not have.

const assert = require('node:assert/strict');
const { isWrite } = require('../../support/aws/proxy');
const { MINUTE, OFFSETS, otherClock } = require('./clock');
const { assertRecovered, warningsOf } = require('./environment');
const { LOSSES } = require('./faults');
const propagation = require('./propagation');
const { repetitionsOf } = require('./repetitions');

/** Returns every change of a scenario with every way to lose its answer and every answer to a repetition. */
async function lostAnswerCases(environment, scenario) {
  const { calls } = await environment.baseline(scenario);
  return calls.filter(isChange).flatMap((call) =>
    repetitionsOf(call.operation, environment.region).flatMap((repetition) =>
      Object.keys(LOSSES).map((loss) => ({
        scenario,
        call,
        loss,
        repetition,
        name: `${call.id}, ${loss}, then ${repetition.answer}`,
      })),
    ),
  );
}

function isChange({ operation }) {
  const [service, name] = operation.split(':');
  return isWrite({ service, operation: name });
}

/**
 * @returns {Promise<{reached: boolean, seconds: number}>} `reached` is false if the deployment did not
 *   make the call in this run
 */
async function runLostAnswerCase(environment, { scenario, call, loss, repetition }) {
  const { times = Infinity, respond } = repetition;
  let [original, lost, repeated] = [undefined, undefined, 0];
  const disturb = (request, { name, count }) => {
    if (original) {
      const isDue = respond && isSame(original, request) && repeated < times;
      if (!isDue) return undefined;
      repeated += 1;
      return respond(request, lost);
    }
    if (name !== call.name || count !== call.count) return undefined;
    original = request;
    return keeping(LOSSES[loss](request), (real) => (lost = real));
  };
  return runCase(environment, { scenario, disturb, isReached: () => original !== undefined });
}

/** Returns an answer that also shows the emulator's answer to `keep`. */
function keeping({ deliver, rewrite }, keep) {
  if (rewrite) return { rewrite: (real) => rewrite(keep(real)) };
  return { deliver: (real, response) => deliver(keep(real), response) };
}

const isSame = (one, other) =>
  one.method === other.method && one.path === other.path && one.body.equals(other.body);

/** Returns every refusal that passes for each call that follows a creation in a scenario. */
async function refusalCases(environment, scenario) {
  const { calls } = await environment.baseline(scenario);
  return propagation.refusalsOf(calls).map((row) => ({
    scenario,
    row,
    name: `${row.name}, ${row.refusal} after ${row.after}`,
  }));
}

async function runRefusalCase(environment, { scenario, row }) {
  let [isCreated, refused] = [false, 0];
  const disturb = (request, { name }) => {
    const isDue = isCreated && name === row.name && refused < propagation.TIMES;
    isCreated ||= `${request.service}:${request.operation}` === row.after;
    const refusal = isDue && row.respond(request);
    if (!refusal) return undefined;
    refused += 1;
    return refusal;
  };
  return runCase(environment, { scenario, disturb, isReached: () => refused > 0 });
}

/** Returns every difference of clocks for a scenario. */
function clockCases(environment, scenario) {
  return OFFSETS.map((minutes) => ({ scenario, minutes, name: `${minutes} min` }));
}

async function runClockCase(environment, { scenario, minutes }) {
  return runCase(environment, {
    scenario,
    disturb: otherClock(minutes),
    isReached: () => true,
    offset: minutes * MINUTE,
    warning: /\bclock\b/,
  });
}

/**
 * @param {object} what
 * @param {() => boolean} what.isReached whether the deployment was disturbed
 * @param {number} [what.offset] of AWS's clock, in milliseconds
 * @param {RegExp} [what.warning] that the deployment has in addition
 */
async function runCase(environment, { scenario, disturb, isReached, offset = 0, warning }) {
  const { warnings } = await environment.baseline(scenario);
  const run = await environment.setUp(scenario);
  try {
    run.account.setClock(offset);
    const outcome = await run.deployDisturbed(disturb);
    run.account.setClock(0);
    const { exit, error, seconds, stderr } = outcome;
    assert.equal(exit, 0, `exit ${exit}, ${error?.code}: ${error?.message} ${stderr}`);
    const added = warningsOf(outcome, run).filter((line) => !warnings.includes(line));
    const expected = added.filter((line) => warning?.test(line));
    assert.equal(expected.length, warning ? 1 : 0, `warnings: ${added.join('\n')}`);
    assert.deepEqual(
      added.filter((line) => !expected.includes(line)),
      [],
    );
    await assertRecovered(environment, scenario, run);
    return { reached: isReached(), seconds };
  } finally {
    await run.tearDown();
  }
}

module.exports = {
  clockCases,
  lostAnswerCases,
  refusalCases,
  runClockCase,
  runLostAnswerCase,
  runRefusalCase,
};
