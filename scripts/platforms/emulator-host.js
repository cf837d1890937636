'use strict';

// Starts emulators for tests that cannot start one themselves, since they run on another system: a server
// on the loopback interface, whose address they get in LITEXA_EMULATOR_HOST.
//
// POST / with the options of `startEmulator` starts one; DELETE /<port> ends it.

const http = require('node:http');
const { once } = require('node:events');
const { text } = require('node:stream/consumers');
const { startEmulator } = require('../../__test__/support/aws/emulator');

async function startEmulatorHost() {
  const emulators = new Map();
  const answer = async ({ method, url }, body) => {
    if (method === 'POST') {
      const emulator = await startEmulator(JSON.parse(body));
      emulators.set(String(emulator.port), emulator);
      const { endpoint, port, account, env } = emulator;
      return { endpoint, port, account, env };
    }
    const port = url.slice(1);
    await emulators.get(port)?.stop();
    emulators.delete(port);
    return {};
  };
  const server = http.createServer(async (request, response) => {
    try {
      response.end(JSON.stringify(await answer(request, await text(request))));
    } catch (error) {
      response.writeHead(500).end(error.stack);
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    async close() {
      server.close();
      await Promise.all([...emulators.values()].map((emulator) => emulator.stop()));
    },
  };
}

module.exports = { startEmulatorHost };
