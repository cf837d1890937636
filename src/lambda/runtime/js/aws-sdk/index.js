'use strict';

// A shim for aws-sdk v2, which Lambda does not include since nodejs18.x. It provides DynamoDB and
// CloudWatch, the services that Litexa's handlers use, and depends on nothing but Node.js: version 3,
// which Lambda includes, takes four times as long to load.

const AWS = require('./core');
const { Request } = require('./request');
const { unsupportedClass } = require('./unsupported');
const OTHERS = require('./models/other-classes.json');

/** Parts that are loaded when they are first used: a skill without a table needs no DynamoDB. */
const PARTS = {
  CloudWatch: () => require('./cloudwatch'),
  DynamoDB: () => require('./dynamodb'),
  Service: () => require('./service').Service,
  util: () => require('./util'),
};

AWS.Request = Request;
AWS.Model = { Api: class Api {} };

for (const [name, load] of Object.entries(PARTS)) defineLazily(name, load);
for (const name of OTHERS) defineLazily(name, () => unsupportedClass(`AWS.${name}`));

// Enumerable properties: TypeScript copies those of a module for `import * as AWS`.
function defineLazily(name, load) {
  const define = (value) =>
    Object.defineProperty(AWS, name, {
      value,
      configurable: true,
      enumerable: true,
      writable: true,
    });
  Object.defineProperty(AWS, name, {
    configurable: true,
    enumerable: true,
    get() {
      define(load());
      return AWS[name];
    },
    set: define,
  });
}

module.exports = AWS;
