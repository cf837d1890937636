'use strict';

// The DynamoDB table of the skill's state, and the log group.

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { assertMentions } = require('../support/assertions');
const errors = require('../support/aws/errors');
const { jsonError } = errors;
const { useAws } = require('../support/aws/use-aws');
const { createProject, NAMES } = require('../support/litexa/project');

const aws = useAws();

const table = () => aws.client.describeTable(NAMES.table);
const timeToLive = () => aws.client.describeTimeToLive(NAMES.table);
const variables = async () =>
  (await aws.client.getFunction(NAMES.function)).Configuration.Environment.Variables;

async function logGroup() {
  const groups = await aws.client.describeLogGroups(NAMES.logGroup);
  return groups.find(({ logGroupName }) => logGroupName === NAMES.logGroup);
}

const tableCreationLines = ({ logger }) =>
  logger.lines('log').filter((line) => /^creating .*table/.test(line));

const costLines = ({ logger }) => logger.lines('log').filter((line) => /USD/.test(line));

test('a table is created with the documented defaults, and its cost is logged once', async (t) => {
  const project = createProject(t);
  const first = await project.deployHandler();
  const { KeySchema, ProvisionedThroughput, TableArn } = await table();
  assert.deepEqual(KeySchema, [{ AttributeName: 'userId', KeyType: 'HASH' }]);
  const { ReadCapacityUnits, WriteCapacityUnits } = ProvisionedThroughput;
  assert.deepEqual([ReadCapacityUnits, WriteCapacityUnits], [10, 10]);
  assert.equal(first.artifacts.get('dynamoDBARN'), TableArn);
  assert.deepEqual(
    [first.dynamoTableName, first.dynamoTableARN, (await variables()).dynamoTableName],
    [NAMES.table, TableArn, NAMES.table],
  );
  assertMentions(tableCreationLines(first).join(), NAMES.table);
  assert.match(costLines(first).join('\n'), /^.*\b10\b.*\b10\b.*USD.*$/);

  const second = await project.deployHandler();
  assert.deepEqual([...tableCreationLines(second), ...costLines(second)], []);
});

test('a new table has the billing mode of the target', async (t) => {
  await createProject(t).deployHandler({
    dynamoDbConfiguration: { billingMode: 'PAY_PER_REQUEST' },
  });
  assert.equal((await table()).BillingModeSummary.BillingMode, 'PAY_PER_REQUEST');
  assert.equal(aws.sent('CreateTable')[0].ProvisionedThroughput, undefined);
});

test('a new table has the capacity of the target', async (t) => {
  await createProject(t).deployHandler({
    dynamoDbConfiguration: { readCapacityUnits: 3, writeCapacityUnits: 2 },
  });
  const { ReadCapacityUnits, WriteCapacityUnits } = (await table()).ProvisionedThroughput;
  assert.deepEqual([ReadCapacityUnits, WriteCapacityUnits], [3, 2]);
});

test('an existing table keeps its capacity and billing mode', async (t) => {
  const project = createProject(t);
  await project.deployHandler();
  await aws.client.dynamoDb('UpdateTable', {
    TableName: NAMES.table,
    ProvisionedThroughput: { ReadCapacityUnits: 1, WriteCapacityUnits: 7 },
  });
  aws.clearRequests();
  await project.deployHandler({ dynamoDbConfiguration: { billingMode: 'PAY_PER_REQUEST' } });
  await project.deployHandler({ dynamoDbConfiguration: { readCapacityUnits: 5 } });

  assert.deepEqual(aws.writes(), []);
});

test('the deployment waits until a new table is active', async (t) => {
  aws.answer(
    'DescribeTable',
    async () => {
      const Table = await table();
      if (!Table) return undefined;
      return {
        status: 200,
        body: JSON.stringify({ Table: { ...Table, TableStatus: 'CREATING' } }),
      };
    },
    { times: 3 },
  );
  await createProject(t).deployHandler({
    dynamoDbConfiguration: { timeToLive: { AttributeName: 'end' } },
  });

  const operations = aws.requests().map(({ operation }) => operation);
  const [start, end] = ['CreateTable', 'UpdateTimeToLive'].map((one) => operations.indexOf(one));
  const waiting = operations.slice(start, end);
  assert.equal(waiting.filter((operation) => operation === 'DescribeTable').length, 4);
});

test('a table that was deleted out of band is created again', async (t) => {
  const project = createProject(t);
  await project.deployHandler();
  await aws.client.dynamoDb('DeleteTable', { TableName: NAMES.table });
  aws.clearRequests();
  await project.deployHandler();
  assert.deepEqual(aws.writes(), ['dynamodb:CreateTable']);
});

test('items of a new table expire if the target names the attribute', async (t) => {
  await createProject(t).deployHandler({
    dynamoDbConfiguration: { timeToLive: { AttributeName: 'endOfLife', secondsToLive: 3600 } },
  });
  const { TimeToLiveStatus, AttributeName } = await timeToLive();
  assert.deepEqual([TimeToLiveStatus, AttributeName], ['ENABLED', 'endOfLife']);
});

test('items of a new table do not expire if the target disables it', async (t) => {
  await createProject(t).deployHandler({
    dynamoDbConfiguration: {
      timeToLive: { AttributeName: 'endOfLife', secondsToLive: 3600, enable: false },
    },
  });
  assert.equal((await timeToLive()).TimeToLiveStatus, 'DISABLED');
});

