'use strict';

// Starts ministack, an emulator of AWS, on a free port of the loopback interface and with a directory
// of its own. It ends with the process that started it.

const { spawn } = require('node:child_process');
const fs = require('node:fs');
const net = require('node:net');
const path = require('node:path');
const { setTimeout: sleep } = require('node:timers/promises');
const { installEmulator } = require('../../../scripts/lib/emulator');
const { request } = require('../http');
const { makeTempDir } = require('../tmp');
const { startRemoteEmulator } = require('./remote-emulator');

const ACCOUNT = '123456789012';
const ACCESS_KEY_ID = 'AKIAROOT';
const SECRET_ACCESS_KEY = 'emulator-root-secret';
const REGION = 'us-east-1';
const START_SECONDS = 60;

/**
 * @param {object} [options]
 * @param {boolean} [options.auth] verifies signatures, enforces IAM policies, and makes new buckets
 *   block public access as those of AWS do
 * @param {object} [options.env] additional environment variables of the emulator
 * @param {(line: string) => void} [options.log] receives the lines of a first installation
 * @param {AbortSignal} [options.signal] interrupts that installation
 * @returns {Promise<{endpoint: string, port: number, account: string, env: object,
 *   reset: () => Promise<void>, stop: () => Promise<void>, detach: () => number,
 *   log: () => string}>} `env` makes an AWS SDK talk to the emulator only; `detach` lets it outlive
 *   this process and returns the ID of the process that ends it
 */
async function startEmulator({ auth = false, env = {}, log, signal } = {}) {
  const host = process.env.LITEXA_EMULATOR_HOST;
  if (host) return startRemoteEmulator(host, { auth, env });
  const python = await installEmulator({ log, signal });
  // Another process may take the free port before the emulator does.
  for (let attempt = 1; ; attempt++) {
    const { emulator, ready } = await launch(python, await freePort(), { auth, env });
    try {
      await ready();
      return emulator;
    } catch (error) {
      const output = emulator.log();
      await emulator.stop();
      const portTaken = /already in use/i.test(output);
      if (portTaken && attempt < 5) continue;
      throw new Error(`starting the AWS emulator failed: ${error.message}\n${output}`);
    }
  }
}

async function launch(python, port, { auth, env }) {
  const directory = makeTempDir('emulator');
  // Not our stderr: a reader of it would wait for an emulator that outlives us.
  const log = fs.openSync(path.join(directory, 'log'), 'a');
  const supervisor = spawn(
    process.execPath,
    [path.join(__dirname, 'emulator-supervisor.js'), directory, python, '-m', 'ministack'],
    {
      env: { ...emulatorEnvironment(directory, port, auth), ...env },
      stdio: ['pipe', 'pipe', log],
    },
  );
  fs.closeSync(log);
  const closed = new Promise((resolve) => supervisor.once('close', resolve));
  let exited;
  supervisor.stdout.setEncoding('utf8').on('data', (text) => (exited = text.trim()));
  // A forgotten emulator must not keep its test process alive.
  for (const handle of [supervisor, supervisor.stdin, supervisor.stdout]) handle.unref();
  supervisor.stdin.on('error', () => {});

  const endpoint = `http://127.0.0.1:${port}`;
  const readLog = () => readIfThere(path.join(directory, 'log'));
  const emulator = {
    endpoint,
    port,
    account: ACCOUNT,
    env: clientEnvironment(directory, endpoint),
    log: readLog,
    async reset() {
      const { status } = await request('POST', `${endpoint}/_ministack/reset`);
      if (status !== 200) throw new Error(`resetting the AWS emulator failed: status ${status}`);
    },
    async stop() {
      supervisor.ref();
      supervisor.stdin.end();
      await closed;
    },
    detach() {
      supervisor.stdin.end('detach\n');
      return supervisor.pid;
    },
  };
  return { emulator, ready: () => untilHealthy(endpoint, () => exited) };
}

async function untilHealthy(endpoint, exited) {
  const deadline = Date.now() + START_SECONDS * 1000;
  while (Date.now() < deadline) {
    if (exited()) throw new Error(`it ${exited()}`);
    if (await isHealthy(endpoint)) return;
    await sleep(50);
  }
  throw new Error(`no answer within ${START_SECONDS} s`);
}

async function isHealthy(endpoint) {
  try {
    return (await request('GET', `${endpoint}/_ministack/health`)).status === 200;
  } catch {
    return false; // It does not listen yet.
  }
}

// Functions are child processes of the emulator and inherit its environment, so it must not contain
// AWS settings of the developer, nor the variable that makes Node.js report to a test runner.
function emulatorEnvironment(directory, port, auth) {
  const foreign = /^(AWS_|MINISTACK_|LOCALSTACK_|LAMBDA_|NODE_TEST_CONTEXT$|NODE_OPTIONS$)/;
  const kept = Object.entries(process.env).filter(([name]) => !foreign.test(name));
  const temporary = path.join(directory, 'tmp');
  fs.mkdirSync(temporary);
  return {
    ...Object.fromEntries(kept),
    TMPDIR: temporary,
    TEMP: temporary,
    TMP: temporary,
    S3_DATA_DIR: path.join(directory, 's3'),
    STATE_DIR: path.join(directory, 'state'),
    GATEWAY_PORT: String(port),
    BIND_HOST: '127.0.0.1',
    LOG_LEVEL: 'WARNING',
    AUTH: String(auth),
    MINISTACK_ACCOUNT_ID: ACCOUNT,
    AWS_ACCESS_KEY_ID: ACCESS_KEY_ID,
    AWS_SECRET_ACCESS_KEY: SECRET_ACCESS_KEY,
  };
}

function clientEnvironment(directory, endpoint) {
  return {
    AWS_ENDPOINT_URL: endpoint,
    AWS_ACCESS_KEY_ID: ACCESS_KEY_ID,
    AWS_SECRET_ACCESS_KEY: SECRET_ACCESS_KEY,
    AWS_REGION: REGION,
    AWS_EC2_METADATA_DISABLED: 'true',
    // These files do not exist, so that the developer's own profiles are not used.
    AWS_CONFIG_FILE: path.join(directory, 'no-config'),
    AWS_SHARED_CREDENTIALS_FILE: path.join(directory, 'no-credentials'),
  };
}

function freePort() {
  return new Promise((resolve, reject) => {
    const server = net.createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

function readIfThere(file) {
  try {
    return fs.readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

module.exports = { startEmulator };
