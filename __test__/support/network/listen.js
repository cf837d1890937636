'use strict';

const { once } = require('node:events');

/** Starts a server on a free port of this machine. `close` also ends its open connections. */
async function listen(server, address = '127.0.0.1') {
  const sockets = new Set();
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  server.listen(0, address);
  await once(server, 'listening');
  const { port } = server.address();
  const close = async () => {
    server.close();
    for (const socket of sockets) socket.destroy();
    await once(server, 'close');
  };
  const host = address.includes(':') ? `[${address}]` : address;
  return { port, url: `http://${host}:${port}`, close };
}

module.exports = { listen };
