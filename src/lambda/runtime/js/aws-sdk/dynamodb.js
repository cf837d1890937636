'use strict';

// AWS.DynamoDB, with the classes that v2 has on it.

const DynamoDB = require('./dynamodb-service');

DynamoDB.Converter = require('./converter');
DynamoDB.DocumentClient = require('./document-client');

module.exports = DynamoDB;
