'use strict';

// Where a skill is deployed: an existing one never moves by accident.

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { test } = require('node:test');
const { useEnvironment } = require('../support/aws/emulator');
const { useCloud, temporarySkill, NAMES } = require('../support/litexa/skill');

const IRELAND = 'eu-west-1';
const OREGON = 'us-west-2';
const TOKYO = 'ap-northeast-1';

const cloud = useCloud();

const arnIn = (region) =>
  `arn:aws:lambda:${region}:123456789012:function:${NAMES.function}:release-0`;

const isIn = async (region) => Boolean(await cloud.in(region).getFunction(NAMES.function));

function writeAwsConfig(skill, region) {
  const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey } = cloud.env;
  const keys = { beta: { accessKeyId, secretAccessKey, region } };
  skill.write('aws-config.json', JSON.stringify(keys));
}

/** A profile of the region, and no region in the environment. */
function useProfile(t, region) {
  const { AWS_REGION: _, ...env } = cloud.env;
  const file = path.join(temporarySkill(t).root, 'config');
  fs.writeFileSync(file, `[default]\nregion = ${region}\n`);
  t.after(useEnvironment({ ...env, AWS_CONFIG_FILE: file }));
}

test('awsRegion comes first, then aws-config.json, the artifact, and the environment', async (t) => {
  const skill = temporarySkill(t);
  const assertRegion = ({ logger }, region, source) =>
    assert.match(logger.lines('log')[0], new RegExp(`${region}\\b.*(?:${source})`));

  assertRegion(await skill.deploy(), 'us-east-1', 'environment|AWS_REGION');
  assert.ok(await isIn('us-east-1'));

  skill.remember('lambdaARN', arnIn(IRELAND));
  assertRegion(await skill.deploy(), IRELAND, 'target|function');
  assert.ok(await isIn(IRELAND));

  writeAwsConfig(skill, OREGON);
  assertRegion(await skill.deploy(), OREGON, 'aws-config.json');
  assert.ok(await isIn(OREGON));

  assertRegion(await skill.deploy({ awsRegion: TOKYO }), TOKYO, 'awsRegion');
  assert.ok(await isIn(TOKYO));
});

test("the profile's region comes after the environment's, and us-east-1 last", async (t) => {
  useProfile(t, IRELAND);
  const { logger } = await temporarySkill(t).deploy();
  assert.match(logger.lines('log')[0], /eu-west-1\b.*profile/);
  assert.ok(await isIn(IRELAND));
});

test('everything stands in the region of the function', async (t) => {
  const { artifacts } = await temporarySkill(t).deploy({ awsRegion: IRELAND });

  assert.equal(artifacts.get('lambdaARN'), arnIn(IRELAND));
  assert.match(artifacts.get('dynamoDBARN'), /^arn:aws:dynamodb:eu-west-1:/);
  assert.equal((await cloud.in(IRELAND).describeLogGroups(NAMES.logGroup)).length, 1);
  assert.equal(await isIn('us-east-1'), false);
});

test('a move to another region is warned of: function and data stay behind', async (t) => {
  const skill = temporarySkill(t);
  await skill.deploy();
  const { logger } = await skill.deploy({ awsRegion: OREGON });

  assert.match(logger.lines('warning').join('\n'), /us-east-1/);
  assert.ok(await isIn('us-east-1'));

  const again = await skill.deploy({ awsRegion: OREGON });
  assert.doesNotMatch(again.logger.lines('warning').join('\n'), /us-east-1/);
});

test('a region that Alexa does not call is warned of, on a move too', async (t) => {
  const warnings = ({ logger }) => logger.lines('warning').join('\n');
  const skill = temporarySkill(t);
  assert.doesNotMatch(warnings(await skill.deploy()), /us-east-1/);
  assert.match(warnings(await skill.deploy({ awsRegion: 'sa-east-1' })), /Alexa.*sa-east-1/);
});
