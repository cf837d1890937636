'use strict';

// Every option of a deployment target with invalid values.

const { INVALID_STRINGS } = require('./strings');
const { HUGE, NOT_PLAIN_DATA, WRONG_TYPE, objectWith } = require('./values');

const LAMBDA = 'lambdaConfiguration';
const PARAMS = 's3Configuration.uploadParams[0].params';
const INSTANCES = `${LAMBDA}.CapacityProviderConfig.LambdaManagedInstancesCapacityProviderConfig`;
const ARN = 'arn:aws:iam::aws:policy/ReadOnlyAccess';
const PROVIDER = 'arn:aws:lambda:us-east-1:123456789012:capacity-provider:suncoast';
const ACCESS_POINT =
  'arn:aws:elasticfilesystem:us-east-1:123456789012:access-point/fsap-0123456789abcdef0';

/** All options by the type of their values. */
const OPTIONS = {
  string: [
    'S3BucketName',
    'awsProfile',
    'awsRegion',
    'overrideAssetsRoot',
    's3Configuration.bucketName',
    'dynamoDbConfiguration.timeToLive.AttributeName',
    'logsConfiguration.since',
    'logsConfiguration.logGroup',
    ...['Description', 'Handler', 'KMSKeyArn', 'Role', 'Runtime'].map((key) => `${LAMBDA}.${key}`),
    `${LAMBDA}.DeadLetterConfig.TargetArn`,
    `${LAMBDA}.DurableConfig.KMSKeyArn`,
    `${LAMBDA}.FileSystemConfigs[0].Arn`,
    `${LAMBDA}.FileSystemConfigs[0].LocalMountPath`,
    `${LAMBDA}.LoggingConfig.LogGroup`,
    `${INSTANCES}.CapacityProviderArn`,
    ...[
      'CacheControl',
      'ContentDisposition',
      'ContentEncoding',
      'ContentLanguage',
      'ExpectedBucketOwner',
      'GrantFullControl',
      'GrantRead',
      'GrantReadACP',
      'GrantWriteACP',
      'SSEKMSEncryptionContext',
      'SSEKMSKeyId',
      'Tagging',
      'WebsiteRedirectLocation',
    ].map((key) => `${PARAMS}.${key}`),
  ],
  integer: [
    'dynamoDbConfiguration.readCapacityUnits',
    'dynamoDbConfiguration.writeCapacityUnits',
    'dynamoDbConfiguration.timeToLive.secondsToLive',
    'logsConfiguration.minutes',
    `${LAMBDA}.MemorySize`,
    `${LAMBDA}.Timeout`,
    `${LAMBDA}.keepVersions`,
    `${LAMBDA}.EphemeralStorage.Size`,
    `${LAMBDA}.DurableConfig.RetentionPeriodInDays`,
    `${LAMBDA}.DurableConfig.ExecutionTimeout`,
    `${INSTANCES}.PerExecutionEnvironmentMaxConcurrency`,
    `${PARAMS}.ObjectLockEventHoldDurationDays`,
    `${PARAMS}.ObjectLockEventHoldDurationYears`,
  ],
  float: [`${INSTANCES}.ExecutionEnvironmentMemoryGiBPerVCpu`],
  bool: [
    's3Configuration.deleteRemovedAssets',
    'dynamoDbConfiguration.timeToLive.enable',
    'logsConfiguration.showTokens',
    `${LAMBDA}.VpcConfig.Ipv6AllowedForDualStack`,
    `${PARAMS}.BucketKeyEnabled`,
  ],
  strings: [
    'iamConfiguration.policies',
    'logsConfiguration.formats',
    `${LAMBDA}.Architectures`,
    `${LAMBDA}.Layers`,
    `${LAMBDA}.VpcConfig.SubnetIds`,
    `${LAMBDA}.VpcConfig.SecurityGroupIds`,
    's3Configuration.uploadParams[0].filter',
  ],
  object: [
    's3Configuration',
    'iamConfiguration',
    'dynamoDbConfiguration',
    'logsConfiguration',
    LAMBDA,
    'dynamoDbConfiguration.timeToLive',
    `${LAMBDA}.CapacityProviderConfig`,
    INSTANCES,
    `${LAMBDA}.DeadLetterConfig`,
    `${LAMBDA}.DurableConfig`,
    `${LAMBDA}.Environment`,
    `${LAMBDA}.Environment.Variables`,
    `${LAMBDA}.EphemeralStorage`,
    `${LAMBDA}.LoggingConfig`,
    `${LAMBDA}.SnapStart`,
    `${LAMBDA}.TracingConfig`,
    `${LAMBDA}.VpcConfig`,
    's3Configuration.uploadParams[0]',
    PARAMS,
    `${PARAMS}.Metadata`,
  ],
  oneOf: [
    's3Configuration.publicAccess',
    'iamConfiguration.role',
    'dynamoDbConfiguration.billingMode',
    `${LAMBDA}.LoggingConfig.ApplicationLogLevel`,
    `${LAMBDA}.LoggingConfig.LogFormat`,
    `${LAMBDA}.LoggingConfig.SystemLogLevel`,
    `${LAMBDA}.SnapStart.ApplyOn`,
    `${LAMBDA}.TracingConfig.Mode`,
    `${PARAMS}.ChecksumAlgorithm`,
    `${PARAMS}.ObjectLockEventHold`,
    `${PARAMS}.ObjectLockLegalHoldStatus`,
    `${PARAMS}.ObjectLockMode`,
    `${PARAMS}.RequestPayer`,
    `${PARAMS}.ServerSideEncryption`,
    `${PARAMS}.StorageClass`,
  ],
  date: [`${PARAMS}.Expires`, `${PARAMS}.ObjectLockRetainUntilDate`],
  objects: [`${LAMBDA}.FileSystemConfigs`, 's3Configuration.uploadParams'],
};

