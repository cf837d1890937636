'use strict';

// Who comes from 0.9.0 has a user with the policy that its README showed. With it everything still works
// that worked then, and what this module does besides is left out, with a warning that names the action.

const assert = require('node:assert/strict');
const { describe, test } = require('node:test');
const { hintFor } = require('../support/assertions');
const { s3Error } = require('../support/litexa/asset-skill');
const { invocation } = require('../support/lambda/log-events');
const { writeStream, minutesAgo } = require('../support/lambda/log-streams');
const {
  useJudge,
  understood,
  skillOf,
  createOldBucket,
  interruptUpload,
  NAMES,
} = require('../support/aws/iam');

/** AWS asks for a right of its own where a new bucket's ownership is set; the emulator does not. */
const ownershipIsDenied = ({ operation, headers }) =>
  operation === 'CreateBucket' && headers['x-amz-object-ownership']
    ? s3Error(403, 'AccessDenied', 'Access Denied')
    : undefined;

const judge = useJudge({ beyond: ownershipIsDenied });

const HANDLER = 'exports.handler = async () => 2;\n';
const SKILL_ID = 'amzn1.ask.skill.11111111-2222-3333-4444-555555555555';
const REQUEST_ID = '4f0e9b5a-7d1c-4f0e-9b5a-000000000001';

const allow = (Sid, Resource, ...Action) => ({ Sid, Effect: 'Allow', Action, Resource });

const LOG_GROUPS = 'arn:aws:logs:*:myAccountId:log-group:/aws/lambda/*_*_litexa_handler';

/** What 0.9.0 asked for. */
const OLD_STATEMENTS = [
  allow(
    'IAMRole',
    'arn:aws:iam::myAccountId:role/litexa_handler_lambda',
    'iam:AttachRolePolicy',
    'iam:CreateRole',
    'iam:GetRole',
    'iam:ListAttachedRolePolicies',
    'iam:PassRole',
  ),
  allow(
    'Lambda',
    'arn:aws:lambda:*:myAccountId:function:*_*_litexa_handler',
    'lambda:AddPermission',
    'lambda:CreateAlias',
    'lambda:CreateFunction',
    'lambda:GetAlias',
    'lambda:GetFunctionConfiguration',
    'lambda:GetPolicy',
    'lambda:ListAliases',
    'lambda:RemovePermission',
    'lambda:UpdateFunctionCode',
    'lambda:UpdateFunctionConfiguration',
  ),
  allow(
    'DynamoDB',
    'arn:aws:dynamodb:*:myAccountId:table/*_*_litexa_handler_state',
    'dynamodb:CreateTable',
    'dynamodb:DescribeTable',
  ),
  allow('CreateLogGroupListS3Buckets', '*', 'logs:CreateLogGroup', 's3:ListAllMyBuckets'),
  allow('S3BucketActions', 'arn:aws:s3:::myBucketName', 's3:CreateBucket', 's3:ListBucket'),
  allow('S3BucketObjectActions', 'arn:aws:s3:::myBucketName/*', 's3:PutObject', 's3:PutObjectAcl'),
  allow('DescribeLogGroups', 'arn:aws:logs:*:myAccountId:log-group:*', 'logs:DescribeLogGroups'),
  allow(
    'LogStreamActions',
    `${LOG_GROUPS}:log-stream:`,
    'logs:DescribeLogStreams',
    'logs:PutRetentionPolicy',
  ),
  allow('GetLogEvents', `${LOG_GROUPS}:*:*`, 'logs:GetLogEvents'),
];

/** The statements about logs end as AWS once wrote the ARNs of log groups; the emulator does not. */
const withoutEnds = (statements) =>
  statements.map((statement) => ({
    ...statement,
    Resource: statement.Resource.replace(/:(log-stream:|\*:\*)$/, ''),
  }));

const oldUser = (t) => skillOf(t, judge, OLD_STATEMENTS, (all) => understood(withoutEnds(all)));

