'use strict';

// The table of all rules `{name, rule, source, apply}`. A rule that is switched off does nothing: its
// `apply` is not called, and `undefined` stands for its result.

const { bookOf } = require('../rules/rule-book');

const RULES = [
  ...require('./signature').RULES,
  ...require('./payload').RULES,
  ...require('./integrity').RULES,
  ...require('./access').RULES,
  ...require('./regions').RULES,
  ...require('./buckets').RULES,
  ...require('./bucket-policy').RULES,
  ...require('./object-settings').RULES,
  ...require('./objects').RULES,
  ...require('./deletion').RULES,
  ...require('./multipart').RULES,
  ...require('./completion').RULES,
  ...require('./listing').RULES,
  ...require('./versions').RULES,
  ...require('./answers').RULES,
  ...require('./faults').RULES,
];

module.exports = { RULES, ruleBook: bookOf(RULES) };
