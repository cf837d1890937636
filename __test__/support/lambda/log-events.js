'use strict';

// Log events of Lambda and of Litexa's handler, in both of Lambda's log formats.

const ANSWER = { version: '1.0', response: { shouldEndSession: true } };
const MEMORY_MB = 256;

/** Returns a request ID that ends in the number. */
const requestId = (number) => `4f0e9b5a-7d1c-4f0e-9b5a-${String(number).padStart(12, '0')}`;

const launch = { type: 'LaunchRequest', locale: 'en-US' };

const intent = (name) => ({ type: 'IntentRequest', locale: 'en-US', intent: { name, slots: {} } });

/**
 * Returns the log events of one invocation.
 *
 * @param {string} id the request ID
 * @param {number} at the start, in milliseconds since the epoch
 * @param {object} [what]
 * @param {object | null} [what.request] as the handler logs it; null with an empty loggingLevel
 * @param {object | null} [what.response] null if the handler logs no answer
 * @param {{level: string, text: string}[]} [what.logged] lines of the skill
 * @param {string[]} [what.raw] lines without the runtime's columns, in text format
 * @param {object} [what.error] as the runtime reports it: errorType, errorMessage, stack
 * @param {string} [what.status] the status that Lambda reports for a failure: `error` or `timeout`
 * @param {string} [what.errorType] the error type that Lambda reports
 * @param {number} [what.durationMs]
 * @param {number} [what.memoryMb]
 * @param {number} [what.initMs] the duration of a cold start
 * @param {'text' | 'json'} [what.format]
 */
function invocation(id, at, { format = 'text', ...what } = {}) {
  const events = (format === 'json' ? jsonLines : textLines)(id, at, {
    request: launch,
    response: ANSWER,
    logged: [],
    raw: [],
    durationMs: 8.83,
    memoryMb: 65,
    ...what,
  });
  return events.map((message, place) => ({ timestamp: at + place, message }));
}

function textLines(id, at, what) {
  const line = (level, text) => `${new Date(at).toISOString()}\t${id}\t${level}\t${text}\n`;
  return [
    ...(what.initMs
      ? ['INIT_START Runtime Version: nodejs:22.v51\tRuntime Version ARN: arn\n']
      : []),
    `START RequestId: ${id} Version: $LATEST\n`,
    ...handlerLines(what).map(({ level, text }) => line(level, text)),
    ...(what.error ? [line('ERROR', `Invoke Error \t${JSON.stringify(what.error)}`)] : []),
    ...what.raw,
    `END RequestId: ${id}\n`,
    `REPORT RequestId: ${id}\t${textReport(what).join('\t')}\t\n`,
  ];
}

function textReport({ durationMs, memoryMb, initMs, status, errorType }) {
  return [
    `Duration: ${durationMs.toFixed(2)} ms`,
    `Billed Duration: ${Math.ceil(durationMs)} ms`,
    `Memory Size: ${MEMORY_MB} MB`,
    `Max Memory Used: ${memoryMb} MB`,
    ...(initMs ? [`Init Duration: ${initMs.toFixed(2)} ms`] : []),
    ...(status ? [`Status: ${status}`] : []),
    ...(errorType ? [`Error Type: ${errorType}`] : []),
  ];
}

function jsonLines(id, at, what) {
  const time = new Date(at).toISOString();
  const line = (level, message) => ({ timestamp: time, level, requestId: id, message });
  const platform = (type, record) => ({ time, type, record: { requestId: id, ...record } });
  const { error, status = 'success', errorType, durationMs, memoryMb, initMs } = what;
  const metrics = {
    durationMs,
    billedDurationMs: Math.ceil(durationMs),
    memorySizeMB: MEMORY_MB,
    maxMemoryUsedMB: memoryMb,
    initDurationMs: initMs,
  };
  const { stack: stackTrace, ...thrown } = error ?? {};
  return [
    platform('platform.start', { version: '$LATEST' }),
    ...handlerLines(what).map(({ level, text }) => line(level, text)),
    ...(error ? [line('ERROR', { ...thrown, stackTrace })] : []),
    platform('platform.report', { metrics, status, errorType }),
  ].map((event) => JSON.stringify(event));
}

function handlerLines({ request, response, logged }) {
  const verbose = (what, object) => ({
    level: 'INFO',
    text: `VERBOSE ${what} ${JSON.stringify(object, null, 2)}`,
  });
  return [
    ...(request ? [verbose('REQUEST', request)] : []),
    ...logged,
    ...(response ? [verbose('RESPONSE', response)] : []),
  ];
}

module.exports = { invocation, requestId, launch, intent, ANSWER };
