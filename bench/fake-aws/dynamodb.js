'use strict';

// DynamoDB's tables. A new one is usable when it is looked at: AWS' own time is none of ours.

const { Refusal, jsonService } = require('./json-service');

function dynamoDb() {
  const tables = new Map();
  const describe = (TableName, TableStatus) => ({
    TableName,
    TableStatus,
    TableArn: `arn:aws:dynamodb:us-east-1:123456789012:table/${TableName}`,
    KeySchema: [{ AttributeName: 'userId', KeyType: 'HASH' }],
    AttributeDefinitions: [{ AttributeName: 'userId', AttributeType: 'S' }],
  });
  return jsonService({
    DescribeTable({ TableName }) {
      if (!tables.has(TableName)) throw new Refusal('ResourceNotFoundException');
      return { Table: describe(TableName, 'ACTIVE') };
    },
    CreateTable({ TableName }) {
      tables.set(TableName, {});
      return { TableDescription: describe(TableName, 'CREATING') };
    },
    DescribeTimeToLive: () => ({ TimeToLiveDescription: { TimeToLiveStatus: 'DISABLED' } }),
  });
}

module.exports = { dynamoDb };
