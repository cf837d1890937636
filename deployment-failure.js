'use strict';

// Records that a deployment has failed: the Litexa CLI saves its own record before a deployment begins.

const binding = require('./binding');
const { callNative } = require('./errors');

/** The name of the artifact. */
const ARTIFACT = 'lastFailure';

/**
 * Deploys, and records a failure in the artifacts with the date that the CLI has for the deployment. So it
 * does not count for a later one, which need not remove it.
 *
 * @template T
 * @param {object} context
 * @param {() => Promise<T>} deploy
 * @returns {Promise<T>}
 */
async function recordingFailure(context, deploy) {
  // Another deployment may begin in the meantime.
  const deployment = dateOf(context);
  try {
    return await deploy();
  } catch (error) {
    await record(context, deployment, error);
    throw error;
  }
}

function dateOf(context) {
  try {
    return context.artifacts.get('lastDeployment')?.date;
  } catch {
    // The deployment reports what is wrong with the context.
    return undefined;
  }
}

async function record(context, deployment, error) {
  try {
    if (deployment === undefined || context.dryRun === true || (await isDryRun())) return;
    const at = new Date().toISOString();
    context.artifacts.save(ARTIFACT, { deployment, at, code: error?.code ?? null });
  } catch {
    // The failure itself is what the user has to learn of, such as that the artifacts cannot be read.
  }
}

/**
 * Whether the environment asks for a dry run. A misspelt variable, or another value, does not: it is why the
 * deployment has failed.
 */
async function isDryRun() {
  try {
    return await callNative(binding.isDryRun);
  } catch {
    return false;
  }
}

module.exports = { recordingFailure };
