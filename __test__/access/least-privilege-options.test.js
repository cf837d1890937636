'use strict';

// The documented policies are sufficient for every option in docs/options.md, except for those that need
// more permissions according to docs/permissions.md.

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { createBucketWithAcls, restrictedProject } = require('../support/aws/iam');
const { documentedStatements } = require('../support/aws/iam-user');
const { useAws } = require('../support/aws/use-aws');
const { NAMES } = require('../support/litexa/project');
const { targetOptions } = require('../support/options-schema');

const aws = useAws({ auth: true, keepState: true });

const ALL_USERS = 'uri="http://acs.amazonaws.com/groups/global/AllUsers"';

/** Targets that together have every option for which the policy is sufficient. */
const TARGETS = [
  {
    awsRegion: 'us-east-1',
    tags: { team: 'voice' },
    overrideAssetsRoot: 'https://cdn.example.com/cats/',
    s3Configuration: {
      bucketOwner: 'myAccountId',
      publicAccess: 'bucketPolicy',
      deleteRemovedAssets: true,
      uploadParams: [
        {
          filter: ['*.mp3'],
          params: {
            CacheControl: 'max-age=600',
            ContentDisposition: 'inline',
            ContentEncoding: 'identity',
            ContentLanguage: 'en',
            Expires: '2030-01-01T00:00:00Z',
            WebsiteRedirectLocation: '/moved',
            Metadata: { title: 'cats' },
            StorageClass: 'STANDARD_IA',
            ChecksumAlgorithm: 'SHA256',
            ServerSideEncryption: 'AES256',
            RequestPayer: 'requester',
          },
        },
        { params: { GrantRead: ALL_USERS } },
      ],
    },
    lambdaConfiguration: {
      Description: 'cats',
      Handler: 'index.handler',
      Runtime: 'nodejs22.x',
      MemorySize: 512,
      Timeout: 8,
      Environment: {
        Variables: { loggingLevel: 'verbose', variant: 'b', dynamoTableName: 't', assetsRoot: 'r' },
      },
      Architectures: ['arm64'],
      DeadLetterConfig: { TargetArn: 'arn:aws:sqs:us-east-1:myAccountId:failed' },
      TracingConfig: { Mode: 'Active' },
      EphemeralStorage: { Size: 1024 },
      SnapStart: { ApplyOn: 'None' },
      DurableConfig: { RetentionPeriodInDays: 7, ExecutionTimeout: 60 },
      LoggingConfig: { LogFormat: 'JSON', ApplicationLogLevel: 'INFO', SystemLogLevel: 'INFO' },
      keepVersions: 1,
      endpointVersion: 'published',
    },
    dynamoDbConfiguration: {
      billingMode: 'PAY_PER_REQUEST',
      timeToLive: { AttributeName: 'endOfLife', secondsToLive: 60, enable: true },
      deletionProtection: true,
      pointInTimeRecovery: true,
    },
    packageConfiguration: { include: 'production' },
    iamConfiguration: {
      role: 'dedicated',
      policies: ['arn:aws:iam::aws:policy/AmazonSNSFullAccess'],
      permissionsBoundary: 'arn:aws:iam::myAccountId:policy/litexa-boundary',
    },
    logsConfiguration: {
      retentionInDays: 90,
      minutes: 15,
      formats: ['text', 'jsonl', 'html'],
      showTokens: true,
      status: 'failed',
      source: 'events',
      maxScannedGb: 1,
    },
  },
  {
    S3BucketName: 'myBucketName',
    useSessionAttributesForPersistentStore: true,
    s3Configuration: {
      bucketName: 'ignored',
      publicAccess: 'none',
      uploadParams: [
        {
          params: {
            GrantFullControl: ALL_USERS,
            GrantReadACP: ALL_USERS,
            GrantWriteACP: ALL_USERS,
            ExpectedBucketOwner: 'myAccountId',
          },
        },
      ],
    },
    logsConfiguration: { since: '2026-01-01T00:00Z', logGroup: NAMES.logGroup },
  },
  {
    s3Configuration: { publicAccess: 'acl' },
    dynamoDbConfiguration: { readCapacityUnits: 5, writeCapacityUnits: 5 },
    iamConfiguration: { role: 'shared' },
  },
];

/**
 * Options of the CLI, options that need more permissions or an option that does, and the names of the
 * module and the profile.
 */
const EXCLUDED = [
  'DEPLOY',
  'additionalAssetExtensions',
  'askProfile',
  'disableAssetReferenceValidation',
  'invocation',
  'invocationSuffix',
  'module',
  'name',
  'awsProfile',
  'Tagging',
  'SSEKMSKeyId',
  'SSEKMSEncryptionContext',
  'BucketKeyEnabled',
  'ObjectLockEventHold',
  'ObjectLockEventHoldDurationDays',
  'ObjectLockEventHoldDurationYears',
  'ObjectLockMode',
  'ObjectLockRetainUntilDate',
  'ObjectLockLegalHoldStatus',
  'Role',
  'Layers',
  'KMSKeyArn',
  'VpcConfig',
  'FileSystemConfigs',
  'LogGroup',
  'CapacityProviderConfig',
];

/** Returns the options that are neither excluded nor in an excluded object, each without the objects that it is in. */
function optionNames() {
  const paths = targetOptions.map(({ place }) => place.replaceAll('[0]', '').split('.'));
  const included = paths.filter((keys) => !keys.some((key) => EXCLUDED.includes(key)));
  return new Set(included.map((keys) => keys.at(-1)));
}

/** Returns the keys of an object and of all objects in it. */
const keysIn = (value) =>
  value !== null && typeof value === 'object'
    ? Object.entries(value).flatMap(([key, inner]) => [
        ...(Array.isArray(value) ? [] : [key]),
        ...keysIn(inner),
      ])
    : [];

test('every option that does not need more permissions can be used', async (t) => {
  const used = new Set(keysIn(TARGETS));
  assert.deepEqual(
    [...optionNames()].filter((name) => !used.has(name)),
    [],
  );
  const project = await restrictedProject(t, aws, documentedStatements());
  await createBucketWithAcls(project);
  await project.client.iam('CreatePolicy', {
    PolicyName: 'litexa-boundary',
    PolicyDocument: JSON.stringify({
      Version: '2012-10-17',
      Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }],
    }),
  });
  for (const target of TARGETS) {
    await project.deploy(target);
    await project.pull(target);
  }
  assert.deepEqual(project.denials(['verbose', 'warning', 'error']), []);
});
