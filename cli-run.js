'use strict';

// Coordinates the parts that one run of the Litexa CLI deploys. The CLI calls `lambda.deploy` at once,
// and `assets.deploy` after it has converted the assets, or never if that fails. Both get the same
// context. Neither waits for a call that may never come.

const cli = require('./cli-context');
const { DeployError } = require('./errors');

const OTHER = { assets: 'lambda', lambda: 'assets' };
const SUBJECT = { assets: 'The assets were', lambda: 'The handler was' };
const WERE = { assets: 'the assets were', lambda: 'the handler was' };

/** The run that each context belongs to: its parts, their outcomes, and the compiled handler. */
const runs = new WeakMap();

/**
 * Runs the deployment of a part. After a failure, waits for the other part if that has begun: the CLI
 * ends at the first error that it gets, which therefore reports on both.
 *
 * @param {'assets' | 'lambda'} part
 * @param {object} context
 * @template T
 * @param {(run: {parts: string[], handler: () => Promise<string>}) => Promise<T>} deploy
 * @returns {Promise<T>}
 */
async function runPart(part, context, deploy) {
  const run = runOf(context, part);
  const other = OTHER[part];
  const before = run.parts.includes(other) ? run.outcomes[other] : undefined;
  if (before?.error) throw notBegun(part, before);
  run.pending[part] = outcomeOf(() => deploy(run));
  const { error, result } = (run.outcomes[part] = await run.pending[part]);
  if (!error) return result;
  throw run.parts.includes(other) ? withOther(error, part, await run.pending[other]) : error;
}

/** Returns the run of a context; a new one if the part has been deployed with that context before. */
function runOf(context, part) {
  const known = runs.get(context);
  if (known && !known.pending[part]) return known;
  let handler;
  const run = {
    parts: cli.partsOfRun(context),
    pending: {},
    outcomes: {},
    handler: () => (handler ??= cli.handler(context)),
  };
  runs.set(context, run);
  return run;
}

async function outcomeOf(work) {
  try {
    return { result: await work() };
  } catch (error) {
    return { error, message: error?.message ?? String(error) };
  }
}

/** Returns the error of a part that is not deployed, because the other one has failed. */
function notBegun(part, { error, message }) {
  const text = `${WERE[part]} not deployed either: ${message}`;
  return error instanceof DeployError ? new DeployError(error.code, text) : new Error(text);
}

/** Adds to an error what happened to the other part, whose outcome is undefined if it has not begun. */
function withOther(error, part, outcome) {
  // An error of the compiler is that of both, and reaches the CLI unchanged.
  if (outcome?.error === error) return error;
  const line = extentOf(error, part, outcome);
  if (error instanceof Error) Reflect.set(error, 'message', `${error.message}\n${line}`);
  return error;
}

/** Returns what was deployed, after the error that is printed. Both parts may have the same cause. */
function extentOf(printed, part, outcome) {
  if (!outcome?.error) {
    const other = WERE[OTHER[part]];
    return `${SUBJECT[part]} not completed; ${other} ${outcome ? '' : 'not '}deployed.`;
  }
  const { error, message } = outcome;
  if (message === printed?.message) return 'Neither the assets nor the handler was completed.';
  return `${SUBJECT[OTHER[part]]} not completed either: ${message}${addressOf(error, printed)}`;
}

/** Returns the address of an error, unless the one that is printed has the same. */
function addressOf({ url }, printed) {
  return url && url !== printed?.url ? ` (${url})` : '';
}

module.exports = { runPart };
