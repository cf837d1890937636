'use strict';

// The bench's own stand-in for AWS, in a process of its own: see sink/index.js.

const { fork } = require('node:child_process');
const path = require('node:path');

/**
 * @returns {Promise<object>} each command of the sink as an async method, `endpoint`, and `env`:
 *   the settings that lead a client's AWS SDK there, to an account of its own, and to nothing else
 */
async function startSink() {
  const child = fork(path.join(__dirname, 'server.js'), { execArgv: [] });
  const waiting = new Map();
  const port = await new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`the sink ended with ${code}`)));
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
    ...['reset', 'latency', 'forget', 'asked', 'cpu', 'contents', 'digestBlocks'],
    ...['makeBucket', 'copyBucket', 'writeLogs', 'limitLogs'],
  ];
  return {
    ...Object.fromEntries(commands.map((name) => [name, (argument) => send(name, argument)])),
    endpoint,
    env: (client) => environment(endpoint, client),
    stop: () => child.disconnect(),
  };
}

/** The access key that stands for a client's account. */
const keyOf = (client) => `AKIA${client.replace(/\W/g, '').toUpperCase()}`;

function environment(endpoint, client) {
  const foreign = /^(AWS_|LITEXA_|RCLONE_|S3_)/;
  const own = Object.entries(process.env).filter(([name]) => !foreign.test(name));
  return {
    ...Object.fromEntries(own),
    AWS_ENDPOINT_URL: endpoint,
    S3_ENDPOINT_URL: endpoint, // s5cmd's name for it
    AWS_ACCESS_KEY_ID: keyOf(client),
    AWS_SECRET_ACCESS_KEY: 'a-secret-of-the-sink',
    AWS_REGION: 'us-east-1',
    AWS_DEFAULT_REGION: 'us-east-1',
    AWS_EC2_METADATA_DISABLED: 'true',
    AWS_CONFIG_FILE: '/dev/null',
    AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
  };
}

module.exports = { startSink, keyOf };
