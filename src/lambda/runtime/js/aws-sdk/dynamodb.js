'use strict';

const { DynamoDBSet, fromAttribute, toAttribute } = require('./attribute-values');
const { convertValues } = require('./item-shapes');
const { notIncluded, refuseTheRest } = require('./not-included');
const { Request } = require('./request');
const { connect } = require('./service');

// v2 is more patient with DynamoDB than with other services.
const DEFAULTS = { maxRetries: 10 };

/** v2's low-level client; here it is only what a DocumentClient can be given as its service. */
class DynamoDB {
  constructor(options = {}) {
    this.call = connect('DynamoDB', DEFAULTS, options);
    this.config = options;
    return refuseTheRest(this, 'AWS.DynamoDB');
  }
}

/** DynamoDB with plain JavaScript values in place of attribute values such as `{ S: 'text' }`. */
class DocumentClient {
  constructor(options = {}) {
    if (options.wrapNumbers) throw notIncluded('wrapNumbers of AWS.DynamoDB.DocumentClient');
    this.service = options.service || new DynamoDB(options);
    this.options = options;
    return refuseTheRest(this, 'AWS.DynamoDB.DocumentClient');
  }

  createSet(list, options) {
    return new DynamoDBSet(list, options);
  }
}

// What v2's DocumentClient calls it, and what DynamoDB calls it.
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

DynamoDB.DocumentClient = refuseTheRest(DocumentClient, 'AWS.DynamoDB.DocumentClient');

module.exports = { DynamoDB };
