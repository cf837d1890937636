'use strict';

/** A command line that is wrong. The process then ends with 2. */
class UsageError extends Error {
  code = 'WRONG_USAGE';
}

module.exports = { UsageError };
