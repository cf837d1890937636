'use strict';

// Follows logs in tests.

const litexa = require('../../..');
const { setTimeout: sleep } = require('node:timers/promises');
const { invocation, requestId, intent } = require('./log-events');
const { shortId, writeStream } = require('./log-streams');
const { jsonError } = require('../aws/errors');
const { startLiveTail } = require('../aws/live-tail/server');
const { logsContext } = require('../litexa/context');
const { createProject, NAMES } = require('../litexa/project');

const STREAM = '2026/11/26/[$LATEST]0a';
const FORMATS = { logsConfiguration: { formats: ['jsonl', 'text'] } };

/** Waits until a condition holds. A test whose condition never holds fails by the limit. */
async function until(condition, describeState = () => '', limitMs = 30_000) {
  for (const end = Date.now() + limitMs; ; await sleep(20)) {
    if (condition()) return;
    if (Date.now() > end) throw new Error(`still waiting: ${condition}\n${describeState()}`);
  }
}

/** Follows the logs of a project in this process. */
function follow(t, project, options = FORMATS) {
  const stopping = new AbortController();
  const context = logsContext({ projectRoot: project.root, target: 'beta', options });
  const { logger } = context;
  const done = litexa.logs({ ...context, follow: true, signal: stopping.signal }, logger);
  let failure;
  done.catch((error) => (failure = error));
  t.after(async () => {
    stopping.abort();
    await done.catch(() => {});
  });
  const shows = (pattern) =>
    until(
      () => failure || logger.lines().some((line) => pattern.test(line)),
      () => logger.lines().join('\n'),
    );
  return {
    logger,
    shows,
    showsRequest: (number) => shows(headlineOf(number)),
    /** How often the headline of a request was shown. */
    count: (number) => logger.lines().filter((line) => headlineOf(number).test(line)).length,
    stop() {
      stopping.abort();
      return done;
    },
  };
}

const headlineOf = (number) => new RegExp(`^--- .*\\[${shortId(requestId(number))}\\]`);

/** Writes a request's events of one millisecond, and sends them to the sessions of Live Tail. */
async function run(aws, liveTail, number, what, at = Date.now()) {
  const request = { request: intent('PourIntent'), ...what };
  // Later ones would not be in the range yet.
  const events = invocation(requestId(number), at, request).map((one) => ({
    ...one,
    timestamp: at,
  }));
  await writeStream(aws.client, STREAM, events);
  liveTail?.send(STREAM, events);
}

/** Follows by Live Tail, from the first session on. */
async function followLiveTail(aws, t, options) {
  const liveTail = startLiveTail(aws, t);
  const project = createProject(t);
  project.saveArtifact('lambdaARN', `${NAMES.functionArn}:release-0`);
  await aws.client.logs('CreateLogGroup', { logGroupName: NAMES.logGroup });
  const following = follow(t, project, options);
  await until(
    () => liveTail.open() === 1,
    () => following.logger.lines().join('\n'),
  );
  return { liveTail, project, following };
}

/** Refusals of calls. */
const REFUSALS = {
  denied: jsonError(400, 'AccessDeniedException', 'not authorized'),
  unsupported: jsonError(400, 'InvalidOperationException', 'The operation is not valid.'),
  unknown: jsonError(400, 'UnknownOperationException', ''),
  absent: { status: 404, headers: {}, body: '' },
  unimplemented: { status: 501, headers: {}, body: '' },
};

module.exports = { STREAM, FORMATS, REFUSALS, until, follow, followLiveTail, headlineOf, run };
