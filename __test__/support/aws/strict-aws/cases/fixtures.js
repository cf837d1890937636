'use strict';

// Resources, documents and steps that the cases share.

const { zipSync } = require('fflate');
const { ACCOUNT } = require('../../strict-s3/server');
const { invokeAll } = require('../client');

const ARN = `arn:aws:lambda:us-east-1:${ACCOUNT}:function:cats`;
const ROLE_ARN = `arn:aws:iam::${ACCOUNT}:role/cats`;

const policy = (...statements) =>
  JSON.stringify({ Version: '2012-10-17', Statement: statements.flat() });

const TRUST = policy({
  Effect: 'Allow',
  Principal: { Service: 'lambda.amazonaws.com' },
  Action: 'sts:AssumeRole',
});

const ROLE = { RoleName: 'cats', AssumeRolePolicyDocument: TRUST };

const mtime = new Date(2026, 0, 1);
const zipOf = (content) => zipSync({ 'index.js': Buffer.from(content) }, { mtime });
const base64 = (bytes) => Buffer.from(bytes).toString('base64');

const FUNCTION = {
  FunctionName: 'cats',
  Role: ROLE_ARN,
  Handler: 'index.handler',
  Runtime: 'nodejs22.x',
  Code: { ZipFile: base64(zipOf('exports.handler = 1;')) },
};

const NEW_CODE = { FunctionName: 'cats', ZipFile: base64(zipOf('exports.handler = 2;')) };

const TABLE = {
  TableName: 'cats',
  AttributeDefinitions: [{ AttributeName: 'userId', AttributeType: 'S' }],
  KeySchema: [{ AttributeName: 'userId', KeyType: 'HASH' }],
  BillingMode: 'PAY_PER_REQUEST',
};

const GROUP = { logGroupName: '/aws/lambda/cats' };

const createRole = ['iam:CreateRole', ROLE];
const createFunction = ['lambda:CreateFunction', FUNCTION];
const createTable = ['dynamodb:CreateTable', TABLE];
const createGroup = ['logs:CreateLogGroup', GROUP];

/** Sends requests, and settles after each. */
const after =
  (...requests) =>
  async (server) => {
    for (const request of requests) {
      await invokeAll(server, request);
      server.settle();
    }
  };

/** Returns the last answer to some requests. */
const send =
  (...requests) =>
  (server) =>
    invokeAll(server, ...requests);

/** The keys of a server whose caller has a policy. */
const callerWith = (...statements) => ({
  AKIADEPLOYER00000000: {
    secret: 'strict/deployer/secret',
    account: ACCOUNT,
    arn: `arn:aws:iam::${ACCOUNT}:user/deployer`,
    policy: JSON.parse(policy(...statements)),
  },
});

module.exports = {
  ACCOUNT,
  ARN,
  FUNCTION,
  GROUP,
  NEW_CODE,
  ROLE,
  ROLE_ARN,
  TABLE,
  TRUST,
  after,
  base64,
  callerWith,
  createFunction,
  createGroup,
  createRole,
  createTable,
  policy,
  send,
  zipOf,
};
