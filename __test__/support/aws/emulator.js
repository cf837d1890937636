'use strict';

// An AWS of one's own for a test or the demo: ministack on a free port of the loopback interface,
// with a folder of its own, gone with the process that started it.

const { spawn } = require('node:child_process');
const fs = require('node:fs');
const net = require('node:net');
const os = require('node:os');
const path = require('node:path');
const { setTimeout: sleep } = require('node:timers/promises');
const { installEmulator } = require('../../../scripts/lib/emulator');
const { request } = require('../http');

const ACCOUNT = '123456789012';
const ACCESS_KEY_ID = 'AKIAROOT';
const SECRET_ACCESS_KEY = 'emulator-root-secret';
const REGION = 'us-east-1';
const START_SECONDS = 60;

/**
 * @param {{auth?: boolean, env?: object, log?: (line: string) => void, signal?: AbortSignal}} options `auth` makes the
 *   emulator judge signatures and policies of IAM users and block public access on new buckets;
 *   `env` is added to the emulator's environment; `log` hears of a first installation,
 *   which `signal` interrupts.
 * @returns {Promise<{endpoint: string, port: number, account: string, env: object,
 *   reset: () => Promise<void>, stop: () => Promise<void>, detach: () => number,
 *   log: () => string}>} `env` is what makes an AWS SDK talk to it and to nothing else; `detach`
 *   lets it outlive this process and returns the id of the process to end then.
 */
async function startEmulator({ auth = false, env = {}, log, signal } = {}) {
  const python = await installEmulator({ log, signal });
  // Another process may take the free port before the emulator does.
  for (let attempt = 1; ; attempt++) {
    const emulator = await launch(python, await freePort(), { auth, env });
    try {
      await emulator.ready();
      return emulator.face;
    } catch (error) {
      const output = emulator.face.log();
      await emulator.face.stop();
      const portTaken = /already in use/i.test(output);
      if (portTaken && attempt < 5) continue;
      throw new Error(`The AWS emulator did not start: ${error.message}\n${output}`);
    }
  }
}

async function launch(python, port, { auth, env }) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'litexa-emulator-'));
  const guard = spawn(
    process.execPath,
    [path.join(__dirname, 'emulator-supervisor.js'), folder, python, '-m', 'ministack'],
    {
      env: { ...emulatorEnvironment(folder, port, auth), ...env },
      stdio: ['pipe', 'pipe', 'inherit'],
    },
  );
  const closed = new Promise((resolve) => guard.once('close', resolve));
  let exited;
  guard.stdout.setEncoding('utf8').on('data', (text) => (exited = text.trim()));
  // A forgotten emulator must not keep its test process alive.
  for (const handle of [guard, guard.stdin, guard.stdout]) handle.unref();
  guard.stdin.on('error', () => {});

  const endpoint = `http://127.0.0.1:${port}`;
  const readLog = () => readIfThere(path.join(folder, 'log'));
  const face = {
    endpoint,
    port,
    account: ACCOUNT,
    env: clientEnvironment(folder, endpoint),
    log: readLog,
    async reset() {
      const { status } = await request('POST', `${endpoint}/_ministack/reset`);
      if (status !== 200) throw new Error(`The AWS emulator answered ${status} to a reset`);
    },
    async stop() {
      guard.ref();
      guard.stdin.end();
      await closed;
    },
    detach() {
      guard.stdin.end('detach\n');
      return guard.pid;
    },
  };
  return { face, ready: () => untilHealthy(endpoint, () => exited) };
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

// Functions run as children of the emulator and inherit its environment, so nothing of the
// developer's AWS settings may be in it, nor what makes Node report to a test runner.
function emulatorEnvironment(folder, port, auth) {
  const foreign = /^(AWS_|MINISTACK_|LOCALSTACK_|LAMBDA_|NODE_TEST_CONTEXT$|NODE_OPTIONS$)/;
  const kept = Object.entries(process.env).filter(([name]) => !foreign.test(name));
  const temporary = path.join(folder, 'tmp');
  fs.mkdirSync(temporary);
  return {
    ...Object.fromEntries(kept),
    TMPDIR: temporary,
    TEMP: temporary,
    TMP: temporary,
    S3_DATA_DIR: path.join(folder, 's3'),
    STATE_DIR: path.join(folder, 'state'),
    GATEWAY_PORT: String(port),
    BIND_HOST: '127.0.0.1',
    LOG_LEVEL: 'WARNING',
    AUTH: String(auth),
    MINISTACK_ACCOUNT_ID: ACCOUNT,
    AWS_ACCESS_KEY_ID: ACCESS_KEY_ID,
    AWS_SECRET_ACCESS_KEY: SECRET_ACCESS_KEY,
  };
}

function clientEnvironment(folder, endpoint) {
  return {
    AWS_ENDPOINT_URL: endpoint,
    AWS_ACCESS_KEY_ID: ACCESS_KEY_ID,
    AWS_SECRET_ACCESS_KEY: SECRET_ACCESS_KEY,
    AWS_REGION: REGION,
    AWS_EC2_METADATA_DISABLED: 'true',
    // Files that do not exist: a developer's own profiles stay out of it.
    AWS_CONFIG_FILE: path.join(folder, 'no-config'),
    AWS_SHARED_CREDENTIALS_FILE: path.join(folder, 'no-credentials'),
  };
}

/**
 * Makes `env` the AWS settings of this process, native code included, in place of all others.
 * Returns the function that brings the others back.
 */
function useEnvironment(env) {
  const isSetting = (name) => name.startsWith('AWS_');
  const before = Object.entries(process.env).filter(([name]) => isSetting(name));
  const replaceBy = (settings) => {
    for (const name of Object.keys(process.env).filter(isSetting)) delete process.env[name];
    Object.assign(process.env, settings);
  };
  replaceBy(env);
  return () => replaceBy(Object.fromEntries(before));
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

module.exports = { startEmulator, useEnvironment };
