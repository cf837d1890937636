'use strict';

// What can happen to a request on its way to AWS and back, for the proxy to do.

const ANSWERS = {
  s3: (code) => ({
    headers: { 'content-type': 'application/xml' },
    body: `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code><Message>${code}, says AWS.</Message></Error>`,
  }),
  iam: (code) => ({
    headers: { 'content-type': 'text/xml' },
    body:
      '<ErrorResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><Error>' +
      `<Type>Receiver</Type><Code>${code}</Code><Message>${code}, says AWS.</Message></Error></ErrorResponse>`,
  }),
  json: (code) => ({
    headers: { 'content-type': 'application/json', 'x-amzn-errortype': code },
    body: JSON.stringify({ __type: code, message: `${code}, says AWS.` }),
  }),
};

/** A refusal as the service puts it; each has words of its own for the same thing. */
function refuse(status, codes, headers = {}) {
  return ({ service }) => {
    const like = { s3: 's3', anonymous: 's3', iam: 'iam' }[service] ?? 'json';
    const answer = ANSWERS[like](codes[like] ?? codes.json);
    return { status, ...answer, headers: { ...answer.headers, ...headers } };
  };
}

/** AWS does what it is asked for. What becomes of the answer is the fault's business. */
const afterwards = (deliver) => () => ({ deliver });

/** The head of an answer, as bytes, with a length for those that have none. */
function headOf({ status, headers, body }, length = headers['content-length'] ?? body.length) {
  const kept = Object.entries(headers).filter(
    ([name]) => !['content-length', 'transfer-encoding', 'connection'].includes(name),
  );
  const lines = [...kept, ['content-length', length]].map(([name, value]) => `${name}: ${value}`);
  return Buffer.from([`HTTP/1.1 ${status} As AWS says`, ...lines, '', ''].join('\r\n'));
}

/** The first half of what AWS has to say: of the body, or, where there is none, of the head. */
function firstHalf(real) {
  const head = headOf(real);
  if (real.body.length === 0) return head.subarray(0, head.length / 2);
  return Buffer.concat([head, real.body.subarray(0, real.body.length / 2)]);
}

/** Less than was promised: the body lacks bytes, or, where there is none, the head does. */
function withoutItsEnd(real) {
  if (real.body.length === 0) return firstHalf(real);
  return Buffer.concat([headOf(real, real.body.length + 9), real.body]);
}

const SLOW_DOWN = {
  s3: 'SlowDown',
  iam: 'ServiceUnavailable',
  json: 'ServiceUnavailableException',
};
const THROTTLED = { s3: 'TooManyRequests', iam: 'Throttling', json: 'ThrottlingException' };

const FAULTS = {
  500: refuse(500, { s3: 'InternalError', iam: 'ServiceFailure', json: 'InternalServerError' }),
  '503 SlowDown': refuse(503, SLOW_DOWN),
  '429 throttled': refuse(429, THROTTLED),
  '429 with Retry-After': refuse(429, THROTTLED, { 'retry-after': '1' }),
  'reset before it is done': () => ({ destroy: true }),
  'reset before the answer': afterwards((real, response) => response.socket.resetAndDestroy()),
  'reset in the answer': afterwards((real, response) =>
    response.socket.write(firstHalf(real), () => response.socket.resetAndDestroy()),
  ),
  'truncated answer': afterwards((real, response) => response.socket.end(withoutItsEnd(real))),
  // Until the client has had enough: it closes the connection, or gets the answer after all.
  'answer too late': afterwards(() => {}),
  'stalled answer': afterwards((real, response) => response.socket.write(firstHalf(real))),
};

/** A client gives these up when its patience is at its end. */
const KEEPS_WAITING = new Set(['answer too late', 'stalled answer']);

module.exports = { FAULTS, KEEPS_WAITING };
