'use strict';

// A shim for aws-sdk v2, which Lambda does not include since nodejs18.x. It provides the part that
// Litexa's handlers use, on top of the v3 clients that Lambda includes.

const { CloudWatch } = require('./cloudwatch');
const { DynamoDB } = require('./dynamodb');
const { rejectUnsupported } = require('./unsupported');
const { events } = require('./request');
const { config } = require('./service');

module.exports = rejectUnsupported(
  {
    config,
    events,
    CloudWatch: rejectUnsupported(CloudWatch, 'AWS.CloudWatch'),
    DynamoDB: rejectUnsupported(DynamoDB, 'AWS.DynamoDB'),
  },
  'AWS',
);
