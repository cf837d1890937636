'use strict';

// What the function keeps things in: the table of the skill's state, and the log group.

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { assertMentions } = require('../support/assertions');
const { useCloud, temporarySkill, NAMES } = require('../support/litexa/skill');

const cloud = useCloud();

const table = () => cloud.aws.describeTable(NAMES.table);
const ttl = () => cloud.aws.describeTimeToLive(NAMES.table);
const variables = async () =>
  (await cloud.aws.getFunction(NAMES.function)).Configuration.Environment.Variables;

async function logGroup() {
  const groups = await cloud.aws.describeLogGroups(NAMES.logGroup);
  return groups.find(({ logGroupName }) => logGroupName === NAMES.logGroup);
}

const aboutTheTable = ({ logger }) =>
  logger.lines('log').filter((line) => /^creating .*table/.test(line));

test('a table is made with the documented defaults, and its cost is said once', async (t) => {
  const skill = temporarySkill(t);
  const first = await skill.deploy();
  const { KeySchema, ProvisionedThroughput, TableArn } = await table();
  assert.deepEqual(KeySchema, [{ AttributeName: 'userId', KeyType: 'HASH' }]);
  const { ReadCapacityUnits, WriteCapacityUnits } = ProvisionedThroughput;
  assert.deepEqual([ReadCapacityUnits, WriteCapacityUnits], [10, 10]);
  assert.equal(first.artifacts.get('dynamoDBARN'), TableArn);
  assert.deepEqual(
    [first.dynamoTableName, first.dynamoTableARN, (await variables()).dynamoTableName],
    [NAMES.table, TableArn, NAMES.table],
  );
  assertMentions(aboutTheTable(first).join(), NAMES.table, /\b10\b.*\b10\b.*USD/);

  assert.deepEqual(aboutTheTable(await skill.deploy()), []);
});

test('a new table is paid for as the target says', async (t) => {
  await temporarySkill(t).deploy({ dynamoDbConfiguration: { billingMode: 'PAY_PER_REQUEST' } });
  assert.equal((await table()).BillingModeSummary.BillingMode, 'PAY_PER_REQUEST');
  assert.equal(cloud.sent('CreateTable')[0].ProvisionedThroughput, undefined);
});

test('a new table has the capacity that the target says', async (t) => {
  await temporarySkill(t).deploy({
    dynamoDbConfiguration: { readCapacityUnits: 3, writeCapacityUnits: 2 },
  });
  const { ReadCapacityUnits, WriteCapacityUnits } = (await table()).ProvisionedThroughput;
  assert.deepEqual([ReadCapacityUnits, WriteCapacityUnits], [3, 2]);
});

test('an existing table keeps its capacity and its billing', async (t) => {
  const skill = temporarySkill(t);
  await skill.deploy();
  await cloud.aws.dynamoDb('UpdateTable', {
    TableName: NAMES.table,
    ProvisionedThroughput: { ReadCapacityUnits: 1, WriteCapacityUnits: 7 },
  });
  cloud.proxy.clear();
  await skill.deploy({ dynamoDbConfiguration: { billingMode: 'PAY_PER_REQUEST' } });
  await skill.deploy({ dynamoDbConfiguration: { readCapacityUnits: 5 } });

  assert.deepEqual(cloud.proxy.writes(), []);
});

test('a new table is waited for until it can be used', async (t) => {
  cloud.answer(
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
  await temporarySkill(t).deploy({
    dynamoDbConfiguration: { timeToLive: { AttributeName: 'end' } },
  });

  const asked = cloud.proxy.requests.map(({ operation }) => operation);
  const made = asked.slice(asked.indexOf('CreateTable'), asked.indexOf('UpdateTimeToLive'));
  assert.equal(made.filter((operation) => operation === 'DescribeTable').length, 4);
});

test('a table deleted behind our back is made again', async (t) => {
  const skill = temporarySkill(t);
  await skill.deploy();
  await cloud.aws.dynamoDb('DeleteTable', { TableName: NAMES.table });
  cloud.proxy.clear();
  await skill.deploy();
  assert.deepEqual(cloud.proxy.writes(), ['dynamodb:CreateTable']);
});

test('items of a new table expire where the target says by which attribute', async (t) => {
  const timeToLive = { AttributeName: 'endOfLife', secondsToLive: 3600 };
  await temporarySkill(t).deploy({ dynamoDbConfiguration: { timeToLive } });
  const { TimeToLiveStatus, AttributeName } = await ttl();
  assert.deepEqual([TimeToLiveStatus, AttributeName], ['ENABLED', 'endOfLife']);
});

test('items of a new table do not expire where the target says so', async (t) => {
  const timeToLive = { AttributeName: 'endOfLife', secondsToLive: 3600, enable: false };
  await temporarySkill(t).deploy({ dynamoDbConfiguration: { timeToLive } });
  assert.equal((await ttl()).TimeToLiveStatus, 'DISABLED');
});

test('items of an existing table expire only when asked for, and that is done once', async (t) => {
  const skill = temporarySkill(t);
  await skill.deploy();
  const deploy = (more) =>
    skill.deploy({
      dynamoDbConfiguration: { timeToLive: { AttributeName: 'endOfLife', ...more } },
    });
  await deploy();
  assert.equal((await ttl()).TimeToLiveStatus, 'DISABLED');

  await deploy({ enable: true });
  assert.equal((await ttl()).TimeToLiveStatus, 'ENABLED');
  await deploy({ enable: true });
  assert.equal(cloud.count('UpdateTimeToLive'), 1);
});

test('a skill that keeps its state in the session has no table', async (t) => {
  const { artifacts, dynamoTableName } = await temporarySkill(t).deploy({
    useSessionAttributesForPersistentStore: true,
  });

  const toDynamoDb = cloud.proxy.requests.filter(({ service }) => service === 'dynamodb');
  assert.deepEqual(toDynamoDb, []);
  assert.equal(dynamoTableName, 'NO_TABLE_DEPLOYED');
  assert.equal((await variables()).dynamoTableName, 'NO_TABLE_DEPLOYED');
  assert.equal(artifacts.get('dynamoDBARN'), undefined);
});

test('a log group deleted behind our back is made again, for 30 days', async (t) => {
  const skill = temporarySkill(t);
  await skill.deploy();
  assert.equal((await logGroup()).retentionInDays, 30);
  await cloud.aws.logs('DeleteLogGroup', { logGroupName: NAMES.logGroup });
  await skill.deploy();
  assert.equal((await logGroup()).retentionInDays, 30);
});

test('an existing log group keeps what somebody chose', async (t) => {
  const skill = temporarySkill(t);
  // A group of a longer name is another group.
  await cloud.aws.logs('CreateLogGroup', { logGroupName: `${NAMES.logGroup}_old` });
  await skill.deploy();
  assert.equal((await logGroup()).retentionInDays, 30);

  const retentionInDays = 365;
  await cloud.aws.logs('PutRetentionPolicy', { logGroupName: NAMES.logGroup, retentionInDays });
  await skill.deploy();
  assert.equal((await logGroup()).retentionInDays, 365);
});
