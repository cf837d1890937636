'use strict';

// The stages of a request as listeners. Those of the skill come before or after them.

const { Endpoint } = require('./endpoint');
const { newError, toV2Error } = require('./error');
const { HttpClient } = require('./http-client');
const json = require('./json-protocol');
const { sha256, signatureHeaders } = require('./signature');

const NO_CREDENTIALS =
  'Missing credentials in config, if using AWS_CONFIG_FILE, set AWS_SDK_LOAD_CONFIG=1';

const REGION = /^[a-zA-Z0-9]([a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?$/;

/** Codes of AWS for keys that are no longer valid. */
const EXPIRED = new Set(['RequestExpired', 'ExpiredTokenException', 'ExpiredToken']);

/** Codes of AWS for a request whose time is not AWS's. */
const CLOCK_SKEWED = new Set([
  'AuthFailure',
  'InvalidSignatureException',
  'RequestExpired',
  'RequestInTheFuture',
  'RequestTimeTooSkewed',
  'SignatureDoesNotMatch',
]);

/** A signature is valid for 15 minutes. */
const MAX_SIGNATURE_AGE_MS = 10 * 60 * 1000;

const validateCredentials = asynchronous((request, done) => {
  if (request.isUnsigned) return done();
  return request.service.config.getCredentials((error) => {
    const fields = { code: 'CredentialsError', message: NO_CREDENTIALS };
    if (error) request.response.error = toV2Error(error, fields);
    done();
  });
});

function validateRegion({ service, response }) {
  const { region } = service.config;
  if (!region) response.error = newError('ConfigError', 'Missing region in config');
  else if (!REGION.test(region)) {
    response.error = newError('ConfigError', 'Invalid region in config');
  }
}

function addIdempotencyTokens(request) {
  const missing = request.service
    .operation(request.operation)
    .tokens.filter((name) => !request.params[name]);
  const tokens = missing.map((name) => [name, require('node:crypto').randomUUID()]);
  if (tokens.length > 0) request.params = { ...request.params, ...Object.fromEntries(tokens) };
}

function validateParameters({ service, operation, params }) {
  if (service.config.paramValidation === false) return;
  const { validate } = require('./param-validator');
  validate(service.operation(operation).input, params);
}

function addHeaders({ httpRequest }) {
  const { headers, body, endpoint } = httpRequest;
  headers['X-Amz-Content-Sha256'] = sha256(body);
  headers['Content-Length'] ??= Buffer.byteLength(body);
  headers.Host = endpoint.host;
  const trace = process.env._X_AMZN_TRACE_ID;
  if (process.env.AWS_LAMBDA_FUNCTION_NAME && trace) headers['X-Amzn-Trace-Id'] ??= trace;
}

const sign = asynchronous((request, done) => {
  if (request.isUnsigned) return done();
  return request.service.config.getCredentials((error, credentials) => {
    if (error) request.response.error = error;
    else signWith(credentials, request);
    done();
  });
});

function signWith(credentials, request) {
  const { service, httpRequest } = request;
  for (const name of ['Authorization', 'X-Amz-Date', 'x-amz-security-token']) {
    delete httpRequest.headers[name];
  }
  const date = service.getSkewCorrectedDate();
  const signer = {
    credentials,
    date,
    region: httpRequest.region,
    service: service.getSigningName(),
  };
  Object.assign(httpRequest.headers, signatureHeaders(httpRequest, signer));
  request.signedAt = date;
}

const send = asynchronous((response, done) => {
  const { request } = response;
  Object.assign(response, { error: null, data: null });
  const age = request.service.getSkewCorrectedDate() - request.signedAt;
  if (age < MAX_SIGNATURE_AGE_MS || request.isUnsigned) return sendOnce(response, done);
  return request.emit('sign', [request], (error) =>
    error ? done(error) : sendOnce(response, done),
  );
});

function sendOnce(response, done) {
  const { request } = response;
  const fail = (error) => {
    const isAborted = error.code === 'RequestAbortedError';
    response.error = isAborted ? error : toNetworkError(error, request);
    request.emit('httpError', [response.error, response], () => done());
  };
  const onResponse = (httpResponse) => {
    response.httpResponse.stream = httpResponse;
    httpResponse.on('headers', (statusCode, headers, statusMessage) => {
      request.emit('httpHeaders', [statusCode, headers, response, statusMessage]);
      httpResponse.on('data', (data) => request.emit('httpData', [data, response]));
    });
    httpResponse.on('end', () => {
      request.emit('httpDone');
      done();
    });
  };
  try {
    const client = HttpClient.getInstance();
    const options = request.service.config.httpOptions || {};
    client.handleRequest(request.httpRequest, options, onResponse, fail);
  } catch (error) {
    fail(error);
  }
}

function toNetworkError(error, { httpRequest }) {
  return toV2Error(error, {
    code: error.code === 'TimeoutError' ? error.code : 'NetworkingError',
    region: httpRequest.region,
    hostname: httpRequest.endpoint.hostname,
    retryable: true,
  });
}

function onHeaders(statusCode, headers, { httpResponse, request }, statusMessage) {
  Object.assign(httpResponse, { statusCode, statusMessage, headers, body: Buffer.alloc(0) });
  httpResponse.buffers = [];
  const serverTime = Date.parse(headers.date);
  if (request.service.config.correctClockSkew && request.service.isClockSkewed(serverTime)) {
    request.service.applyClockOffset(serverTime);
  }
}

function onData(chunk, { httpResponse }) {
  if (chunk) httpResponse.buffers.push(Buffer.from(chunk));
}

function onDone({ httpResponse }) {
  httpResponse.body = Buffer.concat(httpResponse.buffers || []);
  delete httpResponse.buffers;
}

// v2 gives this code to every connection that fails, not only for an unknown host.
function explainUnknownHost(error, response) {
  if (error.code !== 'NetworkingError' || typeof error.errno !== 'number') return;
  const { hostname, region } = error;
  response.error = newError(
    'UnknownEndpoint',
    `Inaccessible host: \`${hostname}' at port \`${error.port}'. This service may not be available in the \`${region}' region.`,
    { region, hostname, retryable: true, originalError: error },
  );
}

function validateResponse(response) {
  const isSuccess = response.httpResponse.statusCode < 300;
  response.data = isSuccess ? {} : null;
  response.error = isSuccess ? null : newError('UnknownError', 'An unknown error occurred.');
}

function extractRequestId(response) {
  const { headers } = response.httpResponse;
  const requestId = headers['x-amz-request-id'] || headers['x-amzn-requestid'];
  if (requestId) response.requestId = requestId;
  if (response.error) response.error.requestId = requestId;
}

function finishError({ error, httpResponse, request }) {
  if (!httpResponse.statusCode) return;
  error.statusCode = httpResponse.statusCode;
  error.retryable ??= request.service.retryableError(error);
}

function renewCredentials({ error, request }) {
  if (!error || !EXPIRED.has(error.code)) return;
  error.retryable = true;
  const { credentials } = request.service.config;
  if (credentials) credentials.expired = true;
}

function retrySigned({ error, request }) {
  if (!error) return;
  const isExpired = /Signature/.test(error.code) && /expired/.test(error.message);
  const isCorrected = CLOCK_SKEWED.has(error.code) && request.service.config.correctClockSkew;
  if (isExpired || isCorrected) error.retryable = true;
}

function followRedirect({ error, httpResponse, request }) {
  const { location } = httpResponse.headers;
  if (!error || !location || error.statusCode < 300 || error.statusCode >= 400) return;
  const { httpRequest } = request;
  httpRequest.endpoint = new Endpoint(location);
  httpRequest.path = httpRequest.endpoint.path;
  httpRequest.headers.Host = httpRequest.endpoint.host;
  Object.assign(error, { redirect: true, retryable: true });
}

function chooseDelay(response) {
  const { error, retryCount, redirectCount, request } = response;
  if (!error) return;
  if (error.redirect && redirectCount < response.maxRedirects) error.retryDelay = 0;
  else if (retryCount < response.maxRetries) {
    error.retryDelay = request.service.retryDelays(retryCount, error) || 0;
  }
}

const waitBeforeRetry = asynchronous((response, done) => {
  const { error } = response;
  if (!error || !countRetry(response) || error.retryDelay < 0) return done();
  response.error = null;
  return setTimeout(done, error.retryDelay || 0);
});

/** Returns whether there is another attempt, and counts it. */
function countRetry(response) {
  const { retryable, redirect } = response.error;
  if (retryable && response.retryCount < response.maxRetries) {
    response.retryCount += 1;
    return true;
  }
  if (!redirect || response.redirectCount >= response.maxRedirects) return false;
  response.redirectCount += 1;
  return true;
}

/** Logs a call to AWS.config.logger, if there is one. */
function log({ httpResponse, request, retryCount }) {
  const { logger } = request.service.config;
  const seconds = (request.service.getSkewCorrectedDate() - request.startTime) / 1000;
  const call = `${request.operation}(${require('node:util').inspect(request.params, true, null)})`;
  const outcome = `${httpResponse.statusCode} ${seconds}s ${retryCount} retries`;
  const line = `[AWS ${request.service.serviceIdentifier} ${outcome}] ${call}`;
  if (typeof logger.log === 'function') logger.log(line);
  else if (typeof logger.write === 'function') logger.write(`${line}\n`);
}

function asynchronous(listener) {
  listener._isAsync = true;
  return listener;
}

const LISTENERS = {
  validate: [validateCredentials, validateRegion, addIdempotencyTokens, validateParameters],
  build: [json.buildRequest],
  afterBuild: [addHeaders],
  sign: [sign],
  send: [send],
  httpHeaders: [onHeaders],
  httpData: [onData],
  httpDone: [onDone],
  httpError: [explainUnknownHost],
  validateResponse: [validateResponse],
  extractError: [json.extractError, extractRequestId],
  extractData: [json.extractData, extractRequestId],
  retry: [finishError, renewCredentials, retrySigned, followRedirect, chooseDelay],
  afterRetry: [waitBeforeRetry],
};

module.exports = { LISTENERS, log };
