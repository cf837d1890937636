'use strict';

const { DeployError } = require('../../errors');

/** A command line that is wrong. The process then ends with 2. */
class UsageError extends DeployError {
  /** @param {string} message */
  constructor(message) {
    super('WRONG_USAGE', message);
  }
}

module.exports = { UsageError };
