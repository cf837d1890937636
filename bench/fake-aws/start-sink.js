'use strict';

// Starts sink.py, which only counts the bytes of uploads, in a process of its own.

const { spawn } = require('node:child_process');
const { once } = require('node:events');
const path = require('node:path');
const { environment } = require('./start');

/**
 * @returns {Promise<object>} what the measurements of sync tools use of `startFakeAws`. All buckets
 *   are the same, and are empty at each time
 */
async function startSink() {
  const child = spawn('python3', [path.join(__dirname, 'sink.py')], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [output] = await once(child.stdout, 'data');
  const endpoint = `http://127.0.0.1:${String(output).trim()}`;
  const figures = async () => (await fetch(`${endpoint}/-/figures`)).json();
  return {
    endpoint,
    env: (client) => environment(endpoint, client),
    forget: () => fetch(`${endpoint}/-/forget`),
    makeBucket: () => fetch(`${endpoint}/-/empty`),
    cpu: async () => (await figures()).cpu,
    recorded: async () => (await figures()).requests,
    contents: async () => {
      const { bytes } = await figures();
      return { bytes, digest: String(bytes) };
    },
    stop: () => child.kill(),
  };
}

module.exports = { startSink };
