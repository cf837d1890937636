'use strict';

// Deploys the sample skill to a real AWS account, talks to it, operates it, and removes it again:
// `npm run smoke`.
// Unless LITEXA_SMOKE names the account, it only prints its plan.

const crypto = require('node:crypto');
const fs = require('node:fs');
const path = require('node:path');
const { DynamoDBClient } = require('@aws-sdk/client-dynamodb');
const { sendSigned } = require('./signed-request');
const { namesOf, removeAll, ROLE, TARGET } = require('./cleanup');
const { smoke } = require('./steps');
const { runMain } = require('../lib/exec');
const { awsClient } = require('../../__test__/support/aws/client');
const { useEnvironment } = require('../../__test__/support/environment');
const { copyProject, removeProject } = require('../../__test__/support/litexa/sample-project');

/** Returns a session in the account of this machine's AWS settings. */
async function signIn() {
  const endpoint = process.env.AWS_ENDPOINT_URL;
  const { config } = new DynamoDBClient({});
  const region = await config.region().catch((cause) => {
    throw new Error(`${cause.message}: set AWS_REGION, or the region of the profile`, { cause });
  });
  const send = sendSigned({ credentials: config.credentials, region, endpoint });
  const { status, body } = await send('sts', 'POST', '/', {
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: 'Action=GetCallerIdentity&Version=2011-06-15',
  });
  const account = /<Account>(\d+)</.exec(body)?.[1];
  if (!account) throw new Error(`calling GetCallerIdentity: ${status} ${body}`);
  const s3 = endpoint ?? `https://s3.${region}.amazonaws.com`;
  const aws = awsClient({ endpoint: s3, send });
  return { account, region, endpoint, aws, credentials: await config.credentials() };
}

/** Makes the module use the session's credentials, and none that it might find elsewhere. */
function useSession({ region, endpoint, credentials }) {
  const { accessKeyId, secretAccessKey, sessionToken } = credentials;
  useEnvironment({
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    AWS_REGION: region,
    ...(sessionToken && { AWS_SESSION_TOKEN: sessionToken }),
    ...(endpoint && { AWS_ENDPOINT_URL: endpoint }),
  });
}

function printPlan({ account, region }, names, ownsRole) {
  const role = ownsRole
    ? 'created and removed'
    : 'exists: used, completed where policies are missing, and kept';
  console.log(`A smoke test in the AWS account ${account}, region ${region}. For a few minutes, it creates

  S3 bucket        ${names.bucket}, with objects that anyone can read
  Lambda function  ${names.handler}
  DynamoDB table   ${names.table}
  log group        ${names.logGroup}
  IAM role         ${ROLE} (${role})

and then removes them all. A value of the metric Litexa/Launches stays in CloudWatch until it expires.
The test costs less than 0.01 USD. A remaining table would cost about 5.69 USD a month.`);
}

/** Copies the sample, with a name and a bucket of its own. */
async function copySample({ name, bucket }) {
  const project = await copyProject();
  const file = path.join(project, 'litexa.config.json');
  const config = JSON.parse(fs.readFileSync(file, 'utf8'));
  const { development, ...others } = config.deployments;
  development.s3Configuration.bucketName = bucket;
  const deployments = { ...others, [TARGET]: development };
  fs.writeFileSync(file, JSON.stringify({ ...config, name, deployments }));
  return project;
}

async function main() {
  const { LITEXA_SMOKE: allowed, LITEXA_SMOKE_BUCKET_PREFIX: prefix } = process.env;
  const name = `litexa-smoke-${crypto.randomBytes(4).toString('hex')}`;
  const names = namesOf(name, `${prefix ?? '<prefix>'}-${name}`);
  const session = await signIn();
  const { aws, account } = session;
  const ownsRole = !(await aws.getRole(ROLE));
  printPlan(session, names, ownsRole);
  if (allowed !== account || !/^[a-z0-9][a-z0-9-]{0,31}$/.test(prefix ?? '')) {
    throw new Error(
      `Dry run only. To proceed, set LITEXA_SMOKE=${account}, and LITEXA_SMOKE_BUCKET_PREFIX to the ` +
        "beginning of the bucket's name: up to 32 of a-z, 0-9 and -.",
    );
  }
  if (await aws.listObjects(names.bucket))
    throw new Error(`the bucket ${names.bucket} already exists`);
  useSession(session);
  await runAndRemove({ aws, names, ownsRole });
}

async function runAndRemove({ aws, names, ownsRole }) {
  const project = await copySample(names);
  const interruption = interruptionBySignal(names);
  try {
    await smoke({ aws, names, project, signal: interruption });
  } catch (error) {
    console.error(interruption.aborted ? '\nInterrupted.' : `\n${error.message}`);
    process.exitCode = interruption.aborted ? 130 : 1;
  }
  console.log('\nRemoving everything');
  const left = await removeAll(aws, names, ownsRole);
  removeProject(project);
  for (const resource of left) console.error(`  LEFT: ${resource}`);
  if (left.length > 0) process.exitCode = 1;
  else console.log('  nothing is left');
  console.log(process.exitCode ? '\nThe smoke test failed.' : '\nThe smoke test passed.');
}

/**
 * Ctrl-C ends the test after the current step, whose resources must be removed as well. A second one
 * ends it immediately.
 */
function interruptionBySignal({ name }) {
  const interruption = new AbortController();
  const interrupt = () => {
    if (interruption.signal.aborted) {
      console.error(`\nAborted. Remove the resources with "${name}" in their names.`);
      process.exit(130);
    }
    console.error('\nInterrupted: finishing this step, then removing everything.');
    interruption.abort();
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, interrupt);
  return interruption.signal;
}

runMain(main);
