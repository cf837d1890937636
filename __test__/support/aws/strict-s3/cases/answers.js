'use strict';

const net = require('node:net');
const { ask } = require('../client');

const NOW = Date.parse('2020-02-29T12:00:00Z');

const bucket = (server) => server.createBucket('films', { region: 'eu-west-1' });

/** All bytes that come back, which HTTP clients do not show for HEAD. */
function bytesOf(server, method, path) {
  return new Promise((resolve, reject) => {
    const { hostname, port, host } = new URL(server.url);
    const socket = net.connect({ host: hostname, port });
    const chunks = [];
    socket.on('data', (chunk) => chunks.push(chunk));
    socket.once('error', reject);
    socket.once('end', () => resolve({ body: Buffer.concat(chunks).toString() }));
    socket.write(`${method} ${path} HTTP/1.1\r\nhost: ${host}\r\nconnection: close\r\n\r\n`);
  });
}

module.exports = [
  {
    rule: 'request-id',
    title: 'an answer',
    given: bucket,
    request: (server) => ask(server, 'HEAD', '/films'),
    answer: { headers: { 'x-amz-request-id': /^[\dA-F]{16}$/, 'x-amz-id-2': /./ } },
  },
  {
    rule: 'server-date',
    title: 'the Date of an answer',
    options: { clock: () => NOW },
    request: (server) => ask(server, 'HEAD', '/films'),
    answer: { status: 404, headers: { date: 'Sat, 29 Feb 2020 12:00:00 GMT' } },
  },
  {
    rule: 'bucket-region-header',
    title: 'HeadBucket with an unknown access key',
    given: bucket,
    request: (server) => ask(server, 'HEAD', '/films', { accessKeyId: 'AKIAUNKNOWN', secret: 'x' }),
    answer: { status: 403, headers: { 'x-amz-bucket-region': 'eu-west-1' } },
  },
  {
    rule: 'head-without-body',
    title: 'the bytes of a refused HEAD',
    request: (server) => bytesOf(server, 'HEAD', '/films'),
    answer: { body: /^HTTP\/1\.1 404 [\s\S]*\r\n\r\n$/ },
  },
];