describe('with the policy of 0.9.0', { concurrency: 4 }, () => {
  test('assets and handler are deployed, changed and narrowed down, and logs are pulled', async (t) => {
    const skill = await oldUser(t);
    const { aws, bucket, deploy, pull } = skill;
    await createOldBucket(skill);
    await deploy();
    await deploy();
    skill.remember('skillId', SKILL_ID);
    skill.write('litexa/assets/meow.mp3', 'hiss');
    await deploy({ lambdaConfiguration: { MemorySize: 512 } }, { handler: HANDLER });
    await writeStream(aws, '2026/11/22/[$LATEST]1', invocation(REQUEST_ID, minutesAgo(5)));
    assert.match(await pull(), /success:1/);

    assert.deepEqual(skill.denials(['verbose', 'warning', 'error']), []);
    const meow = await aws.getObject(bucket, 'cats/beta/default/meow.mp3');
    assert.equal(meow.body.toString(), 'hiss');
    const { Configuration } = await aws.getFunction(NAMES.function);
    assert.equal(Configuration.MemorySize, 512);
    assert.equal((await aws.getPolicy(NAMES.function, NAMES.alias)).Statement.length, 1);
    const [group] = await aws.describeLogGroups(NAMES.logGroup);
    assert.equal(group.retentionInDays, 30);
  });

  const inOldBucket = (steps) => async (skill) => {
    await createOldBucket(skill);
    await steps(skill);
  };
  const withOptions = (options) => inOldBucket(({ deploy }) => deploy(options));

  /** What is new, and what a user of then is told to allow. The deployment ends well all the same. */
  for (const [what, steps, ...actions] of [
    [
      'a bucket is made as then, without public access',
      ({ deploy }) => deploy(),
      's3:PutBucketOwnershipControls',
      's3:PutBucketPublicAccessBlock',
      's3:PutBucketCORS',
    ],
    [
      'changed uploadParams send all assets again, to be sure',
      inOldBucket(async ({ deploy }) => {
        await deploy({ s3Configuration: { uploadParams: [{ params: { CacheControl: 'a' } }] } });
        await deploy({ s3Configuration: { uploadParams: [{ params: { CacheControl: 'b' } }] } });
      }),
      's3:GetObject',
    ],
    [
      'the policy of the bucket stays as it is',
      withOptions({ s3Configuration: { publicAccess: 'bucketPolicy' } }),
      's3:GetBucketPolicy',
    ],
    [
      'removed assets stay',
      inOldBucket(async ({ aws, bucket, deploy }) => {
        await aws.putObject(bucket, 'cats/beta/default/old.mp3', 'miaow');
        await deploy({ s3Configuration: { deleteRemovedAssets: true } });
      }),
      's3:DeleteObject',
    ],
    [
      'an interrupted upload stays',
      inOldBucket(async (skill) => {
        await interruptUpload(skill);
        await skill.deploy();
      }),
      's3:AbortMultipartUpload',
    ],
    [
      'time to live is not switched on',
      withOptions({
        dynamoDbConfiguration: { timeToLive: { AttributeName: 'endOfLife', secondsToLive: 60 } },
      }),
      'dynamodb:DescribeTimeToLive',
    ],
    [
      'old versions stay',
      withOptions({ lambdaConfiguration: { keepVersions: 1 } }),
      'lambda:ListVersionsByFunction',
    ],
    [
      'several log streams are read one by one',
      inOldBucket(async ({ aws, deploy, pull }) => {
        await deploy();
        for (const name of ['1', '2']) await writeStream(aws, name, []);
        await pull();
      }),
      'logs:FilterLogEvents',
    ],
    [
      'a log group of another name keeps its lines for ever',
      withOptions({ lambdaConfiguration: { LoggingConfig: { LogGroup: '/skills/cats' } } }),
      'logs:PutRetentionPolicy',
    ],
  ]) {
    test(`${what}, with a warning`, async (t) => {
      const skill = await oldUser(t);
      await steps(skill);
      const told = skill.denials().join('\n');
      for (const action of actions) assert.match(told, hintFor(action));
      const meow = await skill.aws.headObject(skill.bucket, 'cats/beta/default/meow.mp3');
      assert.ok(meow, 'the assets are there');
      assert.ok(await skill.aws.getAlias(NAMES.function, NAMES.alias), 'and the endpoint');
    });
  }

  /** Options that cannot be left out in part. */
  for (const [what, steps, action] of [
    ['a role of its own', withOptions({ iamConfiguration: { role: 'dedicated' } }), 'iam:\\w+'],
    [
      'a role that Lambda may not assume any more',
      inOldBucket(async ({ aws, deploy }) => {
        const AssumeRolePolicyDocument = JSON.stringify({ Version: '2012-10-17', Statement: [] });
        await aws.iam('CreateRole', { RoleName: NAMES.role, AssumeRolePolicyDocument });
        await deploy();
      }),
      'iam:UpdateAssumeRolePolicy',
    ],
  ]) {
    test(`${what} is refused, and the action named`, async (t) => {
      await assert.rejects(steps(await oldUser(t)), {
        code: 'ACCESS_DENIED',
        message: hintFor(action),
      });
    });
  }
});
