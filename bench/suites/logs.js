'use strict';

// Measures pulling the logs of a busy hour.

const fs = require('node:fs');
const path = require('node:path');
const { count, limitGoal, median, megabytes, ratioGoal, seconds } = require('../harness/stats');
const { NAME, removeDeployments } = require('../fixtures');
const { interleaved } = require('../harness/measure');
const { keyOf } = require('../fake-aws/start');
const { moduleProject, runModule, moduleFigures, serverFigures } = require('../harness/sync-tools');

const LATENCY_MS = 40;
const GROUP = `/aws/lambda/${NAME}_development_litexa_handler`;

/** AWS's quotas of requests per second in us-east-1; each is also the burst. */
const RATES = { DescribeLogStreams: 25, GetLogEvents: 25, FilterLogEvents: 25 };

async function measure(bench) {
  const sizes = bench.quick
    ? [{ streams: 20, events: 20_000 }]
    : [
        { streams: 200, events: 200_000 },
        { streams: 10_000, events: 200_000 },
      ];
  const rows = [];
  for (const size of sizes) rows.push(...(await measureSize(bench, size)));
  return rows;
}

async function measureSize(bench, size) {
  const { fakeAws } = bench;
  await fakeAws.reset();
  await fakeAws.latency(LATENCY_MS);
  // It takes awslogs minutes, which the first size shows.
  const isSmall = size.streams < 1000;
  const sides = pullers(bench).filter(({ name }) => isSmall || name !== 'awslogs');
  for (const { name } of sides) {
    await fakeAws.writeLogs({ key: keyOf(name), logGroupName: GROUP, ...size });
  }
  const rows = [];
  for (const rates of isSmall ? [undefined, RATES] : [RATES]) {
    rows.push(await measureRow(bench, sides, size, rates));
  }
  return rows;
}

async function measureRow(bench, sides, { streams, events }, rates) {
  const { fakeAws } = bench;
  const results = await interleaved(
    sides.map((side) => ({
      ...side,
      async prepare() {
        side.prepare?.();
        await fakeAws.limitLogs({ key: keyOf(side.name), perSecond: rates });
        await fakeAws.forget();
      },
    })),
    { ...bench, runs: Math.min(bench.runs, 3) },
  );
  const ids = requireSameRequests(results);
  const limited = rates ? "AWS's request quotas" : 'no request quota';
  // Two requests per stream: one for its events, and one that finds its end.
  const bound = Math.max((2 * streams - RATES.GetLogEvents) / RATES.GetLogEvents, 0);
  return {
    title: `Logs: ${count(streams)} streams, ${count(events)} events, ${LATENCY_MS} ms latency, ${limited}`,
    work: 'Every event of the last hour. Pages of 10,000 events or 1 MB; FilterLogEvents gets full pages here, which AWS does not guarantee. In us-east-1, AWS allows 25 GetLogEvents and 25 FilterLogEvents per second, and ours never exceeds that. Ours writes its report, the others write every line. 0.9.0 is left out, because it reads only one page of 50 streams.',
    check: `All sides found the same ${count(ids)} requests.`,
    results,
    columns: { requests: count, GetLogEvents: count, FilterLogEvents: count, throttled: count },
    goals: [
      ...(results.some(({ name }) => name === 'awslogs')
        ? [ratioGoal('5 times as fast as awslogs', results, { side: 'awslogs', by: 5 })]
        : [
            ratioGoal("0.9 times aws logs' rate: both read the same pages", results, {
              side: 'aws logs',
              by: 0.9,
            }),
          ]),
      ...(rates && streams < 1000
        ? [
            limitGoal(
              `the quota of GetLogEvents alone, with two requests per stream: ${seconds(bound)}`,
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
  const { fakeAws, contenders } = bench;
  const has = (name) =>
    contenders.some((contender) => contender.name === name && contender.version);
  const project = moduleProject(bench, 'ours', { bucket: 'bench-logs' });
  const sides = [
    {
      name: 'ours',
      prepare: () => removeDeployments(project),
      command: runModule({ module: bench.module, call: 'logs', project }),
      after(run) {
        const { result, ...figures } = moduleFigures(run.stdout);
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
    env: fakeAws.env(side.name),
    ...side,
    after: async (run) => ({ ...(await pulled(fakeAws, side.name)), ...(await side.after(run)) }),
  }));
}

async function pulled(fakeAws, name) {
  const recorded = await fakeAws.recorded();
  const { requests } = await serverFigures(fakeAws, name);
  const fetches = recorded.filter(({ operation }) => operation in RATES);
  const answered = (name) =>
    fetches.filter(({ operation, status }) => operation === name && status === 200).length;
  const throttled = fetches.filter(({ status }) => status === 400).length;
  const counts = Object.keys(RATES).map((name) => [name, answered(name)]);
  return { requests, ...Object.fromEntries(counts), throttled };
}

const idsIn = (file, pattern) =>
  [...fs.readFileSync(path.resolve(file), 'utf8').matchAll(pattern)].map(([, id]) => id).sort();

/** Throws unless all sides found the same requests. Returns their number. */
function requireSameRequests(results) {
  const expected = results[0].runs[0].ids;
  for (const { name, runs } of results) {
    for (const run of runs) {
      if (run.ids.join() !== expected.join()) {
        throw new Error(
          `${name} found ${run.ids.length} requests, which differ from the ${expected.length} of ours`,
        );
      }
    }
  }
  return expected.length;
}

module.exports = { measure, GROUP };
