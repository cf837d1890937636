'use strict';

// Projects whose deployer has a policy under test, each in an AWS account of its own, so that one
// emulator can enforce many policies concurrently.

const assert = require('node:assert/strict');
const { setTimeout: sleep } = require('node:timers/promises');
const litexa = require('../../..');
const { isDenial } = require('../assertions');
const { pull } = require('../lambda/log-streams');
const { logsContext } = require('../litexa/context');
const { createProject } = require('../litexa/project');
const { element } = require('../xml');
const { createUser } = require('./iam-user');

const asList = (value) => [value].flat();

/** Returns every action of every statement as `{Sid, action}`: two may have the same one. */
const actionsOf = (statements) =>
  statements.flatMap(({ Sid, Action }) => asList(Action).map((action) => ({ Sid, action })));

/** Returns the statements without one action of one of them. */
const withoutAction = (statements, { Sid, action }) =>
  statements.map((statement) => {
    if (statement.Sid !== Sid) return statement;
    const Action = asList(statement.Action).filter((other) => other !== action);
    return { ...statement, Action };
  });

/** Actions whose resource the emulator does not determine. */
const RESOURCE_UNSUPPORTED = [
  'lambda:CreateFunction',
  'logs:DescribeLogGroups',
  'logs:StartLiveTail',
  'dynamodb:ListTagsOfResource',
  'dynamodb:TagResource',
];

/** Returns a statement without its conditions, which the emulator does not support. */
const withoutConditions = ({ Condition: _, ...statement }) => statement;

/** Returns a statement that allows these of its actions on all resources. */
function onAnyResource(statement, actions = RESOURCE_UNSUPPORTED) {
  const isOne = (action) => actions.includes(action);
  const Action = asList(statement.Action);
  return [
    { ...statement, Action: Action.filter((action) => !isOne(action)) },
    { ...statement, Sid: undefined, Action: Action.filter(isOne), Resource: '*' },
  ].filter((part) => part.Action.length > 0);
}

/** Returns the statements in the form that the emulator supports. */
const asSupported = (statements) =>
  statements.map(withoutConditions).flatMap((statement) => onAnyResource(statement));

/**
 * Creates a project in an account of its own, whose deployer may do what the statements allow.
 *
 * @param {object} t the test
 * @param {object} aws
 * @param {object[]} statements with the placeholders `myAccountId` and `myBucketName`, which options
 *   may have, too
 * @param {(statements: object[]) => object[]} [supported] returns them in the form that the emulator
 *   supports
 * @returns {Promise<object>} the project; `client` acts as the account's root user, `deploy` and
 *   `pull` act as the deployer, `isOwn` recognizes its requests, `denials` returns the lines about missing permissions
 */
async function restrictedProject(t, aws, statements, supported = asSupported) {
  const { id, bucket, client } = aws.newAccount();
  const filledIn = (value) => {
    const text = JSON.stringify(value);
    return JSON.parse(text.replaceAll('myAccountId', id).replaceAll('myBucketName', bucket));
  };
  const credentials = await createUser(client, filledIn(supported(statements)));

  const project = createProject(t);
  const config = { beta: { ...credentials, region: aws.env.AWS_REGION } };
  project.write('aws-config.json', JSON.stringify(config));
  project.write('litexa/assets/meow.mp3', 'meow');
  const isOwn = ({ headers }) => headers.authorization?.includes(`=${credentials.accessKeyId}/`);
  // Packages are large, and the proxy keeps all requests.
  t.after(() => aws.clearRequests(isOwn));
  const entries = [];
  const recording = async (context, work) => {
    try {
      return await work(context);
    } catch (error) {
      entries.push({ level: 'error', line: error.message });
      throw error;
    } finally {
      entries.push(...context.logger.entries);
    }
  };
  return {
    ...project,
    client,
    isOwn,
    bucket,
    /** Deploys assets and handler. */
    deploy: (options, overrides) =>
      recording(project.context(filledIn(withBucket(options)), overrides), (context) =>
        litexa.deploy(context),
      ),
    /** Pulls the logs and returns their text. */
    pull: async (options = {}) => {
      const logger = { entries: [] };
      const print = (level, line) => logger.entries.push({ level, line });
      return recording({ logger }, async () => {
        return (await pull(project, filledIn(options), { print })).text;
      });
    },
    /** Follows the logs until Live Tail has begun, or polling. */
    follow: async () => {
      const stopping = new AbortController();
      const isStarted = () =>
        aws.requests().some((one) => isOwn(one) && one.operation === 'FilterLogEvents');
      const print = (level, line) => entries.push({ level, line });
      const context = logsContext({
        projectRoot: project.root,
        target: 'beta',
        options: {},
        print,
      });
      const { signal } = stopping;
      const following = litexa.logs({ ...context, follow: true, signal }, context.logger);
      const isOver = following.then(
        () => true,
        () => true,
      );
      // Both read what came before.
      while (!isStarted() && (await Promise.race([isOver, sleep(20, false)])) === false);
      stopping.abort();
      await following;
    },
    /** Returns the lines about missing permissions at these levels. */
    denials: (levels = ['warning', 'error']) =>
      entries
        .filter(({ level, line }) => levels.includes(level) && isDenial(line))
        .map(({ line }) => line),
    /** Returns the deployer's requests. */
    requests: () => aws.requests().filter(isOwn),
  };
}

const withBucket = ({ s3Configuration, ...options } = {}) => ({
  ...options,
  s3Configuration: { bucketName: 'myBucketName', ...s3Configuration },
});

/** Creates a bucket whose objects may be public by their ACLs, as all buckets of 2020 were. */
async function createBucketWithAcls({ client, bucket }) {
  await client.createBucket(bucket, { 'x-amz-object-ownership': 'BucketOwnerPreferred' });
  await client.s3('DELETE', `/${bucket}?publicAccessBlock`);
}

/** Leaves an incomplete multipart upload, as a deployment does that is killed. */
async function leaveMultipartUpload({ client, bucket, write }) {
  const key = 'cats/beta/default/film.mp4';
  const { body } = await client.s3('POST', `/${bucket}/${key}?uploads`);
  const uploadId = element(body, 'UploadId');
  const journal = [{ bucket, key, uploadId, startedAt: 0 }];
  write('.deploy/beta/multipart-uploads.json', JSON.stringify(journal));
}

/** Runs the steps of a deployer until one is denied. */
async function attempt(steps, project) {
  try {
    await steps(project);
  } catch (error) {
    // Any other error is a mistake of the test.
    assert.match(String(error.code), /^(ACCESS_DENIED|BUCKET_UNAVAILABLE)$/, error.stack);
  }
}

module.exports = {
  RESOURCE_UNSUPPORTED,
  actionsOf,
  withoutAction,
  withoutConditions,
  onAnyResource,
  asSupported,
  restrictedProject,
  createBucketWithAcls,
  leaveMultipartUpload,
  attempt,
};
