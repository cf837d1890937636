'use strict';

// Verifies a deployment: launches the skill, and rolls the endpoint back if it does not answer.

const { operate } = require('./module');

const LAUNCH = { name: 'invoke', input: { type: 'launch' }, locale: 'en-US' };

/**
 * Returns the version to go back to: the one that the endpoint serves, or else the newest one, which has
 * the code of `$LATEST`; undefined if there is none.
 */
async function versionBefore(io, context) {
  const alias = `release-${context.artifacts.currentVersion}`;
  try {
    const { versions } = await operate(context, { name: 'versions' }, io.logger);
    const serves = ({ aliases }) =>
      aliases.some(({ name, share }) => name === alias && share === 1);
    return (versions.find(serves) ?? versions[0])?.version;
  } catch (error) {
    if (error.code === 'AWS_REQUEST_REJECTED') return undefined; // The function does not exist yet.
    throw error;
  }
}

/** Returns the invocation and, if the endpoint was rolled back to the version `before`, how. */
async function verify(io, context, before) {
  const invocation = await operate(context, LAUNCH, io.logger);
  if (!invocation.problem || before === undefined) return { invocation };
  const command = { name: 'rollback', version: before };
  try {
    return { invocation, rollback: await operate(context, command, io.logger) };
  } catch (error) {
    return { invocation, rollbackError: error.message };
  }
}

/** Returns the result of `verify` as lines. */
function verificationLines({ invocation, rollback, rollbackError }, style) {
  const { problem, endpoint } = invocation;
  if (!problem) return [style.green(`verified: ${endpoint} answers a launch`)];
  const reason = rollbackError ?? 'no version was published before.';
  return [
    style.red(`not verified: ${endpoint} does not answer a launch: ${problem.message}`),
    rollback
      ? `${endpoint} points to ${rollback.to} again. Other code goes live with the next deployment.`
      : `${endpoint} was not rolled back, because ${reason}`,
  ];
}

module.exports = { verificationLines, verify, versionBefore };
