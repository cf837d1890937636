'use strict';

// Which errors are retried, and after how long, as in v2: without a budget that several calls share.

/** Codes of services that ask for fewer requests. */
const THROTTLING = new Set([
  'EC2ThrottledException',
  'ProvisionedThroughputExceededException',
  'RequestLimitExceeded',
  'RequestThrottled',
  'RequestThrottledException',
  'Throttling',
  'ThrottlingException',
  'TooManyRequestsException',
  'TransactionInProgressException',
]);

const TRANSIENT = new Set(['ExpiredTokenException', 'NetworkingError', 'TimeoutError']);

/** Returns whether an error may pass by itself. */
function isRetryable({ code, statusCode }) {
  return TRANSIENT.has(code) || isThrottling({ code, statusCode }) || statusCode >= 500;
}

function isThrottling({ code, statusCode }) {
  return statusCode === 429 || THROTTLING.has(code);
}

/** Returns the milliseconds before a retry. A negative number means that there is none. */
function retryDelay(retryCount, { base, customBackoff }, error) {
  if (typeof customBackoff === 'function') return customBackoff(retryCount, error);
  return Math.random() * 2 ** retryCount * base;
}

module.exports = { isRetryable, isThrottling, retryDelay };
