'use strict';

// The operations of Lambda that this module uses, and those that its tests need.

const parts = [
  require('./functions'),
  require('./configuration'),
  require('./role'),
  require('./code'),
  require('./states'),
  require('./versions'),
  require('./aliases'),
  require('./permissions'),
  require('./invoke'),
];

module.exports = {
  OPERATIONS: Object.assign({}, ...parts.map(({ OPERATIONS = {} }) => OPERATIONS)),
  RULES: parts.flatMap(({ RULES = [] }) => RULES),
};
