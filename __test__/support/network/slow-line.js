'use strict';

// A slow line to a server: all connections share one rate for what they send, as uploads do.

const net = require('node:net');
const { listen } = require('./listen');

const TICK_MS = 10;

/** Each connection gets this much in turn, so that they share the line evenly. */
const SLICE_BYTES = 8 * 1024;

/**
 * Starts a line to the local server `port`.
 *
 * @param {{port: number | string, bytesPerSecond: number}} settings
 * @returns {Promise<{url: string, sent: () => number, close: () => Promise<void>}>} `sent` returns
 *   the bytes that the line has carried to the server
 */
async function startSlowLine({ port, bytesPerSecond }) {
  const waiting = new Map();
  let sent = 0;
  let last = Date.now();
  let budget = 0;

  const server = net.createServer((socket) => {
    const upstream = net.connect(port, '127.0.0.1');
    upstream.pipe(socket);
    socket.on('data', (chunk) => {
      socket.pause();
      waiting.set(socket, { chunk, upstream });
    });
    for (const [end, other] of [
      [socket, upstream],
      [upstream, socket],
    ]) {
      end.on('error', () => {});
      end.on('close', () => {
        waiting.delete(socket);
        other.destroy();
      });
    }
  });

  const timer = setInterval(() => {
    const now = Date.now();
    // Time during which nothing waited is not made up for.
    budget = Math.min(budget, 0) + ((now - last) / 1000) * bytesPerSecond;
    last = now;
    while (budget > 0 && waiting.size > 0) {
      for (const [socket, { chunk, upstream }] of [...waiting]) {
        const slice = chunk.subarray(0, SLICE_BYTES);
        const rest = chunk.subarray(SLICE_BYTES);
        // The first one comes last in the next round.
        waiting.delete(socket);
        upstream.write(slice);
        sent += slice.length;
        budget -= slice.length;
        if (rest.length > 0) waiting.set(socket, { chunk: rest, upstream });
        else socket.resume();
        if (budget <= 0) break;
      }
    }
  }, TICK_MS);

  const { url, close } = await listen(server);
  return {
    url,
    sent: () => sent,
    async close() {
      clearInterval(timer);
      await close();
    },
  };
}

module.exports = { startSlowLine };
