'use strict';

// AWS's JSON protocol: https://smithy.io/2.0/aws/protocols/aws-json-1_0-protocol.html
// CloudWatch answered in XML when v2 was written; today it accepts this protocol, too.

const { newError } = require('./error');
const { parse, serialize } = require('./shapes');

function buildRequest({ service, operation, params, httpRequest }) {
  const { name, input } = service.operation(operation);
  httpRequest.body = JSON.stringify(serialize(input, params));
  httpRequest.headers['Content-Type'] = 'application/x-amz-json-1.0';
  httpRequest.headers['X-Amz-Target'] = `${service.api.targetPrefix}.${name}`;
}

function extractData(response) {
  const { request, httpResponse } = response;
  const body = JSON.parse(httpResponse.body.toString() || '{}');
  const { output } = request.service.operation(request.operation);
  const isConverted = request.service.config.convertResponseTypes !== false;
  response.data = isConverted ? parse(output, body) : body;
}

function extractError(response) {
  const { statusCode, statusMessage, headers, body } = response.httpResponse;
  const code = (headers['x-amzn-errortype'] || 'UnknownError').split(':')[0];
  if (body.length === 0) {
    response.error = newError(code, String(statusCode), { statusCode });
    return;
  }
  try {
    response.error = errorOf(JSON.parse(body.toString()), code);
  } catch {
    response.error = newError(code, statusMessage, { statusCode });
  }
  response.error.code = queryCode(headers) || response.error.code;
}

function errorOf(body, defaultCode) {
  const type = body.__type || body.code || body.Code;
  const code = type ? type.split('#').pop() : defaultCode;
  const isTooLarge = code === 'RequestEntityTooLarge';
  const message = isTooLarge ? 'Request body must be less than 1 MB' : body.message || body.Message;
  return withDetails(newError(code, message || null), body);
}

// Such as the CancellationReasons of a transaction. v2 hides their values from logs of the error,
// since they may contain items of the table.
function withDetails(error, body) {
  for (const [key, value] of Object.entries(body)) {
    if (key === 'code' || key === 'message') continue;
    error[`[${key}]`] = `See error.${key} for details.`;
    Object.defineProperty(error, key, { value, enumerable: false, writable: true });
  }
  return error;
}

// CloudWatch's error codes were others in XML, and it still sends them in this field.
function queryCode(headers) {
  const [code, fault] = (headers['x-amzn-query-error'] || '').split(';');
  return fault && code;
}

module.exports = { buildRequest, extractData, extractError };
