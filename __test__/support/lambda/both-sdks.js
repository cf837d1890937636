'use strict';

// Makes the same calls with the real aws-sdk version 2 and with the shim, both to a scripted server.

const http = require('node:http');
const path = require('node:path');

process.env.AWS_SDK_JS_SUPPRESS_MAINTENANCE_MODE_MESSAGE = '1';

const SHIM = path.join(__dirname, '..', '..', '..', 'src', 'lambda', 'runtime', 'js', 'aws-sdk');

const SDKS = { real: require('aws-sdk'), shim: require(SHIM) };

const CREDENTIALS = { accessKeyId: 'AKID', secretAccessKey: 'secret', sessionToken: 'session' };

/** The header fields that are compared: those that AWS reads. */
const COMPARED = ['content-length', 'content-type', 'x-amz-content-sha256', 'x-amz-target'];

/** Fields that differ between two calls of the same SDK. */
const VOLATILE = new Set(['time', 'retryDelay', 'port', 'errno', 'hostname']);

/**
 * Makes a call with both SDKs.
 *
 * @param {(sdk: {AWS: object, options: object, requests: object[]}) => Promise<any>} call `options`
 *   are for a client
 * @param {object[]} script the server's responses, in order; the last one is repeated. Each is
 *   `{status, body, headers}`, or `{silent: true}`, or `{reset: true}`
 * @returns {Promise<{real: object, shim: object}>} for each SDK: `{result, requests}`
 */
async function callBoth(call, script = [{}]) {
  const outcomes = {};
  for (const [name, AWS] of Object.entries(SDKS)) outcomes[name] = await callOne(AWS, call, script);
  return outcomes;
}

async function callOne(AWS, call, script) {
  const requests = [];
  const server = http.createServer((incoming, outgoing) => {
    const chunks = [];
    incoming.on('data', (chunk) => chunks.push(chunk));
    incoming.on('end', () => {
      requests.push(requestOf(incoming, Buffer.concat(chunks).toString()));
      respond(outgoing, script[Math.min(requests.length, script.length) - 1]);
    });
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    const endpoint = `http://127.0.0.1:${server.address().port}`;
    const options = {
      endpoint,
      region: 'eu-west-1',
      credentials: new AWS.Credentials(CREDENTIALS),
    };
    const result = await call({ AWS, options, requests });
    return { result: comparable(result), requests };
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

function requestOf({ method, url, headers }, body) {
  const fields = Object.fromEntries(COMPARED.map((name) => [name, headers[name]]));
  const isSigned = /^AWS4-HMAC-SHA256 Credential=AKID\//.test(headers.authorization);
  return { method, url, headers: fields, isSigned, body: parsed(body) };
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function respond(outgoing, { status = 200, body = '{}', headers = {}, silent, reset }) {
  if (silent) return;
  if (reset) return outgoing.destroy();
  outgoing.writeHead(status, { 'x-amzn-requestid': 'REQUEST', ...headers });
  outgoing.end(typeof body === 'string' ? body : JSON.stringify(body));
}

/** Returns a result as plain data, with errors as Litexa logs them, as JSON. */
function comparable(value) {
  if (value instanceof Error) {
    const { name } = value;
    return { name, text: String(value), json: comparable(JSON.parse(JSON.stringify(value))) };
  }
  if (Buffer.isBuffer(value)) return { buffer: value.toString('base64') };
  if (value instanceof Date) return { date: value.toISOString() };
  if (Array.isArray(value)) return value.map(comparable);
  if (value === null || typeof value !== 'object') return value;
  const members = Object.entries(value).filter(([key]) => !VOLATILE.has(key));
  return Object.fromEntries(members.map(([key, member]) => [key, comparable(member)]));
}

/** Returns a promise for the error and data with which a request calls back. */
function callbackOf(request) {
  return new Promise((resolve) => {
    request.send(function (error, data) {
      resolve({ error, data, self: this === request.response });
    });
  });
}

module.exports = { callBoth, callbackOf, SDKS };
