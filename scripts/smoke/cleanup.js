'use strict';

// Names and removes everything that a smoke test creates in an AWS account.

const { setTimeout: sleep } = require('node:timers/promises');

const TARGET = 'smoke';
const ROLE = 'litexa_handler_lambda';
const REMOVAL_TIMEOUT_MS = 120_000;
const RETRY_DELAY_MS = 1000;
/** Lambda may write a function's last lines after its removal, into a new log group. */
const LATE_LINES_MS = 4000;

/** Returns the names of all resources that a deployment of the project `name` creates. */
function namesOf(name, bucket) {
  const handler = `${name}_${TARGET}_litexa_handler`;
  return { name, bucket, handler, table: `${handler}_state`, logGroup: `/aws/lambda/${handler}` };
}

/**
 * Removes all existing resources of these names. A failure does not stop the removal of the others.
 *
 * @param {object} aws
 * @param {object} names
 * @param {boolean} ownsRole whether this test created the shared role
 * @returns {Promise<string[]>} the remaining resources, each with the reason
 */
async function removeAll(aws, names, ownsRole) {
  // The function comes first: it uses all the others.
  const handler = await remove(`Lambda function ${names.handler}`, () =>
    aws.lambda(names.handler, { method: 'DELETE', absent: [] }),
  );
  const others = await Promise.all([
    remove(`S3 bucket ${names.bucket}`, () => removeBucket(aws, names.bucket)),
    remove(`DynamoDB table ${names.table}`, () =>
      aws.dynamoDb('DeleteTable', { TableName: names.table }),
    ),
    sleep(LATE_LINES_MS).then(() =>
      remove(`log group ${names.logGroup}`, () =>
        aws.logs('DeleteLogGroup', { logGroupName: names.logGroup }),
      ),
    ),
    ownsRole && remove(`IAM role ${ROLE}`, () => removeRole(aws)),
  ]);
  return [handler, ...others].filter(Boolean);
}

/** Retries until AWS reports that the resource does not exist: removal can be slow or blocked for a while. */
async function remove(resource, removeOnce) {
  const deadline = Date.now() + REMOVAL_TIMEOUT_MS;
  for (;;) {
    const reason = await removeOnce().then(
      () => 'AWS has not removed it yet',
      (error) => error.message,
    );
    if (/ResourceNotFound|NoSuchEntity|NoSuchBucket/.test(reason)) return undefined;
    const isFinal = /AccessDenied|UnrecognizedClient|ExpiredToken|signature/.test(reason);
    if (isFinal || Date.now() > deadline) return `${resource}: ${reason}`;
    await sleep(RETRY_DELAY_MS);
  }
}

async function removeBucket(aws, bucket) {
  for (const key of (await aws.listObjects(bucket)) ?? []) await aws.deleteObject(bucket, key);
  await aws.s3('DELETE', `/${bucket}`);
}

async function removeRole(aws) {
  for (const PolicyArn of await aws.listAttachedRolePolicies(ROLE)) {
    await aws.iam('DetachRolePolicy', { RoleName: ROLE, PolicyArn });
  }
  await aws.iam('DeleteRole', { RoleName: ROLE });
}

/**
 * Returns values that change with every write to these resources: times and revision IDs.
 */
async function revisions(aws, { handler, bucket }) {
  const [deployed, aliases, versions, policy, objects] = await Promise.all([
    aws.getFunction(handler),
    aws.lambda(`${handler}/aliases`),
    aws.lambda(`${handler}/versions`),
    aws.lambda(`${handler}/policy?Qualifier=release-0`),
    aws.s3('GET', `/${bucket}?list-type=2`),
  ]);
  return {
    handler: deployed.Configuration.LastModified,
    aliases: aliases.Aliases.map(({ Name, RevisionId }) => `${Name} ${RevisionId}`),
    versions: versions.Versions.map(({ Version }) => Version),
    policy: policy?.RevisionId,
    objects: objects.body.toString(),
  };
}

module.exports = { namesOf, removeAll, revisions, ROLE, TARGET };
