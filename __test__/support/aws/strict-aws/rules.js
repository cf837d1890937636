'use strict';

// The table of all rules `{name, rule, source, apply}`. A rule that is switched off does nothing: its
// `apply` is not called, and `undefined` stands for its result.

const { bookOf } = require('../rules/rule-book');

const RULES = [
  ...require('./signature').RULES,
  ...require('./access').RULES,
  ...require('./tags').RULES,
  ...require('./sts').RULES,
  ...require('./iam').RULES,
  ...require('./lambda').RULES,
  ...require('./dynamodb').RULES,
  ...require('./logs').RULES,
  ...require('./faults').RULES,
];

module.exports = { RULES, ruleBook: bookOf(RULES) };
