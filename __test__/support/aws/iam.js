'use strict';

// IAM users with a policy under test, each in an AWS account of its own: one emulator judges many of
// them at once.

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { after, before } = require('node:test');
const { isDenial } = require('../assertions');
const litexa = require('../../..');
const { openAccount } = require('./account');
const { startEmulator, useEnvironment } = require('./emulator');
const { pull } = require('../lambda/log-streams');
const { startProxy } = require('./proxy');
const { temporarySkill, NAMES } = require('../litexa/skill');

/**
 * An emulator that judges, behind a proxy, for all tests of a file.
 *
 * @param {{beyond?: Function}} [options] `beyond` intercepts what AWS would judge and the emulator does
 *   not
 */
function useJudge({ beyond } = {}) {
  const judge = { accounts: 0 };
  let restoreEnvironment;
  before(async () => {
    judge.emulator = await startEmulator({ auth: true });
    judge.proxy = await startProxy(judge.emulator.endpoint);
    if (beyond) judge.proxy.on(beyond);
    restoreEnvironment = useEnvironment({
      ...judge.emulator.env,
      AWS_ENDPOINT_URL: judge.proxy.endpoint,
    });
  });
  after(async () => {
    restoreEnvironment?.();
    await judge.proxy?.stop();
    await judge.emulator?.stop();
  });
  return judge;
}

/** The statements of docs/iam-policy.json. */
function documentedStatements() {
  const file = path.join(__dirname, '..', '..', '..', 'docs', 'iam-policy.json');
  return JSON.parse(fs.readFileSync(file, 'utf8')).Statement;
}

const listed = (value) => [value].flat();

/** Every action of every statement, as `{Sid, action}`: the same one may be in two of them. */
const grantsOf = (statements) =>
  statements.flatMap(({ Sid, Action }) => listed(Action).map((action) => ({ Sid, action })));

/** The statements without one grant. */
const without = (statements, { Sid, action }) =>
  statements.map((statement) => {
    if (statement.Sid !== Sid) return statement;
    const Action = listed(statement.Action).filter((other) => other !== action);
    return { ...statement, Action };
  });

/** Actions of which the emulator does not know the resource. */
const RESOURCE_UNKNOWN = ['lambda:CreateFunction', 'logs:DescribeLogGroups'];

/** A statement without its conditions, of which the emulator knows none. */
const unconditional = ({ Condition: _, ...statement }) => statement;

/** A statement with these actions for all resources. */
function anywhere(statement, actions = RESOURCE_UNKNOWN) {
  const isOne = (action) => actions.includes(action);
  const Action = listed(statement.Action);
  return [
    { ...statement, Action: Action.filter((action) => !isOne(action)) },
    { ...statement, Sid: undefined, Action: Action.filter(isOne), Resource: '*' },
  ].filter((part) => part.Action.length > 0);
}

/** What the emulator understands of statements. */
const understood = (statements) =>
  statements.map(unconditional).flatMap((statement) => anywhere(statement));

/**
 * A skill whose owner may do what the statements say, and nothing else, in an account of its own.
 *
 * @param {object} t the test
 * @param {object} judge
 * @param {object[]} statements with `myAccountId` and `myBucketName`, as documented; options may
 *   have these, too
 * @param {(statements: object[]) => object[]} [asJudged] makes of them what the emulator understands
 * @returns {Promise<object>} `aws` is the account in the hands of its root user, `deploy` and `pull`
 *   are done by the user, `denials` is what that user was told about missing rights
 */
