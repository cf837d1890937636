'use strict';

// The sample skill as it was deployed, zip and variables, on a Lambda like nodejs24.x.

const assert = require('node:assert');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { after, before, test } = require('node:test');
const litexa = require('../..');
const { awsHttp } = require('../support/aws/client');
const { startEmulator, useEnvironment } = require('../support/aws/emulator');
const { startLambda } = require('../support/lambda/runtime-host');
const { deployContext } = require('../support/litexa/context');
const { copyProject, removeProject, SAMPLE } = require('../support/litexa/project');
const { unzip } = require('../support/unzip');

const ASSETS_ROOT = 'https://s3.eu-west-1.amazonaws.com/teahouse-assets/teahouse/development/';

let emulator;
let folder;
let settings;

before(async () => {
  emulator = await startEmulator();
  const env = { ...emulator.env, AWS_REGION: 'eu-west-1' };
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'litexa-package-'));
  settings = { env: { ...env, ...(await deployInto(folder, env)) } };
});

after(async () => {
  fs.rmSync(folder, { recursive: true });
  await emulator.stop();
});

/** Deploys the sample, unpacks what Lambda got, and returns the variables that the function has. */
async function deployInto(folder, env) {
  const restoreEnvironment = useEnvironment(env);
  const projectRoot = await copyProject(SAMPLE);
  try {
    const context = deployContext({ projectRoot });
    await litexa.deploy(context, context.logger);
    unzip(path.join(context.deployRoot, 'lambda.zip'), folder);
    const { Configuration } = await awsHttp({ ...emulator, env }).getFunction(context.lambdaName);
    return Configuration.Environment.Variables;
  } finally {
    restoreEnvironment();
    await removeProject(projectRoot);
  }
}

/** A request of a visitor of one's own, so that the tests do not meet. */
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

test('the skill remembers its visitor, in another instance too', async () => {
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

test('every language has its own words and assets', async () => {
  const lambda = await startLambda(folder, settings);
  const { answer } = await lambda.invoke(eventOf('launch', 'german', 'de-DE'));
  await lambda.stop();
  assert.match(answer.response.outputSpeech.ssml, /Willkommen im Teehaus/);
  const { smallImageUrl } = answer.response.card.image;
  assert.strictEqual(smallImageUrl, `${ASSETS_ROOT}de-DE/teacup.png`);
});

test('of visits at the same time none is lost', async () => {
  const launch = eventOf('launch', 'in a hurry');
  const instances = await Promise.all([1, 2, 3, 4].map(() => startLambda(folder, settings)));
  const answers = await Promise.all(instances.map((lambda) => lambda.invoke(launch)));
  const visits = answers.map((outcome) => Number(/visit (\d)/.exec(speechOf(outcome))[1]));
  await Promise.all(instances.map((lambda) => lambda.stop()));
  assert.deepStrictEqual(visits.sort(), [1, 2, 3, 4]);
});

test('the end of a session is answered with nothing', async () => {
  const lambda = await startLambda(folder, settings);
  const { answer } = await lambda.invoke(eventOf('session-ended', 'leaving'));
  assert.deepStrictEqual(answer, {});
  assert.match(await lambda.stop(), /VERBOSE Terminating input handler early/);
});

test('a store that cannot be read is an error, at the end of a session as well', async () => {
  const env = { ...settings.env, dynamoTableName: 'no_such_table' };
  const lambda = await startLambda(folder, { env });
  for (const name of ['launch', 'session-ended']) {
    const { error } = await lambda.invoke(eventOf(name, 'unlucky'));
    assert.strictEqual(error.errorType, 'ResourceNotFoundException');
  }
  await lambda.stop();
});
