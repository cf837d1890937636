'use strict';

// The operations of IAM that this module uses, and those that its tests need.

const parts = [
  require('./roles'),
  require('./policies'),
  require('./documents'),
  require('./users'),
];

module.exports = {
  OPERATIONS: Object.assign({}, ...parts.map(({ OPERATIONS = {} }) => OPERATIONS)),
  RULES: parts.flatMap(({ RULES = [] }) => RULES),
};
