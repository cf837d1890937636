'use strict';

// Asks the server of scripts/platforms/emulator-host.js for an emulator, where this system cannot run one.

const { request } = require('../http');

/** Starts an emulator with the options of `startEmulator`, and returns the same object without `detach`. */
async function startRemoteEmulator(host, { auth, env }) {
  const emulator = JSON.parse(await send('POST', `${host}/`, JSON.stringify({ auth, env })));
  return {
    ...emulator,
    log: () => '',
    reset: () => send('POST', `${emulator.endpoint}/_ministack/reset`),
    stop: () => send('DELETE', `${host}/${emulator.port}`),
  };
}

async function send(method, url, body) {
  const { status, body: answer } = await request(method, url, { body, timeoutMs: 120_000 });
  if (status !== 200) throw new Error(`${method} ${url}: status ${status}: ${answer}`);
  return answer;
}

module.exports = { startRemoteEmulator };
