'use strict';

// An interruption stops the queries of Logs Insights, also those whose start AWS has not answered yet.

const assert = require('node:assert/strict');
const { test } = require('node:test');
const litexa = require('../..');
const { answerInsights, eventsOf } = require('../support/aws/insights/answer');
const { useAws } = require('../support/aws/use-aws');
const { invocation, requestId } = require('../support/lambda/log-events');
const { minutesAgo, scriptStreams } = require('../support/lambda/log-streams');
const { logsContext } = require('../support/litexa/context');
const { logsInChild } = require('../support/litexa/logs-child');
const { createProject } = require('../support/litexa/project');

const aws = useAws();
const INSIGHTS = { logsConfiguration: { source: 'insights', minutes: 300 } };

/** Scripts a request, whose queries do not end by themselves. */
function scriptEndlessQueries() {
  const name = '2026/11/22/[$LATEST]0a';
  const all = [{ name, pages: [invocation(requestId(1), minutesAgo(60))] }];
  scriptStreams(aws, all);
  return answerInsights(aws, { events: eventsOf(all), looks: Infinity });
}

/** Summarizes until the signal. */
async function summarizeUntil(t, signal) {
  const { root: projectRoot } = createProject(t);
  const context = logsContext({ projectRoot, target: 'beta', options: INSIGHTS });
  const result = await litexa.logs({ ...context, signal }, context.logger);
  return { result, logger: context.logger };
}

/** Asserts that each query was stopped. */
function assertStopped({ queries, running }) {
  assert.notEqual(queries.size, 0);
  assert.deepEqual(running(), []);
  const stopped = aws.sent('StopQuery').map(({ queryId }) => queryId);
  assert.deepEqual(stopped.sort(), [...queries.keys()].sort());
}

test('a query that is running is stopped', async (t) => {
  const abort = new AbortController();
  aws.answer('GetQueryResults', () => void abort.abort());
  const insights = scriptEndlessQueries();
  const { result, logger } = await summarizeUntil(t, abort.signal);
  assert.deepEqual(result.files, []);
  assertStopped(insights);
  assert.ok(logger.lines('log').some((line) => /^scanned .* with 1 query$/.test(line)));
});

for (const answer of ['AWS starts it', 'the request fails']) {
  test(`a query whose start is not answered yet is stopped if ${answer}`, async (t) => {
    const abort = new AbortController();
    aws.answer('StartQuery', async () => {
      abort.abort();
      // The interruption has arrived by then.
      await new Promise((resolve) => setTimeout(resolve, 300));
      return answer === 'AWS starts it' ? undefined : { destroy: true };
    });
    const insights = scriptEndlessQueries();
    const { result } = await summarizeUntil(t, abort.signal);
    assert.deepEqual(result.files, []);
    if (answer === 'AWS starts it') assertStopped(insights);
    else assert.equal(aws.count('StopQuery'), 0);
  });
}

test('Ctrl-C stops the query, and the process ends', async (t) => {
  let child;
  aws.answer('GetQueryResults', () => void child.interrupt(), { times: 1 });
  const insights = scriptEndlessQueries();
  const { root: projectRoot } = createProject(t);
  const env = { ...aws.env, LITEXA_LOGS_SOURCE: 'insights' };
  child = logsInChild({ projectRoot, env });
  const { exit } = await child.done;
  assert.notEqual(exit, null);
  assertStopped(insights);
});
