'use strict';

// The functions of the module, whose native addon is loaded at the first call: help needs none, and
// `doctor` reports that it is missing.

const load = () => require('../..');

module.exports = {
  deploy: (...args) => load().deploy(...args),
  logs: { pull: (...args) => load().logs.pull(...args) },
  recordingFailure: (...args) => require('../../deployment-failure').recordingFailure(...args),
  isDryRun: () => require('../../errors').callNative(require('../../binding').isDryRun),
  operate: (...args) => load().operate(...args),
};
