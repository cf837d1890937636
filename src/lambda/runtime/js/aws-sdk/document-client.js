'use strict';

const Converter = require('./converter');
const DynamoDB = require('./dynamodb-service');
const DynamoDBSet = require('./set');
const { FROM_JSON, walk } = require('./shapes');

/** The methods, and the operations of DynamoDB. */
const OPERATIONS = {
  get: 'getItem',
  put: 'putItem',
  update: 'updateItem',
  delete: 'deleteItem',
  query: 'query',
  scan: 'scan',
  batchGet: 'batchGetItem',
  batchWrite: 'batchWriteItem',
  transactGet: 'transactGetItems',
  transactWrite: 'transactWriteItems',
};

/** Uses plain JavaScript values instead of attribute values such as `{ S: 'text' }`. */
class DocumentClient {
  constructor(options) {
    this.options = options || {};
    this.service = serviceOf(this.options);
  }

  createSet(list, options) {
    return new DynamoDBSet(list, options);
  }

  makeServiceRequest(operation, params, callback) {
    const request = this.service[operation](params);
    translateRequest(request, this.options);
    request.response.nextPage = function (pageCallback) {
      const method = (next) => self.makeServiceRequest(operation, next, pageCallback);
      return this.followingPage(request.rawParams, pageCallback, method);
    };
    const self = this;
    if (typeof callback === 'function') request.send(callback);
    return request;
  }
}

for (const [method, operation] of Object.entries(OPERATIONS)) {
  DocumentClient.prototype[method] = function (params, callback) {
    return this.makeServiceRequest(operation, params, callback);
  };
}

DocumentClient.prototype.serviceClientOperationsMap = OPERATIONS;

// As in v2, the client has a service of its own, with the settings of the one that it was given.
function serviceOf({ service, ...options }) {
  if (!service) return new DynamoDB(options);
  const own = new service.constructor(service.config);
  own.config.params = { ...service.config.params, ...options.params };
  return own;
}

function translateRequest(request, options) {
  const { input, output } = request.service.operation(request.operation);
  const translate = (request) => {
    request.rawParams = { ...request.params };
    request.params = translated(input, request.rawParams, (value) =>
      Converter.input(value, options),
    );
  };
  request.on('validate', translate, true);
  request.on('extractData', (response) => {
    response.data = translated(output, response.data, (value) => Converter.output(value, options));
  });
}

/** Returns an input or output with its attribute values converted. */
function translated(shape, node, convert) {
  if (node === undefined) return undefined;
  if (shape.name === 'AttributeValue') return convert(node);
  return walk(shape, node, {
    each: (memberShape, member) => translated(memberShape, member, convert),
    scalar: (type, value) => FROM_JSON[type](value),
    missing: null,
  });
}

module.exports = DocumentClient;
