'use strict';

// The sample skill from end to end: deployed through the built addon, invoked, and its logs pulled.

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { test } = require('node:test');
const litexa = require('../..');
const { useAws } = require('../support/aws/use-aws');
const { deployContext, logsContext } = require('../support/litexa/context');
const { useSampleProject } = require('../support/litexa/sample-project');

const FUNCTION = 'teahouse_development_litexa_handler';
const FUNCTION_ARN = `arn:aws:lambda:us-east-1:123456789012:function:${FUNCTION}`;
const BUCKET = 'teahouse-assets';
const ASSETS = {
  default: ['chime.mp3', 'icon-108.png', 'icon-512.png', 'teacup.png'],
  'de-DE': ['chime.mp3', 'icon-108.png', 'icon-512.png', 'teacup.png'],
};

// Lambda provides functions with a CloudWatch client, the emulator does not.
const NODE_PATH = path.join(__dirname, '..', '..', 'node_modules');
const aws = useAws({ env: { NODE_PATH } });

async function deploy(projectRoot) {
  const context = deployContext({ projectRoot });
  await litexa.deploy(context, context.logger);
  return context;
}

function launch(projectRoot, qualifier = 'release-0') {
  const event = JSON.parse(fs.readFileSync(path.join(projectRoot, 'events', 'launch.json')));
  return aws.client.invoke(FUNCTION, event, { qualifier });
}

test('assets, handler and all other resources are deployed, and recorded in the artifacts', async (t) => {
  const projectRoot = await useSampleProject(t);
  const { artifacts } = await deploy(projectRoot);

  const keys = Object.entries(ASSETS).flatMap(([language, files]) =>
    files.map((file) => `teahouse/development/${language}/${file}`),
  );
  assert.deepEqual(await aws.client.listObjects(BUCKET, 'teahouse/'), keys.sort());
  const picture = 'litexa/languages/de-DE/assets/teacup.png';
  const served = await aws.client.getObject(BUCKET, 'teahouse/development/de-DE/teacup.png');
  assert.equal(served.status, 200);
  assert.equal(served.headers['content-type'], 'image/png');
  assert.equal(served.headers['cache-control'], 'max-age=3600');
  assert.deepEqual(served.body, fs.readFileSync(path.join(projectRoot, picture)));

  const { Configuration } = await aws.client.getFunction(FUNCTION);
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
    assert.equal((await aws.client.getAlias(FUNCTION, alias)).FunctionVersion, '$LATEST');
  }

  const { Statement } = await aws.client.getPolicy(FUNCTION, 'release-0');
  assert.equal(Statement.length, 1);
  assert.deepEqual(Object.values(Statement[0].Principal), ['alexa-appkit.amazon.com']);
  assert.equal(Statement[0].Resource, `${FUNCTION_ARN}:release-0`);

  const role = await aws.client.getRole('litexa_handler_lambda');
  assert.equal(Configuration.Role, role.arn);
  assert.equal((await aws.client.listAttachedRolePolicies('litexa_handler_lambda')).length, 3);
  const table = await aws.client.describeTable(`${FUNCTION}_state`);
  assert.deepEqual(table.KeySchema, [{ AttributeName: 'userId', KeyType: 'HASH' }]);
  const [group] = await aws.client.describeLogGroups(`/aws/lambda/${FUNCTION}`);
  assert.equal(group.retentionInDays, 30);

  assert.equal(artifacts.get('lambdaARN'), `${FUNCTION_ARN}:release-0`);
  assert.equal(artifacts.get('dynamoDBARN'), table.TableArn);
  assert.equal(artifacts.get('iamRole-litexa_handler_lambda'), role.arn);
  const icons = artifacts.get('deployedIconAssets');
  assert.deepEqual(Object.keys(icons).sort(), ['de-DE', 'default']);
  assert.deepEqual(Object.keys(icons.default).sort(), ['icon-108.png', 'icon-512.png']);
});

test('the deployed skill answers, stores its state and writes logs', async (t) => {
  const projectRoot = await useSampleProject(t);
  await deploy(projectRoot);

  const [first, second] = [await launch(projectRoot), await launch(projectRoot)];
  assert.equal(first.functionError, undefined, first.log);
  assert.match(first.payload.response.card.text, /visit 1/);
  assert.match(second.payload.response.card.text, /visit 2/);
  assert.equal((await aws.client.scan(`${FUNCTION}_state`)).length, 1);
  assert.deepEqual(await aws.client.listMetrics('Litexa'), ['Launches']);

  const context = logsContext({ projectRoot });
  await litexa.logs.pull(context, context.logger);
  const folder = path.join(context.logsRoot, 'development');
  // The file of this pull, and the copy with a fixed name.
  const [log, latest] = fs
    .readdirSync(folder)
    .sort()
    .map((name) => fs.readFileSync(path.join(folder, name), 'utf8'));
  assert.equal(log, latest);
  assert.match(log, /^requests: ✔ success:2, ✘ fail:0\n/);
  assert.match(log, /RESPONSE: /);
});

test('a second deployment writes nothing', async (t) => {
  const projectRoot = await useSampleProject(t);
  await deploy(projectRoot);
  assert.notDeepEqual(aws.writes(), []);

  aws.clearRequests();
  const { artifacts } = await deploy(projectRoot);
  assert.deepEqual(aws.writes(), []);
  assert.notEqual(aws.requests().length, 0);
  assert.deepEqual(artifacts.saves, []);
});
