'use strict';

const http = require('node:http');
const https = require('node:https');

/**
 * Sends one HTTP request over a connection of its own. Node.js 18 prints a warning when `fetch` is
 * used.
 *
 * @returns {Promise<{status: number, headers: object, body: Buffer}>}
 */
function request(method, url, { headers = {}, body, timeoutMs = 30000 } = {}) {
  return new Promise((resolve, reject) => {
    const { request: open } = new URL(url).protocol === 'https:' ? https : http;
    const sent = open(url, { method, headers, agent: false, timeout: timeoutMs });
    sent.once('timeout', () => sent.destroy(new Error(`no answer within ${timeoutMs} ms`)));
    sent.once('error', reject);
    sent.once('response', (response) => {
      const chunks = [];
      response.on('data', (chunk) => chunks.push(chunk));
      response.once('error', reject);
      response.once('end', () => {
        const { statusCode: status, headers } = response;
        resolve({ status, headers, body: Buffer.concat(chunks) });
      });
    });
    sent.end(body);
  });
}

module.exports = { request };
