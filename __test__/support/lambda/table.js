'use strict';

const { modulesOfLambda } = require('./runtime-host');

/**
 * Creates a table as a deployment does, in the region of `env`.
 *
 * @returns {Promise<(userId: string) => Promise<object | undefined>>} a function that returns an item
 *   of the table in DynamoDB's notation
 */
async function createTable(TableName, env) {
  const sdk = require(require.resolve('@aws-sdk/client-dynamodb', { paths: [modulesOfLambda()] }));
  const client = new sdk.DynamoDBClient({
    region: env.AWS_REGION,
    endpoint: env.AWS_ENDPOINT_URL,
    credentials: {
      accessKeyId: env.AWS_ACCESS_KEY_ID,
      secretAccessKey: env.AWS_SECRET_ACCESS_KEY,
    },
  });
  await client.send(
    new sdk.CreateTableCommand({
      TableName,
      ProvisionedThroughput: { ReadCapacityUnits: 10, WriteCapacityUnits: 10 },
      KeySchema: [{ AttributeName: 'userId', KeyType: 'HASH' }],
      AttributeDefinitions: [{ AttributeName: 'userId', AttributeType: 'S' }],
    }),
  );
  return async (userId) => {
    const params = { TableName, Key: { userId: { S: userId } }, ConsistentRead: true };
    return (await client.send(new sdk.GetItemCommand(params))).Item;
  };
}

module.exports = { createTable };
