'use strict';

// The deployed package and variables of the sample skill, in a runtime like nodejs24.x.

const assert = require('node:assert');
const fs = require('node:fs');
const path = require('node:path');
const { after, test } = require('node:test');
const litexa = require('../..');
const { useAws } = require('../support/aws/use-aws');
const { useEnvironment } = require('../support/environment');
const { startLambda } = require('../support/lambda/runtime-host');
const { deployContext } = require('../support/litexa/context');
const { copyProject, removeProject, SAMPLE } = require('../support/litexa/sample-project');
const { makeTempDir, removeDir } = require('../support/tmp');
const { unzip } = require('../support/unzip');

const REGION = 'eu-west-1';
const ASSETS_ROOT = `https://s3.${REGION}.amazonaws.com/teahouse-assets/teahouse/development/`;

const folder = makeTempDir('package');
let settings;

const aws = useAws({
  keepState: true,
  async setUp() {
    const env = { ...aws.env, AWS_REGION: REGION };
    settings = { env: { ...env, ...(await deployInto(folder, env)) } };
  },
});
after(() => removeDir(folder));

/** Deploys the sample skill, unpacks its package, and returns the function's variables. */
async function deployInto(folder, env) {
  const restoreEnvironment = useEnvironment(env);
  const projectRoot = await copyProject(SAMPLE);
  try {
    const context = deployContext({ projectRoot });
    await litexa.deploy(context, context.logger);
    unzip(path.join(context.deployRoot, 'lambda.zip'), folder);
    const { Configuration } = await aws.inRegion(REGION).getFunction(context.lambdaName);
    return Configuration.Environment.Variables;
  } finally {
    restoreEnvironment();
    removeProject(projectRoot);
  }
}

/** Returns a request of another visitor for each test. */
function eventOf(name, deviceId, locale = 'en-US') {
  const event = JSON.parse(fs.readFileSync(path.join(SAMPLE, 'events', `${name}.json`), 'utf8'));
  event.context.System.device.deviceId = deviceId;
  event.request.locale = locale;
  return event;
}

function speechOf({ answer, error }) {
  assert.ifError(error);
  return answer.response.outputSpeech.ssml;
}

test('the skill remembers its visitor, in another instance, too', async () => {
  const launch = eventOf('launch', 'returning');
  const first = await startLambda(folder, settings);
  assert.match(speechOf(await first.invoke(launch)), /Welcome to the tea house, visit 1/);
  assert.match(speechOf(await first.invoke(launch)), /Welcome back, visit 2/);
  const log = await first.stop();
  assert.match(log, /^VERBOSE REQUEST \{$/m);
  assert.match(log, /^VERBOSE RESPONSE \{$/m);
  assert.doesNotMatch(log, /metrics write fail/);

  const second = await startLambda(folder, settings);
  assert.match(speechOf(await second.invoke(launch)), /Welcome back, visit 3\. You were here \d+ /);
  await second.stop();
});

test('every language has its own texts and assets', async () => {
  const lambda = await startLambda(folder, settings);
  const { answer } = await lambda.invoke(eventOf('launch', 'german', 'de-DE'));
  await lambda.stop();
  assert.match(answer.response.outputSpeech.ssml, /Willkommen im Teehaus/);
  const { smallImageUrl } = answer.response.card.image;
  assert.strictEqual(smallImageUrl, `${ASSETS_ROOT}de-DE/teacup.png`);
});

test('concurrent visits are all counted', async () => {
  const launch = eventOf('launch', 'in a hurry');
  const instances = await Promise.all([1, 2, 3, 4].map(() => startLambda(folder, settings)));
  const answers = await Promise.all(instances.map((lambda) => lambda.invoke(launch)));
  // Also if an answer is none: a process that goes on keeps the test from ending.
  await Promise.all(instances.map((lambda) => lambda.stop()));
  const visits = answers.map((outcome) => Number(/visit (\d)/.exec(speechOf(outcome))[1]));
  assert.deepStrictEqual(visits.sort(), [1, 2, 3, 4]);
});

test('the end of a session is answered with an empty object', async () => {
  const lambda = await startLambda(folder, settings);
  const { answer } = await lambda.invoke(eventOf('session-ended', 'leaving'));
  assert.deepStrictEqual(answer, {});
  assert.match(await lambda.stop(), /VERBOSE Terminating input handler early/);
});

test('a table that cannot be read is an error, at the end of a session, too', async () => {
  const env = { ...settings.env, dynamoTableName: 'no_such_table' };
  const lambda = await startLambda(folder, { env });
  for (const name of ['launch', 'session-ended']) {
    const { error } = await lambda.invoke(eventOf(name, 'unlucky'));
    assert.strictEqual(error.errorType, 'ResourceNotFoundException');
  }
  await lambda.stop();
});
