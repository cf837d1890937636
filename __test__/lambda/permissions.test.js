'use strict';

// The actions that the README's policy allows are enough: an emulator that judges by them says so.

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { hintFor } = require('../support/assertions');
const { signInDeployer } = require('../support/aws/iam-user');
const { useCloud, temporarySkill, NAMES } = require('../support/litexa/skill');

const cloud = useCloud({ auth: true });

/** The emulator knows neither every resource nor the conditions: it judges actions. */
const actionsOnly = ({ Condition: _, ...statement }) => ({ ...statement, Resource: '*' });

const useDeployer = (t, isWanted) => signInDeployer(t, cloud, { isWanted, judged: actionsOnly });

const isForOptions = ({ Sid }) => Sid.startsWith('For');

test('without the statements for options, a skill is deployed, changed and narrowed down', async (t) => {
  await useDeployer(t, (statement) => !isForOptions(statement));
  const skill = temporarySkill(t);
  await skill.deploy();
  skill.remember('skillId', 'amzn1.ask.skill.11111111-2222-3333-4444-555555555555');
  const handler = 'exports.handler = async () => 2;\n';
  await skill.deploy({ lambdaConfiguration: { MemorySize: 512 } }, { handler });

  const { Configuration } = await cloud.aws.getFunction(NAMES.function);
  assert.equal(Configuration.MemorySize, 512);
  assert.equal((await cloud.aws.getPolicy(NAMES.function, NAMES.alias)).Statement.length, 1);
});

test('the whole policy is enough for every option of the handler', async (t) => {
  await useDeployer(t);
  const skill = temporarySkill(t);
  const options = {
    iamConfiguration: {
      role: 'dedicated',
      policies: ['arn:aws:iam::aws:policy/AmazonSNSFullAccess'],
    },
    dynamoDbConfiguration: { timeToLive: { AttributeName: 'endOfLife', secondsToLive: 60 } },
    lambdaConfiguration: { keepVersions: 1 },
  };
  await skill.deploy(options);
  const { logger } = await skill.deploy(options, { handler: 'exports.handler = async () => 2;\n' });

  assert.equal((await cloud.aws.describeTimeToLive(NAMES.table)).TimeToLiveStatus, 'ENABLED');
  assert.ok(!logger.lines('warning').some((line) => line.includes('AccessDenied')));
  assert.equal(cloud.count('DeleteFunction'), 1);
});

test('a right that is missing is named', async (t) => {
  await useDeployer(t, ({ Sid }) => Sid !== 'DynamoDB');
  const { error } = await temporarySkill(t).refused();
  assert.equal(error.code, 'ACCESS_DENIED');
  assert.match(error.message, hintFor('dynamodb:DescribeTable'));
});
