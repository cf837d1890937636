'use strict';

// The functions of the module, whose native addon is loaded at the first call: help needs none, and
// `doctor` reports that it is missing.

const of =
  (name) =>
  (...args) =>
    require('../..')[name](...args);

module.exports = { deploy: of('deploy'), operate: of('operate') };
