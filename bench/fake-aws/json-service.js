'use strict';

/** A refusal in AWS' JSON protocols. */
class Refusal extends Error {
  constructor(code, message = code, status = 400) {
    super(message);
    Object.assign(this, { code, status });
  }
}

/** A service that speaks JSON and names the operation in a header. */
function jsonService(operations) {
  return ({ headers, body }) => {
    const operation = headers['x-amz-target']?.split('.').pop();
    if (!(operation in operations)) return undefined;
    return jsonAnswer(operation, () => operations[operation](JSON.parse(body.text() || '{}')));
  };
}

/** What an operation answers: JSON, bytes of JSON, or why it does not. */
function jsonAnswer(operation, work) {
  const headers = { 'content-type': 'application/x-amz-json-1.1' };
  try {
    const result = work() ?? {};
    const body = Buffer.isBuffer(result) ? result : JSON.stringify(result);
    return { operation, headers, body };
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    const { code, message, status } = error;
    const body = JSON.stringify({ __type: code, Type: 'User', message, Message: message });
    return { operation, status, headers: { ...headers, 'x-amzn-errortype': code }, body };
  }
}

module.exports = { jsonService, jsonAnswer, Refusal };
