'use strict';

// Provides tests with the strict AWS.

const { useEnvironment } = require('../environment');
const { awsClient } = require('./client');
const { startStrictAws } = require('./strict-aws/server');
const { sender } = require('./strict-s3/client');

/**
 * Starts a strict AWS for one test, and points this process's AWS settings to it. Returns the server,
 * with a `client` that reads and changes the account.
 *
 * @param {object} t the test
 * @param {object} [options] of `startStrictAws`
 */
async function openStrictAws(t, options) {
  const server = await startStrictAws(options);
  const restoreEnvironment = useEnvironment(server.env);
  t.after(async () => {
    restoreEnvironment();
    await server.close();
  });
  const client = awsClient({ endpoint: server.url, env: server.env, send: sender(server) });
  return Object.assign(server, { client });
}

module.exports = { openStrictAws };
