'use strict';

// Faults of requests and responses, which the proxy produces.

const { iamError, jsonError, s3Error } = require('../../support/aws/errors');

const PROTOCOLS = { s3: 's3', anonymous: 's3', iam: 'iam', sts: 'iam' };
const ERRORS = { s3: s3Error, iam: iamError, json: jsonError };

/** Returns a fault that is an error response, with the code that each service uses for it. */
function errorResponse(status, codes, headers = {}) {
  return ({ service }) => {
    const protocol = PROTOCOLS[service] ?? 'json';
    const response = ERRORS[protocol](status, codes[protocol]);
    return { ...response, headers: { ...response.headers, ...headers } };
  };
}

/** Returns a fault of the response to a request that AWS performs. */
const afterRequest = (deliver) => () => ({ deliver });

/** Returns the status line and headers of a response as bytes, with a content length. */
function headOf({ status, headers, body }, length = headers['content-length'] ?? body.length) {
  const kept = Object.entries(headers).filter(
    ([name]) => !['content-length', 'transfer-encoding', 'connection'].includes(name),
  );
  const lines = [...kept, ['content-length', length]].map(([name, value]) => `${name}: ${value}`);
  return Buffer.from([`HTTP/1.1 ${status} Status`, ...lines, '', ''].join('\r\n'));
}

/** Returns the first half of the body with the head, or of the head if the body is empty. */
function firstHalf(real) {
  const head = headOf(real);
  if (real.body.length === 0) return head.subarray(0, head.length / 2);
  return Buffer.concat([head, real.body.subarray(0, real.body.length / 2)]);
}

/** Returns a body shorter than its content length, or half of the head if the body is empty. */
function withoutEnd(real) {
  if (real.body.length === 0) return firstHalf(real);
  return Buffer.concat([headOf(real, real.body.length + 9), real.body]);
}

const SLOW_DOWN = {
  s3: 'SlowDown',
  iam: 'ServiceUnavailable',
  json: 'ServiceUnavailableException',
};
const UNAVAILABLE = { ...SLOW_DOWN, s3: 'ServiceUnavailable' };
const THROTTLED = { s3: 'TooManyRequests', iam: 'Throttling', json: 'ThrottlingException' };

const FAULTS = {
  500: errorResponse(500, {
    s3: 'InternalError',
    iam: 'ServiceFailure',
    json: 'InternalServerError',
  }),
  '503 SlowDown': errorResponse(503, SLOW_DOWN),
  '429 throttled': errorResponse(429, THROTTLED),
  '429 with Retry-After': errorResponse(429, THROTTLED, { 'retry-after': '1' }),
  'reset before it is done': () => ({ destroy: true }),
  'reset before the answer': afterRequest((real, response) => response.socket.resetAndDestroy()),
  'reset in the answer': afterRequest((real, response) =>
    response.socket.write(firstHalf(real), () => response.socket.resetAndDestroy()),
  ),
  'truncated answer': afterRequest((real, response) => response.socket.end(withoutEnd(real))),
  // The client closes the connection after its timeout.
  'answer too late': afterRequest(() => {}),
  'stalled answer': afterRequest((real, response) => response.socket.write(firstHalf(real))),
};

/** A page of something between this machine and AWS. */
const page = (status) => ({
  status,
  headers: { 'content-type': 'text/html; charset=utf-8' },
  body: '<!DOCTYPE html>\n<html><head><title>Network</title></head><body>Sign in</body></html>\n',
});

/** Pages in place of an answer of AWS, with and without the request having reached AWS. */
const PAGES = {
  'HTML, 200': () => page(200),
  'HTML, 502': () => page(502),
  'HTML, 503': () => page(503),
  'HTML, 504 after it is done': () => ({ rewrite: () => page(504) }),
};

/** Ways in which the answer to a change is lost after AWS has carried the change out. */
const LOSSES = {
  'connection cut': FAULTS['reset before the answer'],
  'HTML, 502': () => ({ rewrite: () => page(502) }),
  500: (request) => ({ rewrite: () => FAULTS[500](request) }),
  // Not SlowDown, with which S3 refuses a request before it looks at it.
  503: (request) => ({ rewrite: () => errorResponse(503, UNAVAILABLE)(request) }),
};

/** Faults that end with the timeout of the client. */
const TIMES_OUT = new Set(['answer too late', 'stalled answer']);

module.exports = { FAULTS, LOSSES, PAGES, PROTOCOLS, TIMES_OUT };
