'use strict';

const { newError, toV2Error } = require('./error');

/**
 * Returns a request that is repeated until a resource is in a state.
 *
 * @param {{params?: object, callback?: Function}} call `params.$waiter` may hold `delay`, in seconds,
 *   and `maxAttempts`
 */
function waitFor(service, state, { params, callback }) {
  if (typeof params === 'function') return waitFor(service, state, { callback: params });
  const waiter = service.api.waiters[state];
  if (!waiter) throw newError('StateNotFoundError', `State ${state} not found.`);
  const { $waiter, ...input } = params || {};
  const { operation, outcomeOf, delay, maxAttempts } = { ...waiter, ...$waiter };
  const request = service.makeRequest(operation, input);
  request.response.maxRetries = maxAttempts;
  const judge = (response) => settle(response, outcomeOf(response), state);
  request.on('extractData', judge).on('extractError', judge);
  request.on('retry', ({ error }) => {
    if (error && error.code === 'ResourceNotReady') error.retryDelay = delay * 1000;
  });
  if (callback) request.send(callback);
  return request;
}

function settle(response, outcome, state) {
  if (outcome === 'success') {
    response.error = null;
    response.data ||= {};
    response.request.removeAllListeners('extractData');
    return;
  }
  response.data = null;
  response.error = toV2Error(response.error || new Error(), {
    code: 'ResourceNotReady',
    message: `Resource is not in the state ${state}`,
    retryable: outcome === 'retry',
  });
}

module.exports = { waitFor };
