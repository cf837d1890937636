'use strict';

// An HTTP proxy as companies have them: CONNECT for https, whole URLs for http, with or without
// credentials. It never leaves this machine: whatever host is asked for, `route` names the port of
// a server of the test.

const http = require('node:http');
const https = require('node:https');
const net = require('node:net');
const { listen } = require('./listen');
const { certificate } = require('./tls-server');

/**
 * Starts a proxy. `route(host, port)` returns the local port that serves a host; `credentials`,
 * such as `user:password`, are demanded of each request; with `tls`, the proxy is an https server; `address` is where it
 * listens.
 * `requests` records what was asked.
 */
async function startProxy({ route, credentials, tls = false, address } = {}) {
  const requests = [];
  const expected = credentials && `Basic ${Buffer.from(credentials).toString('base64')}`;
  const isAllowed = (request) =>
    expected === undefined || request.headers['proxy-authorization'] === expected;

  const server = tls ? https.createServer(certificate()) : http.createServer();
  server.on('request', (request, response) => {
    const url = new URL(request.url);
    requests.push({ method: request.method, host: url.hostname, port: Number(url.port || 80) });
    if (!isAllowed(request)) {
      response.writeHead(407, { 'Proxy-Authenticate': 'Basic realm="proxy"' }).end();
      return;
    }
    const headers = { ...request.headers };
    delete headers['proxy-authorization'];
    const forwarded = http.request(
      {
        host: '127.0.0.1',
        port: route(url.hostname, Number(url.port || 80)),
        method: request.method,
        path: url.pathname + url.search,
        headers,
      },
      (answer) => {
        response.writeHead(answer.statusCode, answer.rawHeaders);
        answer.pipe(response);
      },
    );
    forwarded.on('error', () => response.destroy());
    request.pipe(forwarded);
  });

  server.on('connect', (request, socket, head) => {
    const [, host, port] = /^(.*):(\d+)$/.exec(request.url);
    requests.push({ method: 'CONNECT', host, port: Number(port) });
    socket.on('error', () => {});
    if (!isAllowed(request)) {
      socket.end(
        'HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm="proxy"\r\nContent-Length: 0\r\n\r\n',
      );
      return;
    }
    const upstream = net.connect(route(host, Number(port)), '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 Connection Established\r\n\r\n');
      upstream.write(head);
      upstream.pipe(socket);
      socket.pipe(upstream);
    });
    upstream.on('error', () => socket.destroy());
    socket.on('close', () => upstream.destroy());
  });

  const { url: plainUrl, close } = await listen(server, address);
  const url = tls ? plainUrl.replace('http:', 'https:') : plainUrl;
  return { url, host: new URL(url).host, requests, close };
}

module.exports = { startProxy };
