'use strict';

// The policy that 0.9.0 documented is sufficient for the features of 0.9.0. Newer ones are skipped with a
// warning that names the missing action.

const assert = require('node:assert/strict');
const { describe, test } = require('node:test');
const { hintFor } = require('../support/assertions');
const { s3Error } = require('../support/aws/errors');
const { invocation } = require('../support/lambda/log-events');
const { writeStream, minutesAgo } = require('../support/lambda/log-streams');
const {
  asSupported,
  createBucketWithAcls,
  leaveMultipartUpload,
  restrictedProject,
} = require('../support/aws/iam');
const { LEGACY_STATEMENTS } = require('../support/aws/legacy-policy');
const { useAws } = require('../support/aws/use-aws');
const { NAMES } = require('../support/litexa/project');

/** Denies ownership settings of new buckets, for which the emulator does not enforce the permission. */
const denyOwnership = ({ operation, headers }) =>
  operation === 'CreateBucket' && headers['x-amz-object-ownership']
    ? s3Error(403, 'AccessDenied', 'Access Denied')
    : undefined;

const aws = useAws({
  auth: true,
  keepState: true,
  setUp: async () => aws.intercept(denyOwnership),
});

const HANDLER = 'exports.handler = async () => 2;\n';
const SKILL_ID = 'amzn1.ask.skill.11111111-2222-3333-4444-555555555555';
const REQUEST_ID = '4f0e9b5a-7d1c-4f0e-9b5a-000000000001';

/** Removes the former endings of log group ARNs, which the emulator does not support. */
const withoutEndings = (statements) =>
  statements.map((statement) => ({
    ...statement,
    Resource: statement.Resource.replace(/:(log-stream:|\*:\*)$/, ''),
  }));

const legacyProject = (t) =>
  restrictedProject(t, aws, LEGACY_STATEMENTS, (all) => asSupported(withoutEndings(all)));

describe('with the policy of 0.9.0', { concurrency: 4 }, () => {
  test('assets and handler are deployed, changed and restricted to the skill ID, and logs are pulled', async (t) => {
    const project = await legacyProject(t);
    const { client, bucket, deploy, pull } = project;
    await createBucketWithAcls(project);
    await deploy();
    await deploy();
    project.saveArtifact('skillId', SKILL_ID);
    project.write('litexa/assets/meow.mp3', 'hiss');
    await deploy({ lambdaConfiguration: { MemorySize: 512 } }, { handler: HANDLER });
    await writeStream(client, '2026/11/22/[$LATEST]1', invocation(REQUEST_ID, minutesAgo(5)));
    assert.match(await pull(), /success:1/);

    // The second deployment changes nothing.
    const denials = project.denials(['verbose', 'warning', 'error']);
    assert.equal(denials.length, 2);
    for (const denial of denials) assert.match(denial, hintFor('lambda:PublishVersion'));
    const meow = await client.getObject(bucket, 'cats/beta/default/meow.mp3');
    assert.equal(meow.body.toString(), 'hiss');
    const { Configuration } = await client.getFunction(NAMES.function);
    assert.equal(Configuration.MemorySize, 512);
    assert.equal((await client.getPolicy(NAMES.function, NAMES.alias)).Statement.length, 1);
    const [group] = await client.describeLogGroups(NAMES.logGroup);
    assert.equal(group.retentionInDays, 30);
  });

  const inBucketWithAcls = (steps) => async (project) => {
    await createBucketWithAcls(project);
    await steps(project);
  };
  const withOptions = (options) => inBucketWithAcls(({ deploy }) => deploy(options));

  /** Newer features and the actions that warnings name. The deployment succeeds without them. */
  for (const [outcome, steps, ...actions] of [
    [
      'a bucket is created as by 0.9.0, without public access',
      ({ deploy }) => deploy(),
      's3:PutBucketOwnershipControls',
      's3:PutBucketPublicAccessBlock',
      's3:PutBucketCORS',
    ],
    [
      'changed uploadParams make all assets be uploaded again',
      inBucketWithAcls(async ({ deploy }) => {
        await deploy({ s3Configuration: { uploadParams: [{ params: { CacheControl: 'a' } }] } });
        await deploy({ s3Configuration: { uploadParams: [{ params: { CacheControl: 'b' } }] } });
      }),
      's3:GetObject',
    ],
    [
      'the policy of the bucket is not changed',
      withOptions({ s3Configuration: { publicAccess: 'bucketPolicy' } }),
      's3:GetBucketPolicy',
    ],
    [
      'removed assets stay',
      inBucketWithAcls(async ({ client, bucket, deploy }) => {
        await client.putObject(bucket, 'cats/beta/default/old.mp3', 'miaow');
        await deploy({ s3Configuration: { deleteRemovedAssets: true } });
      }),
      's3:DeleteObject',
    ],
    [
      'an incomplete multipart upload stays',
      inBucketWithAcls(async (project) => {
        await leaveMultipartUpload(project);
        await project.deploy();
      }),
      's3:AbortMultipartUpload',
    ],
    [
      'time to live is not enabled',
      withOptions({
        dynamoDbConfiguration: { timeToLive: { AttributeName: 'endOfLife', secondsToLive: 60 } },
      }),
      'dynamodb:UpdateTimeToLive',
    ],
    [
      'old versions stay',
      withOptions({ lambdaConfiguration: { keepVersions: 1 } }),
      'lambda:ListVersionsByFunction',
    ],
    [
      'several log streams are read one by one',
      inBucketWithAcls(async ({ client, deploy, pull }) => {
        await deploy();
        for (const name of ['1', '2']) await writeStream(client, name, []);
        await pull();
      }),
      'logs:FilterLogEvents',
    ],
    [
      'a log group with another name keeps its events permanently',
      withOptions({ lambdaConfiguration: { LoggingConfig: { LogGroup: '/skills/cats' } } }),
      'logs:PutRetentionPolicy',
    ],
  ]) {
    test(`${outcome}, with a warning`, async (t) => {
      const project = await legacyProject(t);
      await steps(project);
      const denials = project.denials().join('\n');
      for (const action of actions) assert.match(denials, hintFor(action));
      const meow = await project.client.headObject(project.bucket, 'cats/beta/default/meow.mp3');
      assert.ok(meow, 'the assets are there');
      assert.ok(await project.client.getAlias(NAMES.function, NAMES.alias), 'the alias is there');
    });
  }

  /** Features that are not skipped. */
  for (const [what, steps, action] of [
    ['a dedicated role', withOptions({ iamConfiguration: { role: 'dedicated' } }), 'iam:\\w+'],
    [
      'a role that Lambda may no longer assume',
      inBucketWithAcls(async ({ client, deploy }) => {
        const AssumeRolePolicyDocument = JSON.stringify({ Version: '2012-10-17', Statement: [] });
        await client.iam('CreateRole', { RoleName: NAMES.role, AssumeRolePolicyDocument });
        await deploy();
      }),
      'iam:UpdateAssumeRolePolicy',
    ],
  ]) {
    test(`${what} is an error that names the action`, async (t) => {
      await assert.rejects(steps(await legacyProject(t)), {
        code: 'ACCESS_DENIED',
        message: hintFor(action),
      });
    });
  }
});
