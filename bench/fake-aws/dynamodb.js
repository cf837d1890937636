'use strict';

// Answers DynamoDB's operations on tables. A new table is active as soon as it is described.

const { ServiceError, jsonService } = require('./json-service');

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
      if (!tables.has(TableName)) throw new ServiceError('ResourceNotFoundException');
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
