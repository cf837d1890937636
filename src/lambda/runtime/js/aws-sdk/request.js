'use strict';

const { HttpRequest } = require('./http-message');
const { Response } = require('./response');
const { SequentialExecutor } = require('./sequential-executor');
const { newError } = require('./error');
const { unsupported } = require('./unsupported');

/** For each stage of a request, the next one: after success, and after a failure. */
const STAGES = {
  validate: ['build', 'error'],
  build: ['afterBuild', 'error'],
  afterBuild: ['sign', 'error'],
  sign: ['send', 'retry'],
  send: ['validateResponse', 'retry'],
  validateResponse: ['extractData', 'extractError'],
  extractError: ['extractData', 'retry'],
  extractData: ['success', 'retry'],
  retry: ['afterRetry', 'afterRetry'],
  afterRetry: ['sign', 'error'],
  success: ['complete', 'complete'],
  error: ['complete', 'complete'],
  complete: [],
};

/** Stages whose listeners get the request. All others get the response. */
const REQUEST_STAGES = new Set(['validate', 'build', 'afterBuild', 'sign']);

/** Stages in which an exception of a listener is not an error of the request. */
const FINAL_STAGES = new Set(['success', 'error', 'complete']);

/** A request of v2: sent by send(), by promise(), or immediately if it has a callback. */
class Request extends SequentialExecutor {
  constructor(service, operation, params) {
    super();
    this.service = service;
    this.operation = operation;
    this.params = params || {};
    this.httpRequest = new HttpRequest(service.endpoint, service.config.region);
    this.httpRequest.appendToUserAgent(service.config.customUserAgent);
    this.startTime = service.getSkewCorrectedDate();
    this.response = new Response(this);
    this._stage = 'validate';
  }

  send(callback) {
    if (callback) {
      this.httpRequest.appendToUserAgent('callback');
      this.on('complete', (response) => callback.call(response, response.error, response.data));
    }
    this.runTo();
    return this.response;
  }

  promise() {
    this.httpRequest.appendToUserAgent('promise');
    return new Promise((resolve, reject) => {
      const settle = (response) => settlePromise(response, resolve, reject);
      if (this._isComplete) return settle(this.response);
      this.on('complete', settle);
      return this.runTo();
    });
  }

  /** Runs the stages up to sending, which is left out. */
  build(callback) {
    return this.runTo('send', callback);
  }

  /** Runs the stages up to `last`, or all that remain. A request that runs is left alone. */
  runTo(last, done = () => {}) {
    if (this._isRunning || this._isComplete) return this;
    this._isRunning = true;
    const stop = (error) => {
      this._isRunning = false;
      done.call(this, error);
    };
    runStage(this, last, stop);
    return this;
  }

  abort() {
    this.removeAllListeners('validateResponse').removeAllListeners('extractError');
    this.on('validateResponse', ({ request }) => {
      const fields = { retryable: false };
      request.response.error = newError('RequestAbortedError', 'Request aborted by user', fields);
    });
    const { stream } = this.httpRequest;
    if (stream && !stream.didCallback) {
      stream.abort();
      // No further attempt is sent.
      this.removeAllListeners('send');
    }
    return this;
  }

  /** Calls back with each page, then with null. A callback with 3 parameters continues by calling the third. */
  eachPage(callback) {
    const page = (response) => {
      const next = (result) => {
        if (result === false) return;
        if (response.hasNextPage()) response.nextPage().on('complete', page).send();
        else callCallback(callback, response, [null, null], () => {});
      };
      callCallback(callback, response, [response.error, response.data], next);
    };
    this.on('complete', page).send();
  }

  eachItem(callback) {
    this.eachPage((error, data) => {
      if (error || data === null) return callback(error, null);
      const [key] = [].concat(this.service.paginationConfig(this.operation).resultKey);
      return (data[key] || []).some((item) => callback(null, item) === false) ? false : undefined;
    });
  }

  isPageable() {
    return Boolean(this.service.paginationConfig(this.operation));
  }

  /** Emits an event, by default with the request or the response as v2 passes them. */
  emit(event, args, done) {
    if (typeof args === 'function') return this.emit(event, undefined, args);
    const afterwards = (error) => {
      if (error) this.response.error = error;
      if (done) done.call(this, error);
    };
    return super.emit(event, args || this.argumentsOf(event), afterwards);
  }

  argumentsOf(event) {
    if (event === 'error') return [this.response.error, this.response];
    return [REQUEST_STAGES.has(event) ? this : this.response];
  }

  haltHandlersOnError() {
    this._haltHandlersOnError = true;
  }

  /** Sends the request without a signature. */
  toUnauthenticated() {
    this.isUnsigned = true;
    return this;
  }
}

for (const name of ['createReadStream', 'presign']) {
  Request.prototype[name] = () => {
    throw unsupported(`AWS.Request.${name}`);
  };
}

function runStage(request, last, stop) {
  const stage = request._stage;
  if (stage === last) return stop(request.response.error);
  request._haltHandlersOnError = false;
  if (stage === 'complete') request._isComplete = true;
  return request.emit(stage, undefined, (error) => {
    if (error && FINAL_STAGES.has(stage)) throw error;
    const [next, afterFailure] = STAGES[stage];
    request._stage = request.response.error ? afterFailure : next;
    return stage === 'complete' ? stop(request.response.error) : runStage(request, last, stop);
  });
}

function settlePromise(response, resolve, reject) {
  if (response.error) return reject(response.error);
  return resolve(Object.defineProperty(response.data || {}, '$response', { value: response }));
}

function callCallback(callback, response, args, next) {
  if (callback.length >= 3) callback.call(response, ...args, next);
  else next(callback.apply(response, args));
}

module.exports = { Request };
