'use strict';

const { TABLE, after, createTable, send } = require('./fixtures');

const atOnce = { lag: 0 };
const cats = (fields) => ({ TableName: 'cats', ...fields });
const creating = (fields) => send(['dynamodb:CreateTable', { ...TABLE, ...fields }]);
const describe = ['dynamodb:DescribeTable', cats()];
const timeToLive = (AttributeName, Enabled) => [
  'dynamodb:UpdateTimeToLive',
  cats({ TimeToLiveSpecification: { AttributeName, Enabled } }),
];
const THROUGHPUT = { ProvisionedThroughput: { ReadCapacityUnits: 10, WriteCapacityUnits: 10 } };
const PROVISIONED = ['dynamodb:CreateTable', { ...TABLE, ...THROUGHPUT, BillingMode: undefined }];

const invalid = (message) => ({ status: 400, code: 'ValidationException', message });
const inUse = (message) => ({ status: 400, code: 'ResourceInUseException', message });
const notFound = { status: 400, code: 'ResourceNotFoundException' };

module.exports = [
  {
    rule: 'table-name',
    title: 'a name of two characters',
    request: creating({ TableName: 'ca' }),
    answer: invalid(/tableName/),
  },
  {
    rule: 'key-schema',
    title: 'an attribute that is not in the key',
    request: creating({
      AttributeDefinitions: [
        ...TABLE.AttributeDefinitions,
        { AttributeName: 'mood', AttributeType: 'S' },
      ],
    }),
    answer: invalid(/Number of attributes in KeySchema/),
  },
  {
    rule: 'throughput',
    title: 'throughput for a table on demand',
    request: creating(THROUGHPUT),
    answer: invalid(/Neither ReadCapacityUnits nor WriteCapacityUnits/),
  },
  {
    rule: 'throughput',
    title: 'a table without BillingMode and throughput',
    request: creating({ BillingMode: undefined }),
    answer: invalid(/must both be specified when BillingMode is PROVISIONED/),
  },
  {
    rule: 'table-exists',
    title: 'CreateTable for the second time',
    options: atOnce,
    given: after(createTable),
    request: send(createTable),
    answer: inUse('Table already exists: cats'),
  },
  {
    rule: 'new-table-not-found',
    title: 'DescribeTable just after the creation',
    request: send(createTable, describe),
    answer: notFound,
  },
  {
    rule: 'new-table-not-found',
    title: 'DescribeTimeToLive just after the creation',
    request: send(createTable, ['dynamodb:DescribeTimeToLive', cats()]),
    answer: notFound,
  },
  {
    rule: 'table-status',
    title: 'the status of a new table',
    request: send(createTable),
    answer: { status: 200, output: { TableDescription: { TableStatus: 'CREATING' } } },
  },
  {
    title: 'the status of a table after some requests',
    request: send(createTable, describe, describe, describe),
    answer: { status: 200, output: { Table: { TableStatus: 'ACTIVE' } } },
  },
  {
    rule: 'table-in-use',
    title: 'time to live of a table that is being created',
    options: { rulesOff: ['new-table-not-found'] },
    request: send(createTable, timeToLive('until', true)),
    answer: inUse(/Table is being created: cats$/),
  },
  {
    rule: 'billing-mode-summary',
    title: 'a table on demand',
    options: atOnce,
    given: after(createTable),
    request: send(describe),
    answer: {
      output: {
        Table: {
          BillingModeSummary: { BillingMode: 'PAY_PER_REQUEST' },
          ProvisionedThroughput: { ReadCapacityUnits: 0 },
        },
      },
    },
  },
  {
    title: 'a table with throughput',
    options: atOnce,
    given: after(PROVISIONED),
    request: send(describe),
    answer: {
      output: {
        Table: {
          BillingModeSummary: undefined,
          ProvisionedThroughput: { ReadCapacityUnits: 10 },
        },
      },
    },
  },
  {
    rule: 'deletion-protection',
    title: 'DeleteTable of a protected table',
    options: atOnce,
    given: after(['dynamodb:CreateTable', { ...TABLE, DeletionProtectionEnabled: true }]),
    request: send(['dynamodb:DeleteTable', cats()]),
    answer: invalid(/currently protected against deletion/),
  },
  {
    rule: 'time-to-live-unchanged',
    title: 'UpdateTimeToLive for the second time',
    options: { ...atOnce, rulesOff: ['time-to-live-interval'] },
    given: after(createTable, timeToLive('until', true)),
    request: send(timeToLive('until', true)),
    answer: invalid('TimeToLive is already enabled'),
  },
  {
    rule: 'time-to-live-unchanged',
    title: 'another attribute of time to live',
    options: { ...atOnce, rulesOff: ['time-to-live-interval'] },
    given: after(createTable, timeToLive('until', true)),
    request: send(timeToLive('expires', true)),
    answer: invalid('TimeToLive is active on a different AttributeName'),
  },
  {
    rule: 'time-to-live-interval',
    title: 'time to live that is enabled and disabled',
    options: atOnce,
    given: after(createTable, timeToLive('until', true)),
    request: send(timeToLive('until', false)),
    answer: invalid('Time to live has been modified multiple times within a fixed interval'),
  },
  {
    rule: 'backups-unavailable',
    title: 'point-in-time recovery of a new table',
    options: { rulesOff: ['new-table-not-found'] },
    request: send(createTable, [
      'dynamodb:UpdateContinuousBackups',
      cats({ PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true } }),
    ]),
    answer: { status: 400, code: 'ContinuousBackupsUnavailableException' },
  },
];
