'use strict';

const { EventEmitter } = require('node:events');
const { refuseTheRest } = require('./not-included');

/** Tells of every request when it is sent and when it is complete, as AWS.events of v2 does. */
const events = new EventEmitter();

/** A call, as v2 has it: it is sent by send(), by promise(), or at once where it has a callback. */
class Request {
  /** @param {() => Promise<object>} call makes the call by v3 */
  constructor(call) {
    this.call = call;
    return refuseTheRest(this, 'AWS.Request');
  }

  promise() {
    return this.result();
  }

  send(callback = () => {}) {
    // On the next tick what the callback throws is an uncaught exception, as with v2; within the
    // promise it would be a rejection.
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
      throw inV2Shape(error);
    } finally {
      events.emit('complete', { request: this });
    }
  }
}

// v3 adds $metadata, and lists what is missing as undefined.
function withoutMetadata({ $metadata, ...output }) {
  return Object.fromEntries(Object.entries(output).filter(([, value]) => value !== undefined));
}

function inV2Shape(error) {
  const { httpStatusCode: statusCode, requestId } = error.$metadata || {};
  const code = codeOf(error);
  const shape = { message: error.message, name: code, code, time: new Date() };
  const answered = { statusCode, requestId, retryable: isRetryable(error, statusCode) };
  const inV2 = Object.assign(new Error(error.message), detailsOf(error), shape, answered);
  inV2.stack = error.stack;
  return inV2;
}

// v3 names an error after its type; a failed connection has Node's code, such as ECONNREFUSED.
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

// Such as the CancellationReasons of a transaction. What begins with $ is v3's own.
function detailsOf(error) {
  return Object.fromEntries(Object.entries(error).filter(([key]) => !key.startsWith('$')));
}

module.exports = { Request, events };
