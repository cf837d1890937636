'use strict';

const { crc32 } = require('./crc32');
const { newError } = require('./error');
const { Model } = require('./shapes');
const { Service, defineOperations } = require('./service');

const byNextToken = { inputToken: 'NextToken', outputToken: 'NextToken' };

const PAGINATION = {
  batchGetItem: { inputToken: 'RequestItems', outputToken: 'UnprocessedKeys' },
  listContributorInsights: byNextToken,
  listExports: byNextToken,
  listImports: byNextToken,
  listTables: {
    inputToken: 'ExclusiveStartTableName',
    outputToken: 'LastEvaluatedTableName',
    resultKey: 'TableNames',
  },
  query: { inputToken: 'ExclusiveStartKey', outputToken: 'LastEvaluatedKey', resultKey: 'Items' },
  scan: { inputToken: 'ExclusiveStartKey', outputToken: 'LastEvaluatedKey', resultKey: 'Items' },
};

const isMissing = ({ error }) => error && error.code === 'ResourceNotFoundException';

const TABLE_WAITER = { operation: 'describeTable', delay: 20, maxAttempts: 25 };

const WAITERS = {
  tableExists: {
    ...TABLE_WAITER,
    outcomeOf(response) {
      if (response.error) return isMissing(response) ? 'retry' : 'failure';
      return response.data.Table.TableStatus === 'ACTIVE' ? 'success' : 'retry';
    },
  },
  tableNotExists: {
    ...TABLE_WAITER,
    outcomeOf(response) {
      if (isMissing(response)) return 'success';
      return response.error ? 'failure' : 'retry';
    },
  },
};

/** The low-level client, whose items are attribute values such as `{ S: 'text' }`. */
class DynamoDB extends Service {
  // v2 retries calls to DynamoDB more often than calls to other services.
  defaultRetryCount = 10;
  defaultRetryBase = 50;

  setupRequestListeners(request) {
    if (this.config.dynamoDbCrc32) request.on('extractData', checkCrc32, true);
  }
}

DynamoDB.prototype.serviceIdentifier = 'dynamodb';
DynamoDB.serviceIdentifier = 'dynamodb';

defineOperations(DynamoDB, {
  model: new Model(require('./models/dynamodb.json')),
  apiVersion: '2012-08-10',
  endpointPrefix: 'dynamodb',
  serviceId: 'DynamoDB',
  targetPrefix: 'DynamoDB_20120810',
  pagination: PAGINATION,
  waiters: WAITERS,
});

function checkCrc32(response) {
  const { headers, body } = response.httpResponse;
  const expected = headers['x-amz-crc32'];
  if (!expected || Number(expected) === crc32(body)) return;
  response.data = null;
  response.error = newError('CRC32CheckFailed', 'CRC32 integrity check failed', {
    retryable: true,
  });
  response.request.haltHandlersOnError();
  throw response.error;
}

module.exports = DynamoDB;
