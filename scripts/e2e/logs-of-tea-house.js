'use strict';

// Invents the requests of a busy skill, for pages of logs.

const { invocation, requestId } = require('../../__test__/support/lambda/log-events');
const { random } = require('../../__test__/support/prng');

const STREAMS = 12;
/** The number of requests of a session. */
const SESSION = 3;
const FAILED = 0.08;
const COLD = 0.02;
const LATE = 0.006;

const INTENTS = [
  ...['PourIntent', 'PourIntent', 'PourIntent', 'PourIntent', 'OrderTeaIntent', 'OrderTeaIntent'],
  ...['RecommendIntent', 'AMAZON.YesIntent', 'AMAZON.HelpIntent', 'AMAZON.StopIntent', undefined],
];

const stack = (type, message, frame) => [
  `${type}: ${message}`,
  `    at ${frame}`,
  '    at process.processTicksAndRejections (node:internal/process/task_queues:105:5)',
];
const thrown = (errorType, errorMessage, frame) => ({
  error: { errorType, errorMessage, stack: stack(errorType, errorMessage, frame) },
  response: null,
  status: 'error',
});

/** The kinds of failures, the more frequent ones first. */
const FAILURES = [
  thrown(
    'TypeError',
    "Cannot read properties of undefined (reading 'leaves')",
    'Object.enter (/var/task/skill.js:812:14)',
  ),
  thrown('TimeoutError', 'The kettle did not answer', 'boil (/var/task/lib/kettle.js:44:9)'),
  { response: null, status: 'timeout', durationMs: 10_000 },
  { response: null },
  thrown('ReferenceError', 'sugar is not defined', 'Object.serve (/var/task/skill.js:97:3)'),
];

/**
 * Returns requests, the newest first, which end a minute ago.
 *
 * @param {number} count
 * @param {number} milliseconds the time from the first to the last
 * @returns {{id: string, number: number, name: string, isFailed: boolean, stream: string,
 *   events: object[]}[]}
 */
function makeRequests(count, milliseconds) {
  const chance = random(11);
  const end = Date.now() - 60_000;
  const length = milliseconds - 4 * 60_000;
  return Array.from({ length: count }, (_, number) => {
    const age = ((number + chance() * 0.8) / count) * length;
    return makeRequest(number, Math.floor(end - age), { chance, share: number / count });
  });
}

function makeRequest(number, at, { chance, share }) {
  // A part of the time has more failures than the rest.
  const isWorse = share > 0.3 && share < 0.4;
  // One of the newest requests fails in any case, for the picture.
  const isShown = number === 3;
  const isFailed = isShown || chance() < (isWorse ? FAILED * 4 : FAILED * 0.65);
  const kind = isShown ? 0 : Math.floor(chance() * chance() * FAILURES.length);
  const failure = isFailed ? FAILURES[kind] : {};
  const isLate = !isFailed && (number === 40 || chance() < LATE);
  const usual = Math.exp(2 + chance() * chance() * 5);
  const intent = INTENTS[Math.floor(chance() * INTENTS.length)];
  const type = intent ? 'IntentRequest' : 'LaunchRequest';
  const id = requestId(number);
  const events = invocation(id, at, {
    request: {
      session: { sessionId: `amzn1.echo-api.session.${Math.floor(number / SESSION)}` },
      request: {
        type,
        locale: 'en-US',
        ...(intent && { intent: { name: intent, slots: slots() } }),
      },
    },
    logged: [{ level: 'INFO', text: lineOf(number) }],
    durationMs: isLate ? 8000 + chance() * 1500 : usual,
    memoryMb: 60 + Math.floor(chance() * 40),
    initMs: chance() < COLD ? 240 + chance() * 200 : undefined,
    ...failure,
  });
  const stream = `2026/11/22/[$LATEST]${(number % STREAMS).toString(16).padStart(32, '0')}`;
  return { id, number, name: intent ?? type, isFailed, stream, events };
}

const slots = () => ({ tea: { name: 'tea', value: 'Earl Grey', confirmationStatus: 'NONE' } });

/** A line with the colors of a terminal, and with what a page must not obey. */
function lineOf(number) {
  if (number % 7) return `pouring cup #${number} for the guest`;
  return `cup #${number} is \u001b[31mhot\u001b[0m: <b>tea</b> </script><!-- \u202ereversed\u202c`;
}

module.exports = { makeRequests };
