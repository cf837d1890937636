'use strict';

// Starts server.js, which answers like AWS, in a process of its own.

const { fork } = require('node:child_process');
const path = require('node:path');

/**
 * @returns {Promise<object>} each command of the server as an async method, `endpoint`, and `env`: the
 *   environment in which a client's AWS SDK uses this server only, with an account of its own
 */
async function startFakeAws() {
  const child = fork(path.join(__dirname, 'server.js'), { execArgv: [] });
  const waiting = new Map();
  const port = await new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`fake-aws ended with ${code}`)));
    child.once('message', ({ port }) => resolve(port));
  });
  child.on('message', ({ id, result }) => {
    waiting.get(id)(result);
    waiting.delete(id);
  });

  let last = 0;
  const send = (command, argument) =>
    new Promise((resolve) => {
      waiting.set(++last, resolve);
      child.send({ id: last, command, argument });
    });
  const endpoint = `http://127.0.0.1:${port}`;
  const commands = [
    ...['reset', 'latency', 'forget', 'recorded', 'cpu', 'contents', 'digestBlocks'],
    ...['makeBucket', 'copyBucket', 'writeLogs', 'limitLogs'],
  ];
  return {
    ...Object.fromEntries(commands.map((name) => [name, (argument) => send(name, argument)])),
    endpoint,
    env: (client) => environment(endpoint, client),
    stop: () => child.disconnect(),
  };
}

/** Returns the access key of a client's account. */
const keyOf = (client) => `AKIA${client.replace(/\W/g, '').toUpperCase()}`;

/** Returns the environment of a client of the server at an endpoint. */
function environment(endpoint, client) {
  const foreign = /^(AWS_|LITEXA_|RCLONE_|S3_)/;
  const own = Object.entries(process.env).filter(([name]) => !foreign.test(name));
  return {
    ...Object.fromEntries(own),
    AWS_ENDPOINT_URL: endpoint,
    S3_ENDPOINT_URL: endpoint, // s5cmd's name for it
    AWS_ACCESS_KEY_ID: keyOf(client),
    AWS_SECRET_ACCESS_KEY: 'fake-aws-secret',
    AWS_REGION: 'us-east-1',
    AWS_DEFAULT_REGION: 'us-east-1',
    AWS_EC2_METADATA_DISABLED: 'true',
    AWS_CONFIG_FILE: '/dev/null',
    AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
  };
}

module.exports = { startFakeAws, environment, keyOf };
