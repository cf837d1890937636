'use strict';

// Invokes functions. The test provides the code of all of them: `handler(event, place)` of the server returns
// the answer, or throws. `place` has the tables.

const { AwsError, conflict } = require('../errors');
const { functionOf } = require('../resources');
const { findFunction, look } = require('./states');
const { versionOf } = require('./versions');

const INVOKE = 'https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html';

const MAX_EVENT_BYTES = 6 * 1024 * 1024;
const LOG_TAIL_BYTES = 4 * 1024;

function invoke(call) {
  const fn = findFunction(call);
  const { qualifier } = functionOf(call);
  const version = versionOf(fn, qualifier);
  look(call, fn);
  call.rule('invocation-of-pending', version);
  call.rule('event-size');
  call.rule('event-json');
  const { answer, error, log } = run(call, version);
  const payload = JSON.stringify(error ?? answer ?? null);
  const headers = {
    ...call.rule('executed-version', version),
    ...(error && call.rule('function-error')),
    ...call.rule('log-tail', log),
  };
  return { payload, headers };
}

/** Returns the answer or the error, as the runtime of Node.js reports it, and the log. */
function run({ server, place, raw, requestId }, { Version }) {
  const frame = (text) =>
    `START RequestId: ${requestId} Version: ${Version}\n${text}END RequestId: ${requestId}\n`;
  try {
    return { answer: server.handler(JSON.parse(raw), place), log: frame('') };
  } catch ({ name, message, stack }) {
    const error = { errorType: name, errorMessage: message, trace: stack.split('\n') };
    return { error, log: frame(`ERROR ${message}\n`) };
  }
}

const RULES = [
  {
    name: 'invocation-of-pending',
    rule: 'A function that is Pending is not invoked: 409 ResourceConflictException.',
    source: 'https://docs.aws.amazon.com/lambda/latest/dg/functions-states.html',
    apply(_, { State }) {
      if (State !== 'Pending') return;
      const state = 'The function is currently in the following state: Pending';
      throw conflict(`The operation cannot be performed at this time. ${state}`);
    },
  },
  {
    name: 'event-size',
    rule: 'The event of a request that waits for the answer has at most 6 MB: else 413 RequestTooLargeException.',
    source: 'https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html',
    apply({ raw }) {
      if (raw.length <= MAX_EVENT_BYTES) return;
      const message = `${raw.length} byte payload is too large for the RequestResponse invocation type (limit ${MAX_EVENT_BYTES} bytes)`;
      throw new AwsError(413, 'RequestTooLargeException', message);
    },
  },
  {
    name: 'event-json',
    rule: 'The event is JSON: else 400 InvalidRequestContentException.',
    source: INVOKE,
    apply({ raw }) {
      try {
        JSON.parse(raw);
      } catch ({ message }) {
        const text = `Could not parse request body into json: ${message}`;
        throw new AwsError(400, 'InvalidRequestContentException', text);
      }
    },
  },
  {
    name: 'executed-version',
    rule: 'X-Amz-Executed-Version is the version that has run, also where the request names an alias.',
    source: INVOKE,
    apply: (_, { Version }) => ({ 'x-amz-executed-version': Version }),
  },
  {
    name: 'function-error',
    rule: 'An error of the function is an answer with status 200 and X-Amz-Function-Error.',
    source: INVOKE,
    apply: () => ({ 'x-amz-function-error': 'Unhandled' }),
  },
  {
    name: 'log-tail',
    rule: 'With X-Amz-Log-Type: Tail, X-Amz-Log-Result has the last 4 KB of the log in Base64.',
    source: INVOKE,
    apply({ headers }, log) {
      if (headers['x-amz-log-type'] !== 'Tail') return {};
      const tail = Buffer.from(log).subarray(-LOG_TAIL_BYTES);
      return { 'x-amz-log-result': tail.toString('base64') };
    },
  },
];

module.exports = { OPERATIONS: { Invoke: invoke }, RULES };
