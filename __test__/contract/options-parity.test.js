'use strict';

// The schema and the reader come from the same tables. Here each option is given to a validator and to
// the module, with values of all kinds: both accept and refuse the same, patterns and checks included.

const assert = require('node:assert/strict');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { after, before, test } = require('node:test');
const litexa = require('../..');
const { enumValues } = require('../../scripts/codegen/schema');
const { holding } = require('../invalid-input/values');
const { useEnvironment } = require('../support/aws/emulator');
const { deployContext } = require('../support/litexa/context');
const { problemsOfTarget, targetOptions } = require('../support/options-schema');

const NONSENSE = 'No Such Value!';

const OF_ALL_KINDS = [
  ...[null, true, '', 'text', NONSENSE, 7, 0, -1, 1.5, 1e300],
  ...[[], ['text'], [7], [null], {}, { nonsense: 1 }, { 'no such key': 'text' }],
];

/** What has to stand beside an option, so that it is judged for itself. */
const BESIDE = {
  SSEKMSKeyId: { ServerSideEncryption: 'aws:kms' },
  SSEKMSEncryptionContext: { ServerSideEncryption: 'aws:kms' },
  ObjectLockMode: { ObjectLockRetainUntilDate: '2030-01-31' },
  ObjectLockRetainUntilDate: { ObjectLockMode: 'GOVERNANCE' },
  enable: { AttributeName: 'ttl' },
  policies: { role: 'dedicated' },
};

/** Any value of a variable becomes a text, as it always has. The schema names those that make sense. */
const isVariable = (place) => place.startsWith('lambdaConfiguration.Environment.Variables.');

let project;
let restoreEnvironment;

before(() => {
  project = fs.mkdtempSync(path.join(os.tmpdir(), 'litexa-options-'));
  const config = { name: 'cats', deployments: { beta: { module: '@litexa/deploy-aws' } } };
  fs.writeFileSync(path.join(project, 'litexa.config.json'), JSON.stringify(config));
  // A profile that has no credentials: a deployment whose options are right ends here, unsent.
  const profiles = path.join(project, 'profiles');
  fs.writeFileSync(profiles, '[profile nobody]\n');
  restoreEnvironment = useEnvironment({
    AWS_CONFIG_FILE: profiles,
    AWS_SHARED_CREDENTIALS_FILE: profiles,
    AWS_EC2_METADATA_DISABLED: 'true',
  });
});

after(() => {
  restoreEnvironment?.();
  fs.rmSync(project, { recursive: true, force: true });
});

/** Why the module refuses a target, or nothing. */
async function refusal(target) {
  const context = deployContext({
    projectRoot: project,
    target: 'beta',
    handler: 'exports.handler = null;',
  });
  context.deploymentOptions = { awsProfile: 'nobody', ...target };
  const wing = target.s3Configuration?.uploadParams === undefined ? litexa.lambda : litexa.assets;
  const error = await wing.deploy(context).then(
    () => assert.fail('nothing should be deployed'),
    (error) => error,
  );
  if (['MISSING_CREDENTIALS', 'UNKNOWN_PROFILE'].includes(error.code)) return undefined;
  assert.match(error.code, /^INVALID_(OPTION|BUCKET_NAME)$/, error.message);
  return error.message;
}

/** A target that has one value in one place, and around it what is required there. */
function targetWith(place, value) {
  const [folder, name] = split(place);
  const siblings = targetOptions.filter(
    (option) => option.required && split(option.place)[0] === folder && option.place !== place,
  );
  const required = siblings.map((option) => [split(option.place)[1], exampleOf(option)]);
  const target = holding(place, value, { ...BESIDE[name], ...Object.fromEntries(required) });
  if (place.includes('uploadParams')) target.s3Configuration.bucketName = 'suncoast-assets';
  return target;
}

/** A place's object and its key. */
function split(place) {
  const end = place.lastIndexOf('.');
  return [place.slice(0, Math.max(end, 0)), place.slice(end + 1)];
}

const exampleOf = ({ schema }) => schema.examples[0];

/** Values of all kinds, and those at the borders of what the schema allows. */
function candidates({ minimum, maximum, default: standard, examples = [], ...option }) {
  const borders = [minimum - 1, minimum, maximum, maximum + 1].filter(Number.isFinite);
  const lists = enumValues(option.items ?? {}).map((word) => [word]);
  const own = [...borders, ...enumValues(option), ...lists, ...examples, standard ?? null];
  const all = [...OF_ALL_KINDS, ...own].map((value) => JSON.stringify(value));
  return [...new Set(all)].map((text) => JSON.parse(text));
}

for (const { place, schema: option } of targetOptions.filter(({ place }) => !isVariable(place))) {
  test(`${place}: schema and module accept and refuse the same values`, async () => {
    const verdicts = new Set();
    for (const value of candidates(option)) {
      const target = targetWith(place, value);
      const problems = problemsOfTarget(target);
      const refused = await refusal(target);
      const says = `${JSON.stringify(value)}: the module says ${refused}, the schema ${problems}`;
      assert.equal(refused !== undefined, problems.length > 0, says);
      if (value !== null) verdicts.add(refused === undefined);
    }
    assert.deepEqual(verdicts, new Set([true, false]), 'some values are accepted, others are not');
  });
}

test('the module accepts examples and defaults', async () => {
  for (const { place, schema: option } of targetOptions) {
    const values = [option.default, ...(option.examples ?? [])].filter((one) => one !== undefined);
    for (const value of values) {
      assert.equal(await refusal(targetWith(place, value)), undefined, place);
    }
  }
});

test('a target may have keys of other tools', async () => {
  const target = { newerThing: { anything: 1 } };
  assert.equal(await refusal(target), undefined);
  assert.deepEqual(problemsOfTarget(target), []);
});