async function skillOf(t, judge, statements, asJudged = understood) {
  const {
    id: account,
    bucket,
    aws,
  } = openAccount(judge.emulator, String(200_000_000_000 + ++judge.accounts));
  const named = (value) => {
    const text = JSON.stringify(value);
    return JSON.parse(text.replaceAll('myAccountId', account).replaceAll('myBucketName', bucket));
  };
  const Statement = named(asJudged(statements));
  const credentials = await createUser(aws, { Version: '2012-10-17', Statement });

  const skill = temporarySkill(t);
  const config = { beta: { ...credentials, region: judge.emulator.env.AWS_REGION } };
  skill.write('aws-config.json', JSON.stringify(config));
  skill.write('litexa/assets/meow.mp3', 'meow');
  const isOurs = ({ headers }) => headers.authorization?.includes(`=${credentials.accessKeyId}/`);
  // Packages are large, and the proxy forgets nothing by itself.
  t.after(() => {
    const others = judge.proxy.requests.filter((asked) => !isOurs(asked));
    judge.proxy.requests.splice(0, Infinity, ...others);
  });
  const heard = [];
  const told = async (live, work) => {
    try {
      return await work(live);
    } catch (error) {
      heard.push({ level: 'error', line: error.message });
      throw error;
    } finally {
      heard.push(...live.logger.entries);
    }
  };
  return {
    ...skill,
    aws,
    bucket,
    /** Deploys assets and handler. */
    deploy: (options, what = {}) =>
      told(skill.context(named(withBucket(options)), what), (live) => litexa.deploy(live)),
    /** Pulls the logs; resolves with the text. */
    pull: async (options = {}) => {
      const logger = { entries: [] };
      const print = (level, line) => logger.entries.push({ level, line });
      return told({ logger }, async () => (await pull(skill, named(options), { print })).text);
    },
    /** What was said about the right to do something, at these levels. */
    denials: (levels = ['warning', 'error']) =>
      heard
        .filter(({ level, line }) => levels.includes(level) && isDenial(line))
        .map(({ line }) => line),
    /** What the user's requests were. */
    requests: () => judge.proxy.requests.filter(isOurs),
  };
}

const withBucket = ({ s3Configuration, ...options } = {}) => ({
  ...options,
  s3Configuration: { bucketName: 'myBucketName', ...s3Configuration },
});

async function createUser(aws, policy) {
  const UserName = 'deployer';
  const PolicyDocument = JSON.stringify(policy);
  await aws.iam('CreateUser', { UserName });
  await aws.iam('PutUserPolicy', { UserName, PolicyName: 'deploy', PolicyDocument });
  const xml = await aws.iam('CreateAccessKey', { UserName });
  const field = (name) => new RegExp(`<${name}>([^<]*)<`).exec(xml)[1];
  return { accessKeyId: field('AccessKeyId'), secretAccessKey: field('SecretAccessKey') };
}

/** Makes a bucket in which objects may be public by their ACLs, as all buckets of 2020 were. */
async function createOldBucket({ aws, bucket }) {
  await aws.createBucket(bucket, { 'x-amz-object-ownership': 'BucketOwnerPreferred' });
  await aws.s3('DELETE', `/${bucket}?publicAccessBlock`);
}

/** Leaves an upload in parts behind, as a deployment does that dies. */
async function interruptUpload({ aws, bucket, write }) {
  const key = 'cats/beta/default/film.mp4';
  const { body } = await aws.s3('POST', `/${bucket}/${key}?uploads`);
  const uploadId = /<UploadId>([^<]*)</.exec(body)[1];
  write(
    '.deploy/beta/multipart-uploads.json',
    JSON.stringify([{ bucket, key, uploadId, startedAt: 0 }]),
  );
}

/** Runs the steps of a user who may well be refused: what comes after a refusal is not done. */
async function attempt(steps, skill) {
  try {
    await steps(skill);
  } catch (error) {
    // Only the product's own refusals: a mistake of the test is not one.
    assert.match(String(error.code), /^(ACCESS_DENIED|BUCKET_UNAVAILABLE)$/, error.stack);
  }
}

module.exports = {
  RESOURCE_UNKNOWN,
  useJudge,
  documentedStatements,
  grantsOf,
  without,
  unconditional,
  anywhere,
  understood,
  skillOf,
  createOldBucket,
  interruptUpload,
  attempt,
  NAMES,
};
