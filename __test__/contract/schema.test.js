'use strict';

// What an editor makes of litexa.config.json: the schema is right in itself, takes what is right,
// and names the place of what is wrong.

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { test } = require('node:test');
const { ajv, optionsAt, problemsOf, schema, targetOptions } = require('../support/options-schema');
const { resolved } = require('../../scripts/codegen/schema');

const ROOT = path.join(__dirname, '..', '..');
const read = (file) => fs.readFileSync(path.join(ROOT, file), 'utf8');

/** A config with one target. */
const config = (target) => ({
  name: 'suncoast',
  deployments: { development: { module: '@litexa/deploy-aws', ...target } },
});

test('the schema is a schema of draft 7', () => {
  assert.equal(ajv.validateSchema(schema), true, ajv.errorsText());
});

test('its examples and defaults are right by itself', () => {
  const whole = { schema: resolved(schema, { $ref: '#/definitions/DeploymentTarget' }), place: '' };
  const all = [...optionsAt(schema), ...targetOptions, whole];
  const given = all.flatMap(({ place, schema: option }) =>
    [option.default, ...(option.examples ?? [])]
      .filter((value) => value !== undefined)
      .map((value) => ({ place, option, value })),
  );
  assert.ok(given.length > 80, `${given.length} examples`);
  for (const { place, option, value } of given) {
    const judge = ajv.compile({ ...option, definitions: schema.definitions });
    assert.ok(judge(value), `${place}: ${JSON.stringify(value)} ${ajv.errorsText(judge.errors)}`);
  }
});

test('every option is described in sentences, and if one of its words is, all are', () => {
  for (const { place, schema: option } of [...optionsAt(schema), ...targetOptions]) {
    assert.match(option.description ?? '', /^[A-Z`].*\.$/s, place);
    if (option.enumDescriptions) {
      assert.equal(option.enumDescriptions.length, option.enum.length, place);
    }
  }
});

test('what the Litexa CLI generates is right', () => {
  const generated = {
    name: 'suncoast',
    deployments: {
      development: {
        module: '@litexa/deploy-aws',
        useSessionAttributesForPersistentStore: false,
        s3Configuration: { bucketName: null },
        askProfile: null,
        awsProfile: null,
      },
    },
    extensionOptions: {},
  };
  assert.deepEqual(problemsOf(generated), []);
});

test('the configs in the documentation and of the sample skill are right', () => {
  const documents = ['README.md', 'docs/install.md', 'docs/options.md'].map(read).join('\n');
  const blocks = [...documents.matchAll(/```json\n(.*?)```/gs)].map(([, text]) => text);
  const configs = blocks
    .filter((text) => text.startsWith('{') && text.includes('"deployments"'))
    .map(JSON.parse);
  assert.ok(configs.length > 0);
  for (const one of configs) assert.deepEqual(problemsOf(one), []);
  assert.deepEqual(problemsOf(require('../../examples/tea-house/litexa.config.json')), []);
});

const GOOD = {
  'a target of another module': { module: '@somebody/deploy', s3Configuration: 'anything' },
  "keys of the CLI's own": {
    DEPLOY: { MODE: 'practice' },
    additionalAssetExtensions: ['.csv'],
    invocation: { 'en-GB': 'cloudy cats' },
    invocationSuffix: 'dev',
  },
  'keys of other tools': { newerThing: { anything: 1 } },
  'a table on demand': { dynamoDbConfiguration: { billingMode: 'PAY_PER_REQUEST' } },
  'a dedicated role': { iamConfiguration: { role: 'dedicated', policies: ['arn:aws:iam::aws:x'] } },
  'the last quarter of an hour': { logsConfiguration: { minutes: 15, formats: ['text', 'html'] } },
  'variables of all kinds': {
    lambdaConfiguration: { Environment: { Variables: { loggingLevel: '', lucky: 13, fun: true } } },
  },
};

for (const [title, target] of Object.entries(GOOD)) {
  test(`right: ${title}`, () => assert.deepEqual(problemsOf(config(target)), []));
}

/** Each with the key that the first complaint names. */
const BAD = {
  'a slip of the pen': [{ s3Configuration: { bucketNme: 'cats' } }, 's3Configuration'],
  'a name that no bucket has': [{ s3Configuration: { bucketName: 'My Cats' } }, 'bucketName'],
  'a way that is none': [{ s3Configuration: { publicAccess: 'public' } }, 'publicAccess'],
  'a filter that is no list': [
    { s3Configuration: { uploadParams: [{ filter: '*.mp3' }] } },
    'uploadParams/0/filter',
  ],
  'a reserved parameter': [
    { s3Configuration: { uploadParams: [{ params: { ACL: 'public-read' } }] } },
    'uploadParams/0/params',
  ],
  'half a lock': [
    { s3Configuration: { uploadParams: [{ params: { ObjectLockMode: 'GOVERNANCE' } }] } },
    'uploadParams/0/params',
  ],
  'a key without its encryption': [
    { s3Configuration: { uploadParams: [{ params: { SSEKMSKeyId: 'alias/cats' } }] } },
    'uploadParams/0/params',
  ],
  'the wrong case': [{ lambdaConfiguration: { memorySize: 512 } }, 'lambdaConfiguration'],
  'a text in the place of a number': [{ lambdaConfiguration: { Timeout: '10' } }, 'Timeout'],
  "a parameter that is this module's business": [
    { lambdaConfiguration: { FunctionName: 'cats' } },
    'lambdaConfiguration',
  ],
  "a variable of Lambda's own": [
    { lambdaConfiguration: { Environment: { Variables: { AWS_REGION: 'us-east-1' } } } },
    'Variables',
  ],
  'capacity on demand': [
    { dynamoDbConfiguration: { billingMode: 'PAY_PER_REQUEST', readCapacityUnits: 5 } },
    'dynamoDbConfiguration',
  ],
  'no attribute to live by': [
    { dynamoDbConfiguration: { timeToLive: { enable: true } } },
    'timeToLive',
  ],
  'policies for everybody': [
    { iamConfiguration: { policies: ['arn:aws:iam::aws:policy/x'] } },
    'iamConfiguration',
  ],
  'two beginnings': [
    { logsConfiguration: { minutes: 5, since: '2026-11-22' } },
    'logsConfiguration',
  ],
  'an unknown format': [{ logsConfiguration: { formats: ['pdf'] } }, 'formats/0'],
  'no region': [{ awsRegion: 'Ireland' }, 'awsRegion'],
  'an ending without its dot': [
    { additionalAssetExtensions: ['csv'] },
    'additionalAssetExtensions',
  ],
  'a module that is no name': [{ module: 7 }, 'module'],
};

for (const [title, [target, place]] of Object.entries(BAD)) {
  test(`wrong: ${title}`, () => {
    const problems = problemsOf(config(target));
    assert.ok(problems[0]?.includes(place), problems.join('\n'));
  });
}

test('wrong: a config without targets, or with names that AWS does not take', () => {
  assert.match(problemsOf({ name: 'suncoast' }).join(), /deployments/);
  assert.match(problemsOf({ ...config(), name: 'sun coast' }).join(), /name/);
  assert.match(problemsOf({ deployments: { 'my target': {} } }).join(), /deployments/);
});