const WRONG_VALUES = {
  ...WRONG_TYPE,
  date: ['', 'soon', '2030-13-01', -1, 1e300, 1.8e12, true, [], {}],
  objects: ['', 'text', 7, true, {}, [7], ['text'], [null], [[]]],
};

/** Types for which one option gets huge values. */
const TYPES_WITH_HUGE_VALUES = ['string', 'object'];

/** Other options that an option needs. */
const SIBLINGS = {
  [`${LAMBDA}.FileSystemConfigs[0].LocalMountPath`]: { Arn: ACCESS_POINT },
  [`${INSTANCES}.ExecutionEnvironmentMemoryGiBPerVCpu`]: { CapacityProviderArn: PROVIDER },
  [`${INSTANCES}.PerExecutionEnvironmentMaxConcurrency`]: { CapacityProviderArn: PROVIDER },
};

function wrongTypes() {
  return Object.entries(OPTIONS).flatMap(([type, places]) =>
    places.flatMap((place) => {
      const plain = WRONG_VALUES[type].map((value) => [JSON.stringify(value), () => value]);
      const huge = place === places[0] && TYPES_WITH_HUGE_VALUES.includes(type) ? HUGE : {};
      return [...plain, ...Object.entries({ ...NOT_PLAIN_DATA, ...huge })].map(([name, make]) => ({
        group: `${place} rejects values of other types`,
        title: `${place} is ${name}`,
        options: () => objectWith(place, make(), SIBLINGS[place]),
        code: 'INVALID_OPTION',
        mentions: place,
      }));
    }),
  );
}

function nullValues() {
  return Object.values(OPTIONS)
    .flat()
    .filter((place) => !place.includes('[0]') && !place.startsWith(INSTANCES))
    .map((place) => ({
      group: 'null means absent, for every option',
      title: `${place} is null`,
      call: 'logs',
      options: () => objectWith(place, null),
    }));
}

function unknownKeys() {
  const objects = OPTIONS.object.filter((place) => !/Variables|Metadata/.test(place));
  return [...objects, `${LAMBDA}.FileSystemConfigs[0]`].flatMap((place) =>
    ['bucketNme', '__proto__', 'constructor', '', 'a\nb', 'ünïcode', 'x'.repeat(5000)].map(
      (key) => ({
        group: `${place} rejects unknown keys`,
        title: `${place} has the key ${JSON.stringify(key).slice(0, 40)}`,
        options: () => objectWith(place, JSON.parse(`{${JSON.stringify(key)}: 1}`)),
        code: 'INVALID_OPTION',
        mentions: place,
      }),
    ),
  );
}

