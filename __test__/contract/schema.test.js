'use strict';

// The schema of litexa.config.json, as an editor uses it: it is valid, accepts valid configurations, and
// reports where a configuration is invalid.

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { test } = require('node:test');
const { ajv, optionsAt, problemsOf, schema, targetOptions } = require('../support/options-schema');
const { resolved } = require('../../scripts/codegen/schema');

const ROOT = path.join(__dirname, '..', '..');
const read = (file) => fs.readFileSync(path.join(ROOT, file), 'utf8');

/** Returns a configuration with one target. */
const config = (target) => ({
  name: 'suncoast',
  deployments: { development: { module: '@litexa/deploy-aws', ...target } },
});

test('the schema is valid by JSON Schema draft 7', () => {
  assert.equal(ajv.validateSchema(schema), true, ajv.errorsText());
});

test('the examples and defaults of the schema are valid', () => {
  const whole = { schema: resolved(schema, { $ref: '#/definitions/DeploymentTarget' }), place: '' };
  const all = [...optionsAt(schema), ...targetOptions, whole];
  const given = all.flatMap(({ place, schema: option }) =>
    [option.default, ...(option.examples ?? [])]
      .filter((value) => value !== undefined)
      .map((value) => ({ place, option, value })),
  );
  assert.ok(given.length > 80, `${given.length} examples`);
  for (const { place, option, value } of given) {
    const validate = ajv.compile({ ...option, definitions: schema.definitions });
    const isValid = validate(value);
    assert.ok(isValid, `${place}: ${JSON.stringify(value)} ${ajv.errorsText(validate.errors)}`);
  }
});

test('every option is described in sentences, and either all or none of its values', () => {
  for (const { place, schema: option } of [...optionsAt(schema), ...targetOptions]) {
    assert.match(option.description ?? '', /^[A-Z`].*\.$/s, place);
    if (option.enumDescriptions) {
      assert.equal(option.enumDescriptions.length, option.enum.length, place);
    }
  }
});

test('the configuration that the Litexa CLI generates is valid', () => {
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

test('the configurations in the documentation and of the sample skill are valid', () => {
  const documents = ['README.md', 'docs/install.md', 'docs/options.md'].map(read).join('\n');
  const blocks = [...documents.matchAll(/```json\n(.*?)```/gs)].map(([, text]) => text);
  const configs = blocks
    .filter((text) => text.startsWith('{') && text.includes('"deployments"'))
    .map(JSON.parse);
  assert.ok(configs.length > 0);
  for (const one of configs) assert.deepEqual(problemsOf(one), []);
  assert.deepEqual(problemsOf(require('../../examples/tea-house/litexa.config.json')), []);
});

const VALID = {
  'a target of another module': { module: '@example/deploy', s3Configuration: 'anything' },
  'options of the CLI': {
    DEPLOY: { MODE: 'practice' },
    additionalAssetExtensions: ['.csv'],
    invocation: { 'en-GB': 'cloudy cats' },
    invocationSuffix: 'dev',
  },
  'keys of other tools': { newerThing: { anything: 1 } },
  'a table on demand': { dynamoDbConfiguration: { billingMode: 'PAY_PER_REQUEST' } },
  'a dedicated role': { iamConfiguration: { role: 'dedicated', policies: ['arn:aws:iam::aws:x'] } },
  'the logs of 15 minutes': { logsConfiguration: { minutes: 15, formats: ['text', 'html'] } },
  'variables of all types': {
    lambdaConfiguration: { Environment: { Variables: { loggingLevel: '', lucky: 13, fun: true } } },
  },
};

for (const [title, target] of Object.entries(VALID)) {
  test(`valid: ${title}`, () => assert.deepEqual(problemsOf(config(target)), []));
}

/** Each with the key that the first error names. */
const INVALID = {
  'a typo': [{ s3Configuration: { bucketNme: 'cats' } }, 's3Configuration'],
  'an invalid bucket name': [{ s3Configuration: { bucketName: 'My Cats' } }, 'bucketName'],
  'an unknown publicAccess': [{ s3Configuration: { publicAccess: 'public' } }, 'publicAccess'],
  'a filter that is not a list': [
    { s3Configuration: { uploadParams: [{ filter: '*.mp3' }] } },
    'uploadParams/0/filter',
  ],
  'a reserved parameter': [
    { s3Configuration: { uploadParams: [{ params: { ACL: 'public-read' } }] } },
    'uploadParams/0/params',
  ],
  'an object lock mode without a date': [
    { s3Configuration: { uploadParams: [{ params: { ObjectLockMode: 'GOVERNANCE' } }] } },
    'uploadParams/0/params',
  ],
  'a KMS key without KMS encryption': [
    { s3Configuration: { uploadParams: [{ params: { SSEKMSKeyId: 'alias/cats' } }] } },
    'uploadParams/0/params',
  ],
  'a key in the wrong case': [{ lambdaConfiguration: { memorySize: 512 } }, 'lambdaConfiguration'],
  'a string instead of a number': [{ lambdaConfiguration: { Timeout: '10' } }, 'Timeout'],
  'a parameter that the module sets': [
    { lambdaConfiguration: { FunctionName: 'cats' } },
    'lambdaConfiguration',
  ],
  'a reserved variable': [
    { lambdaConfiguration: { Environment: { Variables: { AWS_REGION: 'us-east-1' } } } },
    'Variables',
  ],
  'capacity units with on-demand billing': [
    { dynamoDbConfiguration: { billingMode: 'PAY_PER_REQUEST', readCapacityUnits: 5 } },
    'dynamoDbConfiguration',
  ],
  'time to live without an attribute': [
    { dynamoDbConfiguration: { timeToLive: { enable: true } } },
    'timeToLive',
  ],
  'policies for the shared role': [
    { iamConfiguration: { policies: ['arn:aws:iam::aws:policy/x'] } },
    'iamConfiguration',
  ],
  'two time ranges': [
    { logsConfiguration: { minutes: 5, since: '2026-11-22' } },
    'logsConfiguration',
  ],
  'an unknown format': [{ logsConfiguration: { formats: ['pdf'] } }, 'formats/0'],
  'an invalid region': [{ awsRegion: 'Ireland' }, 'awsRegion'],
  'a file extension without a dot': [
    { additionalAssetExtensions: ['csv'] },
    'additionalAssetExtensions',
  ],
  'a module that is not a name': [{ module: 7 }, 'module'],
};

for (const [title, [target, place]] of Object.entries(INVALID)) {
  test(`invalid: ${title}`, () => {
    const problems = problemsOf(config(target));
    assert.ok(problems[0]?.includes(place), problems.join('\n'));
  });
}

test('invalid: a configuration without targets, or with names that AWS rejects', () => {
  assert.match(problemsOf({ name: 'suncoast' }).join(), /deployments/);
  assert.match(problemsOf({ ...config(), name: 'sun coast' }).join(), /name/);
  assert.match(problemsOf({ deployments: { 'my target': {} } }).join(), /deployments/);
});
