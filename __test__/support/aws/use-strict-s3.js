'use strict';

// Provides tests with the strict S3.

const { useEnvironment } = require('../environment');
const { startStrictS3 } = require('./strict-s3/server');

/**
 * Starts a strict S3 for one test, and points this process's AWS settings to it. Returns the server,
 * with `sent`.
 */
async function openStrictS3(t, options) {
  const server = await startStrictS3(options);
  const restoreEnvironment = useEnvironment(server.env);
  t.after(async () => {
    restoreEnvironment();
    await server.close();
  });
  /** Returns the requests of an operation. */
  const sent = (operation) => server.requests.filter((request) => request.operation === operation);
  return Object.assign(server, { sent });
}

module.exports = { openStrictS3 };
