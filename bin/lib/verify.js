'use strict';

// Verifies a deployment: launches the skill, and rolls the endpoint back if it does not answer.

const { operate } = require('./module');

const LAUNCH = { name: 'invoke', input: { type: 'launch' }, locale: 'en-US' };

/**
 * Returns the version to go back to: the one that the endpoint serves or, if its requests are divided, the
 * one that most of them use; else the newest one, which has the code of `$LATEST`.
 *
 * @returns {Promise<{version: number, share: number, keepVersions: number} | undefined>} `share` is that of
 *   the requests, and 1 for the newest one; with fewer `keepVersions`, a deployment deletes the version.
 *   Undefined if there is none
 */
async function versionBefore(io, context) {
  try {
    const { versions } = await operate(context, { name: 'versions' }, io.logger);
    return goodVersion(versions, `release-${context.artifacts.currentVersion}`);
  } catch (error) {
    if (error.code === 'AWS_REQUEST_REJECTED') return undefined; // The function does not exist yet.
    throw error;
  }
}

/** Returns that of `versionBefore` by the published versions, newest first, and the endpoint's alias. */
function goodVersion(versions, endpoint) {
  const shareOf = ({ aliases }) => aliases.find(({ name }) => name === endpoint)?.share ?? 0;
  // Of versions with equal shares, the older one has proven itself for longer.
  const served = versions.filter(shareOf).sort((one, other) => one.version - other.version);
  const most = Math.max(...served.map(shareOf));
  const good = served.find((one) => shareOf(one) === most) ?? versions[0];
  if (!good) return undefined;
  const isNamed = good.aliases.some(({ name }) => name !== endpoint);
  // The deployment may publish one more.
  const keepVersions = isNamed ? 0 : versions.indexOf(good) + 2;
  return { version: good.version, share: shareOf(good) || 1, keepVersions };
}

/** Returns the invocation and, if the endpoint was rolled back to the version of `before`, how. */
async function verify(io, context, before) {
  const invocation = await operate(context, LAUNCH, io.logger);
  if (!invocation.problem || !before) return { invocation };
  const command = { name: 'rollback', version: before.version };
  try {
    const rollback = await operate(context, command, io.logger);
    return { invocation, rollback: { ...rollback, servedBefore: before.share } };
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
      ? `${endpoint} points to ${rollback.to} ${again(rollback)}. Other code goes live with the next deployment.`
      : `${endpoint} was not rolled back, because ${reason}`,
  ];
}

function again({ servedBefore }) {
  if (servedBefore === 1) return 'again';
  return `for all requests, of which it has answered ${Math.round(servedBefore * 100)} % before`;
}

module.exports = { goodVersion, verificationLines, verify, versionBefore };
