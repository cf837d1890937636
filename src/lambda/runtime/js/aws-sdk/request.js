'use strict';

const { EventEmitter } = require('node:events');
const { rejectUnsupported } = require('./unsupported');

/** Emits an event when a request is sent and when it is complete, as AWS.events of v2. */
const events = new EventEmitter();

/** A request of v2: sent by send(), by promise(), or immediately if it has a callback. */
class Request {
  /** @param {() => Promise<object>} call makes the call with v3 */
  constructor(call) {
    this.call = call;
    return rejectUnsupported(this, 'AWS.Request');
  }

  promise() {
    return this.result();
  }

  send(callback = () => {}) {
    // On the next tick, an error that the callback throws is an uncaught exception, as in v2.
    // Within the promise it would be a rejection.
    this.result().then(
      (data) => process.nextTick(callback, null, data),
      (error) => process.nextTick(callback, error, null),
    );
  }

  async result() {
    events.emit('send', { request: this });
    try {
      return withoutMetadata(await this.call());
    } catch (error) {
      throw toV2Error(error);
    } finally {
      events.emit('complete', { request: this });
    }
  }
}

// v3 adds $metadata, and sets missing fields to undefined.
function withoutMetadata({ $metadata, ...output }) {
  return Object.fromEntries(Object.entries(output).filter(([, value]) => value !== undefined));
}

function toV2Error(error) {
  const { httpStatusCode: statusCode, requestId } = error.$metadata || {};
  const code = codeOf(error);
  const shape = { message: error.message, name: code, code, time: new Date() };
  const response = { statusCode, requestId, retryable: isRetryable(error, statusCode) };
  const v2Error = Object.assign(new Error(error.message), detailsOf(error), shape, response);
  v2Error.stack = error.stack;
  return v2Error;
}

// v3 names an error after its type. A failed connection has a code of Node.js, such as
// ECONNREFUSED.
function codeOf(error) {
  if (error.name === 'AbortError' || error.name === 'TimeoutError') return 'TimeoutError';
  if (error.name === 'CredentialsProviderError') return 'CredentialsError';
  if (error.code === 'MODULE_NOT_FOUND') return error.code;
  if (error.name === 'Error' && error.code) return 'NetworkingError';
  return error.name;
}

function isRetryable(error, statusCode) {
  if (statusCode === undefined) return codeOf(error) === 'NetworkingError';
  return Boolean(error.$retryable) || statusCode === 429 || statusCode >= 500;
}

// Such as the CancellationReasons of a transaction. Keys that begin with $ are internal to v3.
function detailsOf(error) {
  return Object.fromEntries(Object.entries(error).filter(([key]) => !key.startsWith('$')));
}

module.exports = { Request, events };
