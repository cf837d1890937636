'use strict';

// The schema and the module accept and reject the same values, patterns and checks included: each option
// of the schema is passed to both, with values of all types.

const assert = require('node:assert/strict');
const path = require('node:path');
const { after, before, test } = require('node:test');
const litexa = require('../..');
const { outcomeOf } = require('../support/exit-code');
const { enumValues } = require('../../scripts/codegen/schema');
const { objectWith } = require('../invalid-input/values');
const { useEnvironment } = require('../support/environment');
const { buildProject } = require('../support/litexa/project');
const { problemsOfTarget, targetOptions } = require('../support/options-schema');

const NONSENSE = 'No Such Value!';

const OF_ALL_TYPES = [
  ...[null, true, '', 'text', NONSENSE, 7, 0, -1, 1.5, 1e300],
  ...[[], ['text'], [7], [null], {}, { nonsense: 1 }, { 'no such key': 'text' }],
];

/** The other options that an option needs. */
const SIBLINGS = {
  SSEKMSKeyId: { ServerSideEncryption: 'aws:kms' },
  SSEKMSEncryptionContext: { ServerSideEncryption: 'aws:kms' },
  ObjectLockMode: { ObjectLockRetainUntilDate: '2030-01-31' },
  ObjectLockRetainUntilDate: { ObjectLockMode: 'GOVERNANCE' },
  enable: { AttributeName: 'ttl' },
  policies: { role: 'dedicated' },
  permissionsBoundary: { role: 'dedicated' },
};

/** Any value of a variable is converted to a string. The schema accepts the ones that make sense. */
const isVariable = (place) => place.startsWith('lambdaConfiguration.Environment.Variables.');

const project = buildProject();
let restoreEnvironment;

before(() => {
  // With a profile without credentials, a deployment with valid options fails before any request.
  const profiles = project.write('profiles', '[profile empty]\n');
  restoreEnvironment = useEnvironment({
    AWS_CONFIG_FILE: profiles,
    AWS_SHARED_CREDENTIALS_FILE: profiles,
    AWS_EC2_METADATA_DISABLED: 'true',
  });
});

after(() => {
  restoreEnvironment?.();
  project.remove();
});

/** Returns the message with which the module rejects a target, or nothing. */
async function moduleError(target) {
  const context = project.context();
  context.deploymentOptions = { awsProfile: 'empty', ...target };
  const hasUploadParams = target.s3Configuration?.uploadParams !== undefined;
  const { deploy } = hasUploadParams ? litexa.assets : litexa.lambda;
  const { error } = await outcomeOf(() => deploy(context));
  assert.ok(error, 'the deployment succeeded');
  if (['MISSING_CREDENTIALS', 'UNKNOWN_PROFILE'].includes(error.code)) return undefined;
  assert.match(error.code, /^INVALID_(OPTION|BUCKET_NAME)$/, error.message);
  return error.message;
}

/** Returns a target with a value at a place, and with the options that are required there. */
function targetWith(place, value) {
  const [folder, name] = split(place);
  const siblings = targetOptions.filter(
    (option) => option.required && split(option.place)[0] === folder && option.place !== place,
  );
  const required = siblings.map((option) => [split(option.place)[1], exampleOf(option)]);
  const target = objectWith(place, value, { ...SIBLINGS[name], ...Object.fromEntries(required) });
  if (place.includes('uploadParams')) target.s3Configuration.bucketName = 'suncoast-assets';
  return target;
}

/** Returns a place's object and its key. */
function split(place) {
  const end = place.lastIndexOf('.');
  return [place.slice(0, Math.max(end, 0)), place.slice(end + 1)];
}

const exampleOf = ({ schema }) => schema.examples[0];

/** Returns values of all types, and those at the limits of the schema. */
function candidates({ minimum, maximum, default: standard, examples = [], ...option }) {
  const limits = [minimum - 1, minimum, maximum, maximum + 1].filter(Number.isFinite);
  const lists = enumValues(option.items ?? {}).map((word) => [word]);
  const own = [...limits, ...enumValues(option), ...lists, ...examples, standard ?? null];
  const all = [...OF_ALL_TYPES, ...own].map((value) => JSON.stringify(value));
  return [...new Set(all)].map((text) => JSON.parse(text));
}

for (const { place, schema: option } of targetOptions.filter(({ place }) => !isVariable(place))) {
  test(`${place}: schema and module accept and reject the same values`, async () => {
    const results = new Set();
    for (const value of candidates(option)) {
      const target = targetWith(place, value);
      const problems = problemsOfTarget(target);
      const error = await moduleError(target);
      const message = `${JSON.stringify(value)}: module: ${error}, schema: ${problems}`;
      assert.equal(error !== undefined, problems.length > 0, message);
      if (value !== null) results.add(error === undefined);
    }
    assert.deepEqual(results, new Set([true, false]), 'there are accepted and rejected values');
  });
}

test('the module accepts examples and defaults', async () => {
  for (const { place, schema: option } of targetOptions) {
    const values = [option.default, ...(option.examples ?? [])].filter((one) => one !== undefined);
    for (const value of values) {
      assert.equal(await moduleError(targetWith(place, value)), undefined, place);
    }
  }
});

test('unknown keys of a target are ignored, since they may be those of other tools', async () => {
  const target = { newerThing: { anything: 1 } };
  assert.equal(await moduleError(target), undefined);
  assert.deepEqual(problemsOfTarget(target), []);
});
