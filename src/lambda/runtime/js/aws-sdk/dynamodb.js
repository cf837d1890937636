'use strict';

const { DynamoDBSet, fromAttribute, toAttribute } = require('./attribute-values');
const { convertValues } = require('./attribute-paths');
const { unsupported, rejectUnsupported } = require('./unsupported');
const { Request } = require('./request');
const { connect } = require('./service');

// v2 retries calls to DynamoDB more often than calls to other services.
const DEFAULTS = { maxRetries: 10 };

/** v2's low-level client. Here it only serves as the `service` option of a DocumentClient. */
class DynamoDB {
  constructor(options = {}) {
    this.call = connect('DynamoDB', DEFAULTS, options);
    this.config = options;
    return rejectUnsupported(this, 'AWS.DynamoDB');
  }
}

/** Uses plain JavaScript values instead of attribute values such as `{ S: 'text' }`. */
class DocumentClient {
  constructor(options = {}) {
    if (options.wrapNumbers) throw unsupported('wrapNumbers of AWS.DynamoDB.DocumentClient');
    this.service = options.service || new DynamoDB(options);
    this.options = options;
    return rejectUnsupported(this, 'AWS.DynamoDB.DocumentClient');
  }

  createSet(list, options) {
    return new DynamoDBSet(list, options);
  }
}

// The methods of v2's DocumentClient, and the operations of DynamoDB.
const OPERATIONS = {
  get: 'GetItem',
  put: 'PutItem',
  update: 'UpdateItem',
  delete: 'DeleteItem',
  query: 'Query',
  scan: 'Scan',
  batchGet: 'BatchGetItem',
  batchWrite: 'BatchWriteItem',
  transactGet: 'TransactGetItems',
  transactWrite: 'TransactWriteItems',
};

for (const [method, command] of Object.entries(OPERATIONS)) {
  DocumentClient.prototype[method] = function (params, callback) {
    const request = new Request(() => call(this, command, params));
    if (callback) request.send(callback);
    return request;
  };
}

async function call({ service, options }, command, params) {
  const { convertEmptyValues = false } = options;
  const input = convertValues({ ...options.params, ...params }, (value) =>
    toAttribute(value, { convertEmptyValues }),
  );
  return convertValues(await service.call(command, input), fromAttribute);
}

DynamoDB.DocumentClient = rejectUnsupported(DocumentClient, 'AWS.DynamoDB.DocumentClient');

module.exports = { DynamoDB };
