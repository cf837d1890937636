'use strict';

// Invalid values of the right type, mostly strings.

const LAMBDA = 'lambdaConfiguration';
const PARAMS = 's3Configuration.uploadParams[0].params';
const INSTANCES = `${LAMBDA}.CapacityProviderConfig.LambdaManagedInstancesCapacityProviderConfig`;
const ARN = 'arn:aws:iam::aws:policy/ReadOnlyAccess';

/** Tuples of an option, a value, the error's code, a part of its message, and other fields of the case. */
const INVALID_STRINGS = [
  ...['s3Configuration.bucketName', 'S3BucketName'].flatMap((place) =>
    [
      'a',
      'Cats',
      'cats assets',
      '..',
      '../cats',
      'cats/..',
      'kätzchen',
      '192.168.0.1',
      'cats\n',
      'x'.repeat(300),
    ].map((value) => [place, value, 'INVALID_BUCKET_NAME', 's3Configuration.bucketName']),
  ),
  ...[
    'virginia',
    'US-EAST-1',
    'us-east-1/..',
    'us east 1',
    'us-east-1\n',
    '---',
    'ü-e-1',
    'x'.repeat(5000),
    ' ',
  ].map((value) => ['awsRegion', value, 'INVALID_OPTION', 'awsRegion']),
  ...['unknown', '..', 'a\nb', '[default]', '\u0000', 'ü'.repeat(3000)].map((value) => [
    'awsProfile',
    value,
    'UNKNOWN_PROFILE',
    'awsProfile',
  ]),
  [
    'overrideAssetsRoot',
    `https://cdn.example/${'x'.repeat(5000)}`,
    'INVALID_OPTION',
    'overrideAssetsRoot',
  ],
  ['logsConfiguration.logGroup', '', 'INVALID_OPTION', 'logsConfiguration.logGroup'],
  ...['', 'yesterday', '2999-01-01', '2026-02-30', '-1', 'x'.repeat(5000)].map((value) => [
    'logsConfiguration.since',
    value,
    'INVALID_OPTION',
    'logsConfiguration.since',
    { call: 'logs' },
  ]),
  ...[[], ['pdf'], ['text', 'TEXT'], [''], ['x'.repeat(5000)]].map((value) => [
    'logsConfiguration.formats',
    value,
    'INVALID_OPTION',
    'logsConfiguration.formats',
    { call: 'logs' },
  ]),
  ['logsConfiguration.minutes', 0, 'INVALID_OPTION', 'logsConfiguration.minutes'],
  ['logsConfiguration.minutes', 1e9, 'INVALID_OPTION', 'logsConfiguration.minutes'],
  ['dynamoDbConfiguration.readCapacityUnits', 0, 'INVALID_OPTION', 'readCapacityUnits'],
  ['dynamoDbConfiguration.writeCapacityUnits', 40_001, 'INVALID_OPTION', 'writeCapacityUnits'],
  ['dynamoDbConfiguration.timeToLive.enable', true, 'INVALID_OPTION', 'timeToLive.AttributeName'],
  ['iamConfiguration.policies', [ARN], 'INVALID_OPTION', 'iamConfiguration.policies'],
  ['iamConfiguration.policies', ['ReadOnlyAccess'], 'INVALID_OPTION', 'iamConfiguration.policies'],
  [`${LAMBDA}.Architectures`, [], 'INVALID_OPTION', 'Architectures'],
  [`${LAMBDA}.Architectures`, ['sparc'], 'INVALID_OPTION', 'Architectures'],
  [`${LAMBDA}.Architectures`, ['x86_64', 'arm64'], 'INVALID_OPTION', 'Architectures'],
  [`${LAMBDA}.FileSystemConfigs`, [{ Arn: ARN }], 'INVALID_OPTION', 'FileSystemConfigs'],
  [INSTANCES, {}, 'INVALID_OPTION', `${INSTANCES}.CapacityProviderArn`],
  ...[
    'AWS_REGION',
    '_HANDLER',
    'a',
    '',
    '1a',
    'a-b',
    'ü',
    'a b',
    'a\nb',
    '__proto__',
    'x'.repeat(5000),
  ].map((name) => [
    `${LAMBDA}.Environment.Variables`,
    JSON.parse(`{${JSON.stringify(name)}: "1"}`),
    'INVALID_OPTION',
    `${LAMBDA}.Environment.Variables`,
  ]),
  [
    `${LAMBDA}.Environment.Variables`,
    { large: 'x'.repeat(5000) },
    'INVALID_OPTION',
    `${LAMBDA}.Environment.Variables`,
  ],
  [
    `${LAMBDA}.Environment.Variables`,
    { symbol: Symbol('s') },
    'INVALID_OPTION',
    `${LAMBDA}.Environment.Variables.symbol`,
  ],
  [
    `${LAMBDA}.Environment.Variables`,
    { strange: { toString: null, valueOf: null } },
    'INVALID_OPTION',
    `${LAMBDA}.Environment.Variables.strange`,
  ],
  ...[
    'CacheControl',
    'ContentLanguage',
    'SSEKMSKeyId',
    'WebsiteRedirectLocation',
    'Tagging',
  ].flatMap((name) =>
    ['', ' ', 'a\r\nx-injected: 1', 'ü', '\u0000'].map((value) => [
      `${PARAMS}.${name}`,
      value,
      'INVALID_OPTION',
      `${PARAMS}.${name}`,
    ]),
  ),
  ...[
    'ACL',
    'Body',
    'Bucket',
    'ContentType',
    'Key',
    'ContentMD5',
    'IfMatch',
    'SSECustomerKey',
    'GrantWrite',
  ].map((name) => [`${PARAMS}.${name}`, 'x', 'INVALID_OPTION', `${PARAMS}.${name}`]),
  [`${PARAMS}.Metadata`, { 'a b': 'x' }, 'INVALID_OPTION', `${PARAMS}.Metadata.a b`],
  [`${PARAMS}.Metadata`, { a: 'x', A: 'y' }, 'INVALID_OPTION', `${PARAMS}.Metadata`],
  [`${PARAMS}.Metadata`, { a: 7 }, 'INVALID_OPTION', `${PARAMS}.Metadata.a`],
  [`${PARAMS}.Metadata`, { a: 'x'.repeat(3000) }, 'INVALID_OPTION', `${PARAMS}.Metadata`],
  [
    `${PARAMS}.Tagging`,
    Array.from({ length: 11 }, (_, i) => `t${i}=1`).join('&'),
    'INVALID_OPTION',
    'Tagging',
  ],
  [`${PARAMS}.Tagging`, '=x', 'INVALID_OPTION', `${PARAMS}.Tagging`],
  [`${PARAMS}.ExpectedBucketOwner`, '123', 'INVALID_OPTION', `${PARAMS}.ExpectedBucketOwner`],
  [`${PARAMS}.GrantRead`, 'all users', 'INVALID_OPTION', `${PARAMS}.GrantRead`],
  [`${PARAMS}.WebsiteRedirectLocation`, 'ftp://x', 'INVALID_OPTION', 'WebsiteRedirectLocation'],
  [`${PARAMS}.SSEKMSKeyId`, 'key', 'INVALID_OPTION', `${PARAMS}.SSEKMSKeyId`],
  [`${PARAMS}.ObjectLockMode`, 'GOVERNANCE', 'INVALID_OPTION', PARAMS],
  [
    's3Configuration.uploadParams[0].filter',
    ['[z-a]'.repeat(20_000)],
    'INVALID_OPTION',
    'filter[0]',
  ],
  ['s3Configuration.uploadParams[0].filter', ['{1..999999999}'], 'INVALID_OPTION', 'filter[0]'],
  ['s3Configuration.uploadParams[0].filter', ['{a,b}'.repeat(60)], 'INVALID_OPTION', 'filter[0]'],
];

module.exports = { INVALID_STRINGS };
