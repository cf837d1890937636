'use strict';

// StartLiveTail as AWS describes it, which the emulator does not have. It answers the requests that an
// account's proxy gets, with the rules of the strict AWS.

const crypto = require('node:crypto');
const { jsonError } = require('../errors');
const { event, exception } = require('./event-stream');
const { REFUSALS } = require('../strict-aws/logs/live-tail');

/** The time between two updates: a second in AWS, less here so that tests are quick. */
const TICK_MS = 50;

const MAX_EVENTS = 500;

/** Returns `MAX_EVENTS` of more events, spread over all of them. */
function sampleOf(events) {
  const position = (n) => Math.floor((n * MAX_EVENTS) / events.length);
  return events.filter((_, n) => position(n + 1) > position(n));
}

/** Returns the error of AWS for a request that names no log group as it has to. */
function refusalOf(input) {
  const names = ['live-tail-groups', 'live-tail-arn', 'live-tail-streams'];
  try {
    for (const { apply } of REFUSALS.filter(({ name }) => names.includes(name))) apply({ input });
    return undefined;
  } catch ({ status, code, message }) {
    return jsonError(status, code, message);
  }
}

/**
 * Answers StartLiveTail in place of the emulator.
 *
 * @param {object} aws that of `useAws`
 * @param {object} t the test, at whose end all sessions end
 */
function startLiveTail(aws, t) {
  const sessions = new Set();
  const requests = [];
  let gate;

  aws.answer('StartLiveTail', async (request) => {
    const input = JSON.parse(request.body);
    requests.push(input);
    await gate;
    const refused = refusalOf(input);
    if (refused) return refused;
    return { stream: (response) => open(response, input) };
  });

  function open(response, { logGroupIdentifiers }) {
    const session = { response, waiting: [], isSilent: false };
    sessions.add(session);
    response.writeHead(200, {
      'content-type': 'application/vnd.amazon.eventstream',
      'x-amzn-requestid': crypto.randomUUID(),
    });
    response.write(event('initial-response', {}));
    const sessionId = crypto.randomUUID();
    response.write(event('sessionStart', { sessionId, logGroupIdentifiers }));
    session.timer = setInterval(() => update(session), TICK_MS);
    response.once('close', () => end(session));
  }

  /**
   * Sends what arrived since the last update. Of more than 500 events, a sample of 500 is sent, and
   * those that are left out are anywhere.
   * https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_LiveTailSessionMetadata.html
   */
  function update(session) {
    if (session.isSilent) return;
    const all = session.waiting.splice(0);
    const sampled = all.length > MAX_EVENTS;
    const sessionResults = sampled ? sampleOf(all) : all;
    session.response.write(
      event('sessionUpdate', { sessionMetadata: { sampled }, sessionResults }),
    );
  }

  function end(session) {
    clearInterval(session.timer);
    sessions.delete(session);
  }

  const endAll = (last) => {
    for (const session of [...sessions]) {
      end(session);
      if (last) session.response.end(last);
      else session.response.destroy();
    }
  };
  t.after(() => endAll());

  return {
    /** The inputs of all requests. */
    requests,
    /** Returns the number of open sessions. */
    open: () => sessions.size,
    /** Sends the events of a stream in the next update of each session. */
    send(logStreamName, events) {
      const results = events.map((one) => ({ logStreamName, ingestionTime: Date.now(), ...one }));
      for (const session of sessions) session.waiting.push(...results);
    },
    /** Holds requests for a session. Returns a function that lets them go on. */
    hold() {
      let release;
      gate = new Promise((resolve) => (release = resolve));
      return release;
    },
    /** Ends all sessions as AWS does after three hours, or with another exception. */
    endWith: (type = 'SessionTimeoutException') =>
      endAll(exception(type, { message: 'The session has ended.' })),
    /** Breaks the connections of all sessions. */
    breakAll: () => endAll(),
    /** Sends no further update, as over a dead connection. */
    silence() {
      for (const session of sessions) session.isSilent = true;
    },
  };
}

module.exports = { startLiveTail };
