'use strict';

// The region of a deployment: a deployed skill is moved only by a setting.

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { test } = require('node:test');
const { useAws } = require('../support/aws/use-aws');
const { useEnvironment } = require('../support/environment');
const { createProject, NAMES } = require('../support/litexa/project');

const IRELAND = 'eu-west-1';
const OREGON = 'us-west-2';
const TOKYO = 'ap-northeast-1';

const aws = useAws();

const arnIn = (region) =>
  `arn:aws:lambda:${region}:123456789012:function:${NAMES.function}:release-0`;

const isIn = async (region) => Boolean(await aws.inRegion(region).getFunction(NAMES.function));

function writeAwsConfig(project, region) {
  const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey } = aws.env;
  const keys = { beta: { accessKeyId, secretAccessKey, region } };
  project.write('aws-config.json', JSON.stringify(keys));
}

/** Sets the region in a profile, and removes it from the environment. */
function useProfile(t, region) {
  const { AWS_REGION: _, ...env } = aws.env;
  const file = path.join(createProject(t).root, 'config');
  fs.writeFileSync(file, `[default]\nregion = ${region}\n`);
  t.after(useEnvironment({ ...env, AWS_CONFIG_FILE: file }));
}

test('the region is that of awsRegion, aws-config.json, the deployed function or the environment', async (t) => {
  const project = createProject(t);
  const assertRegion = ({ logger }, region, source) =>
    assert.match(logger.lines('log')[0], new RegExp(`${region}\\b.*(?:${source})`));

  assertRegion(await project.deployHandler(), 'us-east-1', 'environment|AWS_REGION');
  assert.ok(await isIn('us-east-1'));

  project.saveArtifact('lambdaARN', arnIn(IRELAND));
  assertRegion(await project.deployHandler(), IRELAND, 'target|function');
  assert.ok(await isIn(IRELAND));

  writeAwsConfig(project, OREGON);
  assertRegion(await project.deployHandler(), OREGON, 'aws-config.json');
  assert.ok(await isIn(OREGON));

  assertRegion(await project.deployHandler({ awsRegion: TOKYO }), TOKYO, 'awsRegion');
  assert.ok(await isIn(TOKYO));
});

test("the profile's region is used if the environment does not set one", async (t) => {
  useProfile(t, IRELAND);
  const { logger } = await createProject(t).deployHandler();
  assert.match(logger.lines('log')[0], /eu-west-1\b.*profile/);
  assert.ok(await isIn(IRELAND));
});

test('all resources are created in the region of the function', async (t) => {
  const { artifacts } = await createProject(t).deployHandler({ awsRegion: IRELAND });

  assert.equal(artifacts.get('lambdaARN'), arnIn(IRELAND));
  assert.match(artifacts.get('dynamoDBARN'), /^arn:aws:dynamodb:eu-west-1:/);
  assert.equal((await aws.inRegion(IRELAND).describeLogGroups(NAMES.logGroup)).length, 1);
  assert.equal(await isIn('us-east-1'), false);
});

test('a deployment to another region warns that function and data are not moved', async (t) => {
  const project = createProject(t);
  await project.deployHandler();
  const { logger } = await project.deployHandler({ awsRegion: OREGON });

  assert.match(logger.lines('warning').join('\n'), /us-east-1/);
  assert.ok(await isIn('us-east-1'));

  const again = await project.deployHandler({ awsRegion: OREGON });
  assert.doesNotMatch(again.logger.lines('warning').join('\n'), /us-east-1/);
});

test('a region from which Alexa does not support functions is a warning', async (t) => {
  const warnings = ({ logger }) => logger.lines('warning').join('\n');
  const project = createProject(t);
  assert.doesNotMatch(warnings(await project.deployHandler()), /us-east-1/);
  assert.match(
    warnings(await project.deployHandler({ awsRegion: 'sa-east-1' })),
    /Alexa.*sa-east-1/,
  );
});
