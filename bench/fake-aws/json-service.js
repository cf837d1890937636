'use strict';

/** An error in the JSON protocols of AWS. */
class ServiceError extends Error {
  constructor(code, message = code, status = 400) {
    super(message);
    Object.assign(this, { code, status });
  }
}

/** Creates a service of the JSON protocol, which names the operation in a header. */
function jsonService(operations) {
  return ({ headers, body }) => {
    const operation = headers['x-amz-target']?.split('.').pop();
    if (!(operation in operations)) return undefined;
    return jsonResponse(operation, () => operations[operation](JSON.parse(body.text() || '{}')));
  };
}

/** Returns the response of an operation: JSON, bytes of JSON, or an error. */
function jsonResponse(operation, work) {
  const headers = { 'content-type': 'application/x-amz-json-1.1' };
  try {
    const result = work() ?? {};
    const body = Buffer.isBuffer(result) ? result : JSON.stringify(result);
    return { operation, headers, body };
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error;
    const { code, message, status } = error;
    const body = JSON.stringify({ __type: code, Type: 'User', message, Message: message });
    return { operation, status, headers: { ...headers, 'x-amzn-errortype': code }, body };
  }
}

module.exports = { jsonService, jsonResponse, ServiceError };
