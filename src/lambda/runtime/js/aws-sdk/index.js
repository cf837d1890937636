'use strict';

// Stands in for aws-sdk v2, which Lambda has not had since nodejs18.x: as much of it as the handler
// uses that Litexa generates, on top of the v3 clients that come with Lambda.

const { CloudWatch } = require('./cloudwatch');
const { DynamoDB } = require('./dynamodb');
const { refuseTheRest } = require('./not-included');
const { events } = require('./request');
const { config } = require('./service');

module.exports = refuseTheRest(
  {
    config,
    events,
    CloudWatch: refuseTheRest(CloudWatch, 'AWS.CloudWatch'),
    DynamoDB: refuseTheRest(DynamoDB, 'AWS.DynamoDB'),
  },
  'AWS',
);