test('time to live is enabled for an existing table only if the target enables it, and once', async (t) => {
  const project = createProject(t);
  await project.deployHandler();
  const deploy = (more) =>
    project.deployHandler({
      dynamoDbConfiguration: { timeToLive: { AttributeName: 'endOfLife', ...more } },
    });
  await deploy();
  assert.equal((await timeToLive()).TimeToLiveStatus, 'DISABLED');

  await deploy({ enable: true });
  assert.equal((await timeToLive()).TimeToLiveStatus, 'ENABLED');
  await deploy({ enable: true });
  assert.equal(aws.count('UpdateTimeToLive'), 1);
});

for (const [name, message] of [
  [
    'was changed a moment ago',
    'Time to live has been modified multiple times within a fixed interval',
  ],
  ['is enabled for another attribute', 'TimeToLive is active on a different AttributeName'],
]) {
  test(`a table whose time to live ${name} gets it by a later deployment`, async (t) => {
    const project = createProject(t);
    const options = { dynamoDbConfiguration: { timeToLive: { AttributeName: 'endOfLife' } } };
    aws.answer('UpdateTimeToLive', jsonError(400, 'ValidationException', message), { times: 1 });
    const { logger } = await project.deployHandler(options);
    const warnings = logger.lines('warning').filter((line) => line.includes(message));
    assert.equal(warnings.length, 1);
    assertMentions(warnings[0], NAMES.table);

    await project.deployHandler(options);
    assert.equal((await timeToLive()).TimeToLiveStatus, 'ENABLED');
    aws.clearRequests();
    await project.deployHandler(options);
    assert.deepEqual(aws.writes(), []);
  });
}

for (const [what, attributes] of [
  ['another partition key', { id: 'S' }],
  ['a partition key of another type', { userId: 'N' }],
  ['a sort key', { userId: 'S', time: 'N' }],
]) {
  test(`an existing table with ${what} is an error before any change`, async (t) => {
    const names = Object.keys(attributes);
    await aws.client.dynamoDb('CreateTable', {
      TableName: NAMES.table,
      AttributeDefinitions: names.map((name) => ({
        AttributeName: name,
        AttributeType: attributes[name],
      })),
      KeySchema: names.map((name, index) => ({
        AttributeName: name,
        KeyType: ['HASH', 'RANGE'][index],
      })),
      BillingMode: 'PAY_PER_REQUEST',
    });
    const { error } = await createProject(t).failToDeployHandler();
    assert.equal(error.code, 'RESOURCE_NOT_READY');
    assertMentions(error.message, NAMES.table, 'userId (S) only', ...names);
    assert.deepEqual(aws.writes(), []);
  });
}

for (const [what, AttributeName, enable] of [
  ['off', undefined, true],
  ['on', 'until', true],
  ['not to be changed', undefined, undefined],
]) {
  test(`time to live that is ${what}, and may not be read, is not changed`, async (t) => {
    const project = createProject(t);
    const timeToLive = AttributeName && { AttributeName };
    await project.deployHandler({ dynamoDbConfiguration: { timeToLive } });
    aws.clearRequests();
    aws.answer('DescribeTimeToLive', errors.accessDenied('dynamodb:DescribeTimeToLive'));
    const options = { dynamoDbConfiguration: { timeToLive: { AttributeName: 'until', enable } } };
    const { logger } = await project.deployHandler(options);
    assert.equal(aws.count('UpdateTimeToLive'), 0);
    const warnings = logger.lines('warning').filter((line) => line.includes('TimeToLive'));
    assert.equal(warnings.length, enable ? 1 : 0, warnings.join());
    for (const line of warnings)
      assertMentions(line, 'Allow dynamodb:DescribeTimeToLive', NAMES.table);
    assert.equal(aws.count('DescribeTimeToLive'), enable ? 1 : 0);
  });
}

test('a skill that keeps its state in the session does not get a table', async (t) => {
  const { artifacts, dynamoTableName } = await createProject(t).deployHandler({
    useSessionAttributesForPersistentStore: true,
  });

  const toDynamoDb = aws.requests().filter(({ service }) => service === 'dynamodb');
  assert.deepEqual(toDynamoDb, []);
  assert.equal(dynamoTableName, 'NO_TABLE_DEPLOYED');
  assert.equal((await variables()).dynamoTableName, 'NO_TABLE_DEPLOYED');
  assert.equal(artifacts.get('dynamoDBARN'), undefined);
});

test('a log group that was deleted out of band is created again, with a retention of 30 days', async (t) => {
  const project = createProject(t);
  await project.deployHandler();
  assert.equal((await logGroup()).retentionInDays, 30);
  await aws.client.logs('DeleteLogGroup', { logGroupName: NAMES.logGroup });
  await project.deployHandler();
  assert.equal((await logGroup()).retentionInDays, 30);
});

test('an existing log group keeps its retention', async (t) => {
  const project = createProject(t);
  // This group has the same prefix.
  await aws.client.logs('CreateLogGroup', { logGroupName: `${NAMES.logGroup}_old` });
  await project.deployHandler();
  assert.equal((await logGroup()).retentionInDays, 30);

  const retentionInDays = 365;
  await aws.client.logs('PutRetentionPolicy', { logGroupName: NAMES.logGroup, retentionInDays });
  await project.deployHandler();
  assert.equal((await logGroup()).retentionInDays, 365);
});