const strings = INVALID_STRINGS.map(([place, value, code, mentions, more]) => ({
  group: `${place} rejects invalid values`,
  title: `${place} is ${typeof value === 'object' ? Object.keys(value)[0]?.slice(0, 40) : String(value).slice(0, 40)}`,
  options: () => objectWith(place, value),
  code,
  mentions,
  bucket: place !== 's3Configuration.bucketName',
  ...more,
}));

/** Unusual values that are accepted. */
const accepted = [
  ['keys of other tools may have any value', () => unknownKeysOfTarget()],
  [
    'an empty string means absent',
    () => ({ awsProfile: '', awsRegion: '', overrideAssetsRoot: '' }),
  ],
  ['empty objects mean absent', () => empties()],
  [
    'variables are converted to strings as by JavaScript, and left out without a value',
    () =>
      objectWith(`${LAMBDA}.Environment.Variables`, {
        aa: null,
        bb: 1.5,
        cc: 1n,
        dd: undefined,
      }),
  ],
  [
    'a date instead of a string is converted to its ISO form',
    () => objectWith(`${LAMBDA}.Description`, new Date(0)),
  ],
  ['an object without a prototype', () => Object.assign(Object.create(null), empties())],
  ['a proxy that does not throw', () => ({ lambdaConfiguration: new Proxy({ Timeout: 5 }, {}) })],
].map(([title, options]) => ({ title, options, call: 'lambda' }));

function unknownKeysOfTarget() {
  const keys = Object.entries(NOT_PLAIN_DATA).map(([name, make]) =>
    objectWith(name.replaceAll('.', ''), make()),
  );
  return Object.defineProperties(
    {},
    Object.assign({}, ...keys.map(Object.getOwnPropertyDescriptors)),
  );
}

function empties() {
  return {
    iamConfiguration: {},
    dynamoDbConfiguration: { timeToLive: {} },
    logsConfiguration: {},
    lambdaConfiguration: { Environment: { Variables: {} } },
  };
}

/** Environment variables of a log pull. */
const environment = [
  ['LITEXA_LOGS_MINUTES', 'x'],
  ['LITEXA_LOGS_MINUTES', '0'],
  ['LITEXA_LOGS_MINUTES', '-5'],
  ['LITEXA_LOGS_MINUTES', '1.5'],
  ['LITEXA_LOGS_MINUTES', '9'.repeat(40)],
  ['LITEXA_LOGS_SINCE', 'yesterday'],
  ['LITEXA_LOGS_SINCE', '2999-01-01'],
  ['LITEXA_LOGS_SINCE', 'x'.repeat(5000)],
  ['LITEXA_LOGS_STATUS', 'x'.repeat(5000)],
  ['LITEXA_LOGS_STATUS', 'all,failed'],
  ['LITEXA_LOGS_FORMATS', 'pdf'],
  ['LITEXA_LOGS_FORMATS', ',,'],
  ['LITEXA_LOGS_FORMATS', 'text;html'],
  ['LITEXA_LOGS_FORMATS', 'x'.repeat(5000)],
].map(([name, value]) => ({
  group: `${name} rejects invalid values`,
  title: `${name} is ${value.slice(0, 40)}`,
  call: 'logs',
  env: { [name]: value },
  code: 'INVALID_OPTION',
  mentions: name,
}));

const both = {
  title: 'two time ranges for one log pull',
  call: 'logs',
  env: { LITEXA_LOGS_MINUTES: '5', LITEXA_LOGS_SINCE: '2026-01-01' },
  code: 'INVALID_OPTION',
  mentions: /LITEXA_LOGS_MINUTES.*LITEXA_LOGS_SINCE/,
};

const cases = [
  ...wrongTypes(),
  ...unknownKeys(),
  ...strings,
  ...environment,
  both,
  ...nullValues(),
  ...accepted,
];

module.exports = { cases };
