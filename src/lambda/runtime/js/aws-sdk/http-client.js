'use strict';

// Sends requests with Node.js's own clients.

const { toV2Error } = require('./error');

/** Errors of a connection that v2 reports as timeouts: mostly connections that the server closed. */
const LOST_CONNECTION = new Set(['ECONNRESET', 'EPIPE', 'ETIMEDOUT']);

/** By protocol: agents that keep connections open between calls. */
const agents = {};

class HttpClient {
  static getInstance() {
    this.singleton ??= new this();
    return this.singleton;
  }

  /**
   * Sends a request once.
   *
   * @param {(response: object) => void} onResponse gets the response, which emits `headers`, `data`
   *   and `end`
   * @param {(error: Error) => void} onError
   * @returns {object} the request's stream
   */
  handleRequest(httpRequest, httpOptions, onResponse, onError) {
    const stream = clientOf(httpRequest).request(optionsOf(httpRequest, httpOptions || {}));
    httpRequest.stream = stream;
    stream.didCallback = false;
    const fail = (error) => {
      if (stream.didCallback) return;
      stream.didCallback = true;
      onError(error);
    };
    stream.on('response', (response) => receive(stream, response, { onResponse, fail }));
    stream.on('error', (error) => fail(withTimeoutCode(error)));
    limitTime(stream, httpOptions || {}, fail);
    stream.end(httpRequest.body);
    return stream;
  }
}

function receive(stream, response, { onResponse, fail }) {
  if (stream.didCallback) return;
  response.on('end', () => (stream.didCallback = true));
  response.on('error', (error) => fail(withTimeoutCode(error)));
  onResponse(response);
  response.emit('headers', response.statusCode, response.headers, response.statusMessage);
}

function clientOf({ endpoint }) {
  // Loaded here, because http alone is faster to load.
  return endpoint.protocol === 'https:' ? require('node:https') : require('node:http');
}

function optionsOf({ endpoint, method, headers, path }, httpOptions) {
  const { agent, timeout, connectTimeout, totalTimeout, proxy, ...others } = httpOptions;
  const via = proxy ? new URL(proxy) : undefined;
  return {
    host: via ? via.hostname : endpoint.hostname,
    port: via ? via.port : endpoint.port,
    method,
    headers,
    path: via ? `${endpoint.protocol}//${endpoint.host}${path}` : path,
    ...others,
    agent: agentFor(endpoint.protocol, agent),
  };
}

// An https agent cannot connect to an http endpoint, such as a local one.
function agentFor(protocol, agent) {
  if (agent && (!agent.protocol || agent.protocol === protocol)) return agent;
  agents[protocol] ??= new (clientOf({ endpoint: { protocol } }).Agent)({ keepAlive: true });
  return agents[protocol];
}

function limitTime(stream, { timeout = 0, connectTimeout = 0, totalTimeout = 0 }, fail) {
  const end = (message) => {
    fail(toV2Error(new Error(message), { code: 'TimeoutError' }));
    stream.destroy();
  };
  if (connectTimeout > 0) {
    stream.on('socket', (socket) => {
      if (!socket.connecting) return;
      const expire = () => end('Socket timed out without establishing a connection');
      const timer = setTimeout(expire, connectTimeout);
      for (const event of ['connect', 'close']) socket.once(event, () => clearTimeout(timer));
    });
  }
  // Not `timeout`, which begins with the connection, and anew with every byte.
  if (totalTimeout > 0) {
    const timer = setTimeout(() => end(`Request timed out after ${totalTimeout}ms`), totalTimeout);
    stream.once('close', () => clearTimeout(timer));
  }
  stream.setTimeout(timeout, () => end(`Connection timed out after ${timeout}ms`));
}

function withTimeoutCode(error) {
  return LOST_CONNECTION.has(error.code) ? toV2Error(error, { code: 'TimeoutError' }) : error;
}

module.exports = { HttpClient };
