'use strict';

// A deployment from end to end: the sample skill, through the built addon, to an AWS emulator.

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { after, before, beforeEach, test } = require('node:test');
const litexa = require('../..');
const { awsHttp } = require('../support/aws/client');
const { startEmulator, useEnvironment } = require('../support/aws/emulator');
const { deployContext, logsContext } = require('../support/litexa/context');
const { temporaryProject } = require('../support/litexa/project');
const { startProxy } = require('../support/aws/proxy');

const FUNCTION = 'teahouse_development_litexa_handler';
const FUNCTION_ARN = `arn:aws:lambda:us-east-1:123456789012:function:${FUNCTION}`;
const BUCKET = 'teahouse-assets';
const ASSETS = {
  default: ['chime.mp3', 'icon-108.png', 'icon-512.png', 'teacup.png'],
  'de-DE': ['chime.mp3', 'icon-108.png', 'icon-512.png', 'teacup.png'],
};

let emulator;
let proxy;
let aws;
let restoreEnvironment;

before(async () => {
  // The emulator brings no CloudWatch client for functions; Lambda does.
  const NODE_PATH = path.join(__dirname, '..', '..', 'node_modules');
  emulator = await startEmulator({ env: { NODE_PATH } });
  proxy = await startProxy(emulator.endpoint);
  aws = awsHttp(emulator);
  restoreEnvironment = useEnvironment({ ...emulator.env, AWS_ENDPOINT_URL: proxy.endpoint });
});

beforeEach(async () => {
  await emulator.reset();
  proxy.clear();
});

after(async () => {
  restoreEnvironment?.();
  await proxy?.stop();
  await emulator?.stop();
});

async function deploy(projectRoot, what = {}) {
  const context = deployContext({ projectRoot, ...what });
  await litexa.deploy(context, context.logger);
  return context;
}

function launch(projectRoot, qualifier = 'release-0') {
  const event = JSON.parse(fs.readFileSync(path.join(projectRoot, 'events', 'launch.json')));
  return aws.invoke(FUNCTION, event, { qualifier });
}

test('assets and handler arrive where Alexa finds them', async (t) => {
  const projectRoot = await temporaryProject(t);
  const { artifacts } = await deploy(projectRoot);

  const keys = Object.entries(ASSETS).flatMap(([language, files]) =>
    files.map((file) => `teahouse/development/${language}/${file}`),
  );
  assert.deepEqual(await aws.listObjects(BUCKET, 'teahouse/'), keys.sort());
  const picture = 'litexa/languages/de-DE/assets/teacup.png';
  const served = await aws.getObject(BUCKET, 'teahouse/development/de-DE/teacup.png');
  assert.equal(served.status, 200);
  assert.equal(served.headers['content-type'], 'image/png');
  assert.equal(served.headers['cache-control'], 'max-age=3600');
  assert.deepEqual(served.body, fs.readFileSync(path.join(projectRoot, picture)));

  const { Configuration } = await aws.getFunction(FUNCTION);
  assert.equal(Configuration.Handler, 'index.handler');
  assert.equal(Configuration.MemorySize, 256);
  assert.equal(Configuration.Timeout, 10);
  assert.deepEqual(Configuration.Environment.Variables, {
    variant: 'development',
    loggingLevel: 'terse',
    dynamoTableName: `${FUNCTION}_state`,
    assetsRoot: `https://s3.us-east-1.amazonaws.com/${BUCKET}/teahouse/development/`,
  });
  for (const alias of ['release-0', 'LIVE']) {
    assert.equal((await aws.getAlias(FUNCTION, alias)).FunctionVersion, '$LATEST');
  }

  const { Statement } = await aws.getPolicy(FUNCTION, 'release-0');
  assert.equal(Statement.length, 1);
  assert.deepEqual(Object.values(Statement[0].Principal), ['alexa-appkit.amazon.com']);
  assert.equal(Statement[0].Resource, `${FUNCTION_ARN}:release-0`);

  const role = await aws.getRole('litexa_handler_lambda');
  assert.equal(Configuration.Role, role.arn);
  assert.equal((await aws.listAttachedRolePolicies('litexa_handler_lambda')).length, 3);
  const table = await aws.describeTable(`${FUNCTION}_state`);
  assert.deepEqual(table.KeySchema, [{ AttributeName: 'userId', KeyType: 'HASH' }]);
  const [group] = await aws.describeLogGroups(`/aws/lambda/${FUNCTION}`);
  assert.equal(group.retentionInDays, 30);

  assert.equal(artifacts.get('lambdaARN'), `${FUNCTION_ARN}:release-0`);
  assert.equal(artifacts.get('dynamoDBARN'), table.TableArn);
  assert.equal(artifacts.get('iamRole-litexa_handler_lambda'), role.arn);
  const icons = artifacts.get('deployedIconAssets');
  assert.deepEqual(Object.keys(icons).sort(), ['de-DE', 'default']);
  assert.deepEqual(Object.keys(icons.default).sort(), ['icon-108.png', 'icon-512.png']);
});

test('the deployed skill answers, remembers and leaves logs', async (t) => {
  const projectRoot = await temporaryProject(t);
  await deploy(projectRoot);

  const [first, second] = [await launch(projectRoot), await launch(projectRoot)];
  assert.equal(first.functionError, undefined, first.log);
  assert.match(first.payload.response.card.text, /visit 1/);
  assert.match(second.payload.response.card.text, /visit 2/);
  assert.equal((await aws.scan(`${FUNCTION}_state`)).length, 1);
  assert.deepEqual(await aws.listMetrics('Litexa'), ['Launches']);

  const context = logsContext({ projectRoot });
  await litexa.logs.pull(context, context.logger);
  const folder = path.join(context.logsRoot, 'development');
  const logs = fs.readdirSync(folder);
  assert.equal(logs.length, 1);
  const log = fs.readFileSync(path.join(folder, logs[0]), 'utf8');
  assert.match(log, /^requests: ✔ success:2, ✘ fail:0\n/);
  assert.match(log, /RESPONSE: /);
});

test('a second deployment writes nothing', async (t) => {
  const projectRoot = await temporaryProject(t);
  await deploy(projectRoot);
  assert.notDeepEqual(proxy.writes(), []);

  proxy.clear();
  const { artifacts } = await deploy(projectRoot);
  assert.deepEqual(proxy.writes(), []);
  assert.notEqual(proxy.requests.length, 0);
  assert.deepEqual(artifacts.saves, []);
});
