'use strict';

// Users with policies and access keys, for tests of what a deployer may do.

const crypto = require('node:crypto');
const { checkIdentityPolicy } = require('./documents');
const { statementsOf } = require('../../strict-s3/policy');

function createUser(call) {
  const { UserName } = call.input;
  const Arn = `arn:${call.partition}:iam::${call.account}:user/${UserName}`;
  call.iam.users.set(UserName, { Arn, policies: new Map() });
  return { User: { UserName, Arn } };
}

function putUserPolicy(call) {
  const { UserName, PolicyName, PolicyDocument } = call.input;
  checkIdentityPolicy(call, PolicyDocument);
  call.iam.users.get(UserName).policies.set(PolicyName, JSON.parse(PolicyDocument));
}

function createAccessKey(call) {
  const { UserName } = call.input;
  const { Arn, policies } = call.iam.users.get(UserName);
  const AccessKeyId = `AKIA${crypto.randomBytes(8).toString('hex').toUpperCase()}`;
  const SecretAccessKey = crypto.randomBytes(30).toString('base64');
  call.server.keys[AccessKeyId] = {
    secret: SecretAccessKey,
    account: call.account,
    arn: Arn,
    get policy() {
      return { Statement: [...policies.values()].flatMap(statementsOf) };
    },
  };
  return { AccessKey: { UserName, AccessKeyId, SecretAccessKey } };
}

module.exports = {
  OPERATIONS: {
    CreateUser: createUser,
    PutUserPolicy: putUserPolicy,
    CreateAccessKey: createAccessKey,
  },
};
