'use strict';

// Every option of a deployment target with what it cannot be.

const { HUGE, STRANGE, WRONG, holding } = require('./values');
const { TEXTS } = require('./strings');

const LAMBDA = 'lambdaConfiguration';
const PARAMS = 's3Configuration.uploadParams[0].params';
const INSTANCES = `${LAMBDA}.CapacityProviderConfig.LambdaManagedInstancesCapacityProviderConfig`;
const ARN = 'arn:aws:iam::aws:policy/ReadOnlyAccess';

/** Each option and the kind of its value. */
const KINDS = {
  text: [
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
  number: [
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
  decimal: [`${INSTANCES}.ExecutionEnvironmentMemoryGiBPerVCpu`],
  flag: [
    's3Configuration.deleteRemovedAssets',
    'dynamoDbConfiguration.timeToLive.enable',
    'logsConfiguration.showTokens',
    `${LAMBDA}.VpcConfig.Ipv6AllowedForDualStack`,
    `${PARAMS}.BucketKeyEnabled`,
  ],
  texts: [
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
  choice: [
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

const WRONG_HERE = {
  ...WRONG,
  date: ['', 'soon', '2030-13-01', -1, 1e300, 1.8e12, true, [], {}],
  objects: ['', 'text', 7, true, {}, [7], ['text'], [null], [[]]],
};

/** Kinds for one option of which a huge value is made. */
const WITH_HUGE = ['text', 'object'];

/** What has to stand beside an option, so that it is the only thing that is wrong. */
const BESIDE = {
  [`${INSTANCES}.ExecutionEnvironmentMemoryGiBPerVCpu`]: { CapacityProviderArn: ARN },
  [`${INSTANCES}.PerExecutionEnvironmentMaxConcurrency`]: { CapacityProviderArn: ARN },
};

/** JavaScript spells a variable that is an object, and a circle in a circle is one. */
function isTaken(place, name) {
  return place === `${LAMBDA}.Environment.Variables` && name === 'a circle';
}

function wrongKinds() {
  return Object.entries(KINDS).flatMap(([kind, places]) =>
    places.flatMap((place) => {
      const plain = WRONG_HERE[kind].map((value) => [JSON.stringify(value), () => value]);
      const huge = place === places[0] && WITH_HUGE.includes(kind) ? HUGE : {};
      const strange = Object.entries({ ...STRANGE, ...huge });
      return [...plain, ...strange.filter(([name]) => !isTaken(place, name))].map(
        ([name, make]) => ({
          group: `${place} takes nothing of another kind`,
          title: `${place} is ${name}`,
          options: () => holding(place, make(), BESIDE[place]),
          code: 'INVALID_OPTION',
          says: place,
        }),
      );
    }),
  );
}

function nothing() {
  return Object.values(KINDS)
    .flat()
    .filter((place) => !place.includes('[0]') && !place.startsWith(INSTANCES))
    .map((place) => ({
      group: 'null counts as absent, for every option',
      title: `${place} is null`,
      call: 'logs',
      options: () => holding(place, null),
    }));
}

function unknownKeys() {
  const objects = KINDS.object.filter((place) => !/Variables|Metadata/.test(place));
  return [...objects, `${LAMBDA}.FileSystemConfigs[0]`].flatMap((place) =>
    ['bucketNme', '__proto__', 'constructor', '', 'a\nb', 'ünïcode', 'x'.repeat(5000)].map(
      (key) => ({
        group: `${place} takes no unknown key`,
        title: `${place} has the key ${JSON.stringify(key).slice(0, 40)}`,
        options: () => holding(place, JSON.parse(`{${JSON.stringify(key)}: 1}`)),
        code: 'INVALID_OPTION',
        says: place,
      }),
    ),
  );
}

const texts = TEXTS.map(([place, value, code, says, more]) => ({
  group: `${place} takes no wrong value`,
  title: `${place} is ${typeof value === 'object' ? Object.keys(value)[0]?.slice(0, 40) : String(value).slice(0, 40)}`,
  options: () => holding(place, value),
  code,
  says,
  bucket: place !== 's3Configuration.bucketName',
  ...more,
}));

/** What looks odd and is taken, with the reason. */
const accepted = [
  ['keys of other tools may hold anything', () => strangeKeys()],
  ['an empty text says nothing', () => ({ awsProfile: '', awsRegion: '', overrideAssetsRoot: '' })],
  ['empty objects say nothing', () => empties()],
  [
    'variables are spelled as JavaScript does',
    () =>
      holding(`${LAMBDA}.Environment.Variables`, { aa: null, bb: NaN, cc: 1n, dd: [1, 2], ee: {} }),
  ],
  [
    'a date in the place of a text is its ISO form',
    () => holding(`${LAMBDA}.Description`, new Date(0)),
  ],
  ['an object without a prototype', () => Object.assign(Object.create(null), empties())],
  ['a proxy that behaves', () => ({ lambdaConfiguration: new Proxy({ Timeout: 5 }, {}) })],
].map(([title, options]) => ({ title, options, call: 'lambda' }));

function strangeKeys() {
  const keys = Object.entries(STRANGE).map(([name, make]) =>
    holding(name.replaceAll('.', ''), make()),
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

/** The environment of a log pull. */
const environment = [
  ['LITEXA_LOGS_MINUTES', 'x'],
  ['LITEXA_LOGS_MINUTES', '0'],
  ['LITEXA_LOGS_MINUTES', '-5'],
  ['LITEXA_LOGS_MINUTES', '1.5'],
  ['LITEXA_LOGS_MINUTES', '9'.repeat(40)],
  ['LITEXA_LOGS_SINCE', 'yesterday'],
  ['LITEXA_LOGS_SINCE', '2999-01-01'],
  ['LITEXA_LOGS_SINCE', 'x'.repeat(5000)],
  ['LITEXA_LOGS_FORMATS', 'pdf'],
  ['LITEXA_LOGS_FORMATS', ',,'],
  ['LITEXA_LOGS_FORMATS', 'text;html'],
  ['LITEXA_LOGS_FORMATS', 'x'.repeat(5000)],
].map(([name, value]) => ({
  group: `${name} takes no wrong value`,
  title: `${name} is ${value.slice(0, 40)}`,
  call: 'logs',
  env: { [name]: value },
  code: 'INVALID_OPTION',
  says: name,
}));

const both = {
  title: 'two beginnings for one log pull',
  call: 'logs',
  env: { LITEXA_LOGS_MINUTES: '5', LITEXA_LOGS_SINCE: '2026-01-01' },
  code: 'INVALID_OPTION',
  says: /LITEXA_LOGS_MINUTES.*LITEXA_LOGS_SINCE/,
};

const cases = [
  ...wrongKinds(),
  ...unknownKeys(),
  ...texts,
  ...environment,
  both,
  ...nothing(),
  ...accepted,
];

module.exports = { cases };
