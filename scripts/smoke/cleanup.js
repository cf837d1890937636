'use strict';

// What a smoke test makes in an AWS account, and how all of it is taken away again.

const { setTimeout: sleep } = require('node:timers/promises');

const TARGET = 'smoke';
const ROLE = 'litexa_handler_lambda';
const REMOVAL_MS = 120_000;
const AGAIN_MS = 1000;
/** Lambda may write a function's last lines after the function is gone, into a new log group. */
const LATE_LINES_MS = 4000;

/** The names of everything that a deployment of the project `name` makes. */
function namesOf(name, bucket) {
  const handler = `${name}_${TARGET}_litexa_handler`;
  return { name, bucket, handler, table: `${handler}_state`, logGroup: `/aws/lambda/${handler}` };
}

/**
 * Removes everything of these names, as far as it is there. What does not go does not keep the others.
 *
 * @param {object} aws
 * @param {object} names
 * @param {boolean} ownsRole whether nobody had the shared role before
 * @returns {Promise<string[]>} what is left, with the reason
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

/** Removes until AWS says that it is not there: much of it takes its time, or is in use for a while. */
async function remove(what, removeOnce) {
  const deadline = Date.now() + REMOVAL_MS;
  for (;;) {
    const reason = await removeOnce().then(
      () => 'AWS has not removed it yet',
      (error) => error.message,
    );
    if (/ResourceNotFound|NoSuchEntity|NoSuchBucket/.test(reason)) return undefined;
    const isFinal = /AccessDenied|UnrecognizedClient|ExpiredToken|signature/.test(reason);
    if (isFinal || Date.now() > deadline) return `${what}: ${reason}`;
    await sleep(AGAIN_MS);
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
 * What changes whenever somebody writes to these resources: times, and AWS' own numbers of revisions.
 */
async function traces(aws, { handler, bucket }) {
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

module.exports = { namesOf, removeAll, traces, ROLE, TARGET };
