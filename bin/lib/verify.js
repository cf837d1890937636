'use strict';

// Verifies a deployment: launches the skill, and rolls the endpoint back if it does not answer.

const { operate } = require('./module');

const LAUNCH = { name: 'invoke', input: { type: 'launch' }, locale: 'en-US' };

/**
 * Lambda's errors for a function that it cannot run. After others, such as those of the network, the skill may answer
 * Alexa. See https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html#API_Invoke_Errors.
 */
const CANNOT_RUN =
  /\b(?:EC2|EFS|ENI|Invalid(?:Runtime|SecurityGroup|Subnet|Zip)|KMS|S3Files|SnapStart|Subnet)\w*Exception\b/;

/** Changes of what the endpoint runs. */
const OF_THE_FUNCTION = /^AWS::Lambda::(?:Function|Version|Alias)$/;

/**
 * Returns the version to go back to: the one that the endpoint serves or, if its requests are divided, the
 * one that most of them use; else the newest one, which has the code of `$LATEST`.
 *
 * @returns {Promise<{version: number, share: number, keepVersions: number} | undefined>}
 *   `share` is that of the requests, and 0 for the newest one if it was not served; with fewer
 *   `keepVersions`, a deployment deletes the version. Undefined if there is none
 */
async function versionBefore(io, context) {
  try {
    const { versions } = await operate(context, { name: 'versions' }, io.logger);
    const endpoint = `release-${context.artifacts.currentVersion}`;
    return goodVersion(versions, endpoint, isAtPublishedVersion(context));
  } catch (error) {
    if (error.code === 'RESOURCE_NOT_READY') return undefined; // The function does not exist yet.
    throw error;
  }
}

/**
 * Returns that of `versionBefore` by the published versions, newest first, and the endpoint's alias.
 * `isPublished` is whether deployments point it to published versions.
 */
function goodVersion(versions, endpoint, isPublished) {
  const shareOf = ({ aliases }) => aliases.find(({ name }) => name === endpoint)?.share ?? 0;
  // Of versions with equal shares, the older one has proven itself for longer.
  const served = versions.filter(shareOf).sort((one, other) => one.version - other.version);
  const most = Math.max(...served.map(shareOf));
  const good = served.find((one) => shareOf(one) === most) ?? versions[0];
  if (!good) return undefined;
  // No deployment deletes a version of another alias, or one that the skill is rolled back to.
  const isNamed = good.aliases.some(({ name }) => name !== endpoint);
  const isKept = isNamed || (!isPublished && shareOf(good) > 0);
  // The deployment may publish one more.
  const keepVersions = isKept ? 0 : versions.indexOf(good) + 2;
  return { version: good.version, share: shareOf(good), keepVersions };
}

/** Checks that the endpoint, if it exists, may be invoked, so that this is known before it is changed. */
async function ensureAllowed(io, context) {
  await operate(context, { ...LAUNCH, dryRun: true }, io.logger);
}

/** Returns the invocation and, if the endpoint was rolled back to the version of `before`, or stays rolled back, how. */
async function verify(io, context, { before, changes, staysRolledBack }) {
  const { invocation, reason } = await launch(io, context);
  if (!invocation.problem) {
    return staysRolledBack ? { invocation, staysRolledBack } : { invocation };
  }
  if (reason) return { invocation, rollbackError: reason };
  if (staysRolledBack) {
    const rollbackError = 'this deployment leaves it where it is, rolled back.';
    return { invocation, staysRolledBack, rollbackError };
  }
  if (!changes.some(({ resourceType }) => OF_THE_FUNCTION.test(resourceType)))
    return { invocation, rollbackError: 'this deployment has not changed the function.' };
  if (!before) return { invocation };
  const command = { name: 'rollback', version: before.version };
  try {
    const rollback = await operate(context, command, io.logger);
    return { invocation, rollback: { ...rollback, servedBefore: before.share } };
  } catch (error) {
    return { invocation, rollbackError: error.message };
  }
}

/**
 * Returns the invocation. One that fails has a problem, too: Lambda may not be able to run what was deployed.
 * If the failure is another one, there is a `reason` not to roll the skill back.
 */
async function launch(io, context) {
  try {
    return { invocation: await operate(context, LAUNCH, io.logger) };
  } catch ({ code, message }) {
    const invocation = { problem: { type: code, message } };
    if (CANNOT_RUN.test(message)) return { invocation };
    return { invocation, reason: 'it is not known whether the skill answers.' };
  }
}

const isAtPublishedVersion = ({ deploymentOptions }) =>
  deploymentOptions.lambdaConfiguration?.endpointVersion === 'published';

/** Returns the problem that `verify` has found, and what was done about it, as lines; none if the skill answers. */
function problemLines({ invocation, rollback, rollbackError, staysRolledBack }) {
  const { problem, endpoint = 'the endpoint', version } = invocation;
  if (staysRolledBack && !problem) {
    const answers = version ? `answers a launch with version ${version}` : 'answers a launch';
    return [
      `not verified: ${endpoint} ${answers}, and stays rolled back: the newest code is not live`,
    ];
  }
  if (!problem) return [];
  const reason = rollbackError ?? 'no version was published before.';
  return [
    `not verified: ${endpoint} does not answer a launch: ${problem.message}`,
    rollback ? rollbackText(rollback) : `${endpoint} was not rolled back, because ${reason}`,
  ];
}

function rollbackText({ function: name, alias, to, servedBefore }) {
  return `${name}:${alias} points to ${to}${how(servedBefore)}. Its code and its configuration are those of that version. Other code goes live with the next deployment.`;
}

/** Returns how this differs from what was served before. */
function how(share) {
  if (share === 1) return ' again';
  if (share === 0) return ', the newest one from before';
  return ` for all requests, of which it has answered ${Math.round(share * 100)} % before`;
}

module.exports = {
  ensureAllowed,
  goodVersion,
  problemLines,
  verify,
  versionBefore,
};
