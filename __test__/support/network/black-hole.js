'use strict';

const net = require('node:net');
const { listen } = require('./listen');

/** Starts a server that takes connections and requests, and never answers. */
const startBlackHole = () =>
  listen(net.createServer((socket) => socket.on('error', () => {}).resume()));

module.exports = { startBlackHole };
