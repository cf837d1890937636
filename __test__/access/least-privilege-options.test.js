'use strict';

// docs/iam-policy.json is enough for every option that docs/options.md describes, except those that
// need more, which docs/permissions.md lists.

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { test } = require('node:test');
const {
  useJudge,
  documentedStatements,
  skillOf,
  createOldBucket,
  NAMES,
} = require('../support/aws/iam');

const judge = useJudge();

const EVERYBODY = 'uri="http://acs.amazonaws.com/groups/global/AllUsers"';

/** Together they have every option for which the policy is enough. */
const TARGETS = [
  {
    awsRegion: 'us-east-1',
    overrideAssetsRoot: 'https://cdn.example.com/cats/',
    s3Configuration: {
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
        { params: { GrantRead: EVERYBODY } },
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
    },
    dynamoDbConfiguration: {
      billingMode: 'PAY_PER_REQUEST',
      timeToLive: { AttributeName: 'endOfLife', secondsToLive: 60, enable: true },
    },
    iamConfiguration: {
      role: 'dedicated',
      policies: ['arn:aws:iam::aws:policy/AmazonSNSFullAccess'],
    },
    logsConfiguration: { minutes: 15, formats: ['text', 'jsonl', 'html'], showTokens: true },
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
            GrantFullControl: EVERYBODY,
            GrantReadACP: EVERYBODY,
            GrantWriteACP: EVERYBODY,
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

/** The CLI's own, those that need more or go only with one that does, and those that say who deploys and with what. */
const NEED_MORE = [
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
  'CapacityProviderConfig',
];

/** The names of all options in the tables of docs/options.md. */
function documentedOptions() {
  const section = fs.readFileSync(path.join(__dirname, '..', '..', 'docs', 'options.md'), 'utf8');
  const rows = section.split('\n').filter((line) => line.startsWith('|'));
  const cells = rows.map((row) => row.split('|').map((cell) => cell.trim()));
  // A row begins with names of options; those of S3's parameters begin with their kind.
  const names = cells.flatMap(([, first, second]) =>
    [...(/^[a-z]+$/.test(first) ? second : first).matchAll(/`([\w.]+)`/g)].map(([, name]) => name),
  );
  return new Set(names.map((name) => name.split('.').pop()));
}

/** The keys of an object and of all objects in it. */
const keysIn = (value) =>
  value !== null && typeof value === 'object'
    ? Object.entries(value).flatMap(([key, inner]) => [
        ...(Array.isArray(value) ? [] : [key]),
        ...keysIn(inner),
      ])
    : [];

test('every option that needs nothing more can be used', async (t) => {
  const used = new Set([...keysIn(TARGETS), ...NEED_MORE]);
  assert.deepEqual(
    [...documentedOptions()].filter((name) => !used.has(name)),
    [],
  );
  const skill = await skillOf(t, judge, documentedStatements());
  await createOldBucket(skill);
  for (const target of TARGETS) {
    await skill.deploy(target);
    await skill.pull(target);
  }
  assert.deepEqual(skill.denials(['verbose', 'warning', 'error']), []);
});
