'use strict';

// Serves the hosts of AWS over TLS with a certificate of a private authority, and forwards to a
// server of the test over plain HTTP.

const fs = require('node:fs');
const http = require('node:http');
const https = require('node:https');
const path = require('node:path');
const { listen } = require('./listen');

const CERTIFICATES = path.join(__dirname, 'certificates');

/** The file with the authority that signed the server's certificate. */
const CA_FILE = path.join(CERTIFICATES, 'ca.pem');

/** Returns the key and the certificate of the tests' servers. */
function certificate() {
  const read = (name) => fs.readFileSync(path.join(CERTIFICATES, name));
  return { key: read('server-key.pem'), cert: read('server.pem') };
}

/** Starts the server in front of `target`, a URL. `hosts` records the hosts that were asked for. */
async function startTlsServer(target, address) {
  const hosts = [];
  const server = https.createServer(certificate(), (request, response) => {
    hosts.push(request.headers.host);
    const { hostname, port } = new URL(target);
    const forwarded = http.request(
      { hostname, port, method: request.method, path: request.url, headers: request.headers },
      (answer) => {
        response.writeHead(answer.statusCode, answer.rawHeaders);
        answer.pipe(response);
      },
    );
    forwarded.on('error', () => response.destroy());
    request.pipe(forwarded);
  });
  const { port, url, close } = await listen(server, address);
  return { url: url.replace('http:', 'https:'), port, hosts, close };
}

module.exports = { CA_FILE, certificate, startTlsServer };
