'use strict';

// CloudWatch Logs: log groups, and reading their events.

const PARTS = [
  require('./groups'),
  require('./events'),
  require('./queries'),
  require('./live-tail'),
];

module.exports = {
  OPERATIONS: Object.assign({}, ...PARTS.map(({ OPERATIONS }) => OPERATIONS)),
  RULES: PARTS.flatMap(({ RULES }) => RULES),
};
