'use strict';

// The actions of the documented policy are sufficient, on an emulator that enforces IAM policies.

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { hintFor } = require('../support/assertions');
const { signInAsDeployer } = require('../support/aws/iam-user');
const { useAws } = require('../support/aws/use-aws');
const { createProject, NAMES } = require('../support/litexa/project');

const aws = useAws({ auth: true });

/** Returns a statement for all resources and without conditions, as the emulator supports them. */
const actionsOnly = ({ Condition: _, ...statement }) => ({ ...statement, Resource: '*' });

const signIn = (t, isWanted) => signInAsDeployer(t, aws, { isWanted, asSupported: actionsOnly });

const isOptional = ({ Sid }) => Sid.startsWith('For');

test('without the optional statements, a skill is deployed, changed and restricted to its ID', async (t) => {
  await signIn(t, (statement) => !isOptional(statement));
  const project = createProject(t);
  await project.deployHandler();
  project.saveArtifact('skillId', 'amzn1.ask.skill.11111111-2222-3333-4444-555555555555');
  const handler = 'exports.handler = async () => 2;\n';
  await project.deployHandler({ lambdaConfiguration: { MemorySize: 512 } }, { handler });

  const { Configuration } = await aws.client.getFunction(NAMES.function);
  assert.equal(Configuration.MemorySize, 512);
  assert.equal((await aws.client.getPolicy(NAMES.function, NAMES.alias)).Statement.length, 1);
});

test('the whole policy is sufficient for every option of the handler', async (t) => {
  await signIn(t);
  const project = createProject(t);
  const options = {
    iamConfiguration: {
      role: 'dedicated',
      policies: ['arn:aws:iam::aws:policy/AmazonSNSFullAccess'],
    },
    dynamoDbConfiguration: { timeToLive: { AttributeName: 'endOfLife', secondsToLive: 60 } },
    lambdaConfiguration: { keepVersions: 1 },
  };
  await project.deployHandler(options);
  const { logger } = await project.deployHandler(options, {
    handler: 'exports.handler = async () => 2;\n',
  });

  assert.equal((await aws.client.describeTimeToLive(NAMES.table)).TimeToLiveStatus, 'ENABLED');
  assert.ok(!logger.lines('warning').some((line) => line.includes('AccessDenied')));
  assert.equal(aws.count('DeleteFunction'), 1);
});

test('the error for a missing permission names it', async (t) => {
  await signIn(t, ({ Sid }) => Sid !== 'DynamoDB');
  const { error } = await createProject(t).failToDeployHandler();
  assert.equal(error.code, 'ACCESS_DENIED');
  assert.match(error.message, hintFor('dynamodb:DescribeTable'));
});
