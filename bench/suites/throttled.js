'use strict';

// Calls to a store that refuses them for a while, with the real aws-sdk version 2 and with the shim.

const http = require('node:http');
const { SDKS } = require('../../__test__/support/lambda/both-sdks');
const { limitGoal, times } = require('../harness/stats');
const { summarize } = require('../harness/measure');

/** So few at a time that the processor does not limit them. */
const CONCURRENT_CALLS = 20;
const ROUNDS = 10;
const REFUSALS = 5;
const MAX_RATIO = 1.3;

/** The options of Litexa's handlers. */
const LITEXAS = { maxRetries: 5, retryDelayOptions: { base: 150 }, paramValidation: false };

async function measure({ quick }) {
  const rounds = quick ? 1 : ROUNDS;
  const results = [
    { name: 'ours', AWS: SDKS.shim, runs: [] },
    { name: 'version 2', AWS: SDKS.real, runs: [] },
  ];
  for (let round = 0; round < rounds; round += 1) {
    for (const { AWS, runs } of results) runs.push(...(await timesOf(AWS, CONCURRENT_CALLS)));
  }
  const [ours, theirs] = results.map((side) => summarize(side.runs, 'work'));
  return [
    {
      title: `Throttled store: ${REFUSALS} refusals, then an answer`,
      work: `${rounds * CONCURRENT_CALLS} calls of each side, ${CONCURRENT_CALLS} at a time, with the options of Litexa's handlers.`,
      check: 'Every call succeeds at its last attempt.',
      results,
      goals: [
        limitGoal("median, relative to version 2's", ours.median / theirs.median, MAX_RATIO, times),
        limitGoal("maximum, relative to version 2's", ours.max / theirs.max, MAX_RATIO, times),
      ],
    },
  ];
}

/** Returns the duration of each call, as runs. */
async function timesOf(AWS, calls) {
  const server = await startThrottled();
  const client = new AWS.DynamoDB.DocumentClient({
    service: new AWS.DynamoDB({
      ...LITEXAS,
      endpoint: `http://127.0.0.1:${server.address().port}`,
      region: 'eu-west-1',
      credentials: new AWS.Credentials('AKID', 'secret'),
    }),
  });
  try {
    const call = async (_, id) => {
      const start = performance.now();
      await client.get({ TableName: 'tea', Key: { id } }).promise();
      return { work: (performance.now() - start) / 1000 };
    };
    return await Promise.all(Array.from({ length: calls }, call));
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

async function startThrottled() {
  const attempts = new Map();
  const server = http.createServer(async (request, response) => {
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    const { id } = JSON.parse(Buffer.concat(chunks)).Key;
    const attempt = (attempts.get(id.N) ?? 0) + 1;
    attempts.set(id.N, attempt);
    response.statusCode = attempt > REFUSALS ? 200 : 400;
    response.end(attempt > REFUSALS ? '{}' : '{"__type":"x#ThrottlingException","message":"slow"}');
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}

module.exports = { measure };
