'use strict';

// Pulling the logs of a busy hour.

const fs = require('node:fs');
const path = require('node:path');
const { count, limitGoal, median, megabytes, ratioGoal, seconds } = require('../harness/stats');
const { NAME, forgetDeployments } = require('../fixtures');
const { byTurns } = require('../harness/measure');
const { keyOf } = require('../fake-aws/start');
const { moduleProject, runModule, told, traces } = require('../harness/sync-tools');

const LATENCY_MS = 40;
const GROUP = `/aws/lambda/${NAME}_development_litexa_handler`;

/** What AWS takes a second in us-east-1; a second's worth may come at once. */
const RATES = { GetLogEvents: 25, FilterLogEvents: 25 };

async function measure(bench) {
  const size = bench.quick ? { streams: 20, events: 20_000 } : { streams: 200, events: 200_000 };
  const { sink } = bench;
  await sink.reset();
  await sink.latency(LATENCY_MS);
  const sides = pullers(bench);
  for (const { name } of sides) {
    await sink.writeLogs({ key: keyOf(name), logGroupName: GROUP, ...size });
  }
  const rows = [];
  for (const rates of [undefined, RATES]) rows.push(await measureRow(bench, sides, size, rates));
  return rows;
}

async function measureRow(bench, sides, { streams, events }, rates) {
  const { sink } = bench;
  const results = await byTurns(
    sides.map((side) => ({
      ...side,
      async prepare() {
        side.prepare?.();
        await sink.limitLogs({ key: keyOf(side.name), perSecond: rates });
        await sink.forget();
      },
    })),
    { ...bench, runs: Math.min(bench.runs, 3) },
  );
  const ids = requireSameRequests(results);
  const limited = rates ? "AWS' limits of requests" : 'no limit of requests';
  // Two requests a stream: one for its events, and one to learn that it has ended.
  const bound = Math.max((2 * streams - RATES.GetLogEvents) / RATES.GetLogEvents, 0);
  return {
    title: `Logs: ${count(streams)} streams, ${count(events)} events, ${LATENCY_MS} ms latency, ${limited}`,
    work: 'Every event of the last hour. Pages of 10,000 events or 1 MB; FilterLogEvents gets full pages from the sink, which AWS does not promise. AWS takes 25 GetLogEvents and 25 FilterLogEvents a second in us-east-1, which is where this is; ours keeps to that by itself. Ours writes its report, the others write every line. 0.9.0 reads one page of 50 streams only, so it is not here.',
    check: `All told of the same ${count(ids)} requests.`,
    results,
    columns: { requests: count, GetLogEvents: count, FilterLogEvents: count, throttled: count },
    goals: [
      ratioGoal('5 times as fast as awslogs', results, { side: 'awslogs', by: 5 }),
      ...(rates
        ? [
            limitGoal(
              `what the limit allows for GetLogEvents alone, two requests a stream: ${seconds(bound)}`,
              median(results, 'ours'),
              Math.max(bound, 1),
              seconds,
            ),
          ]
        : []),
      limitGoal(
        'flat memory: less than 100 MB',
        median(results, 'ours', 'memory'),
        100e6,
        megabytes,
      ),
    ],
  };
}

function pullers(bench) {
  const { sink, peers } = bench;
  const has = (name) => peers.some((peer) => peer.name === name && peer.version);
  const project = moduleProject(bench, 'ours', { bucket: 'bench-logs' });
  const sides = [
    {
      name: 'ours',
      prepare: () => forgetDeployments(project),
      command: runModule({ module: bench.module, call: 'logs', project }),
      after(run) {
        const { result, ...figures } = told(run.stdout);
        return { ...figures, ids: idsIn(result.files[0], /^--- .* \[(\w{8})\] /gm) };
      },
    },
    has('awslogs') && {
      name: 'awslogs',
      command: ['awslogs', 'get', GROUP, 'ALL', '--start', '1h', '--no-group', '--no-stream'],
      after: (run) => ({ ids: idsIn(run.stdout, /^START RequestId: [\w-]+(\w{8}) /gm) }),
    },
    has('aws') && {
      name: 'aws logs',
      command: [
        ...['aws', 'logs', 'filter-log-events', '--log-group-name', GROUP],
        ...['--start-time', String(Date.now() - 3_600_000), '--output', 'text'],
        ...['--query', 'events[].[message]'],
      ],
      after: (run) => ({ ids: idsIn(run.stdout, /START RequestId: [\w-]+(\w{8}) /gm) }),
    },
  ];
  return sides.filter(Boolean).map((side) => ({
    env: sink.env(side.name),
    ...side,
    after: async (run) => ({ ...(await pulled(sink, side.name)), ...(await side.after(run)) }),
  }));
}

async function pulled(sink, name) {
  const asked = await sink.asked();
  const { requests } = await traces(sink, name);
  const fetches = asked.filter(({ operation }) => operation in RATES);
  const answered = (name) =>
    fetches.filter(({ operation, status }) => operation === name && status === 200).length;
  const throttled = fetches.filter(({ status }) => status === 400).length;
  const counts = Object.keys(RATES).map((name) => [name, answered(name)]);
  return { requests, ...Object.fromEntries(counts), throttled };
}

const idsIn = (file, pattern) =>
  [...fs.readFileSync(path.resolve(file), 'utf8').matchAll(pattern)].map(([, id]) => id).sort();

/** Throws unless all have told of the same requests. Returns how many. */
function requireSameRequests(results) {
  const expected = results[0].runs[0].ids;
  for (const { name, runs } of results) {
    for (const run of runs) {
      if (run.ids.join() !== expected.join()) {
        throw new Error(
          `${name} told of ${run.ids.length} requests, and not of the same ${expected.length}`,
        );
      }
    }
  }
  return expected.length;
}

module.exports = { measure, GROUP };
