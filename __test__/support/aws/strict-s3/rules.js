'use strict';

// The table of all rules `{name, rule, source, apply}`. A rule that is switched off does nothing: its
// `apply` is not called, and `undefined` stands for its result.

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
  ...require('./answers').RULES,
  ...require('./faults').RULES,
];

const BY_NAME = new Map(RULES.map((rule) => [rule.name, rule]));

/** Returns `(name, call, ...arguments) => result` for a server with some rules switched off. */
function ruleBook(rulesOff = []) {
  const unknown = rulesOff.find((name) => !BY_NAME.has(name));
  if (unknown) throw new Error(`there is not a rule '${unknown}'`);
  return (name, ...args) => {
    const { apply } = BY_NAME.get(name);
    return rulesOff.includes(name) ? undefined : apply(...args);
  };
}

module.exports = { RULES, ruleBook };
