'use strict';

// Rules of a strict server, `{name, rule, source, apply}`, of which some are switched off.

/** Returns a function from names of rules that are off to `(name, ...arguments) => result`. */
function bookOf(rules) {
  const byName = new Map(rules.map((rule) => [rule.name, rule]));
  return (rulesOff = []) => {
    const unknown = rulesOff.find((name) => !byName.has(name));
    if (unknown) throw new Error(`there is not a rule '${unknown}'`);
    return (name, ...args) => {
      const { apply } = byName.get(name);
      return rulesOff.includes(name) ? undefined : apply(...args);
    };
  };
}

module.exports = { bookOf };
