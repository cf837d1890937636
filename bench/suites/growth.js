'use strict';

// Measures how time and memory grow with the number of assets and of events.

const path = require('node:path');
const { count, megabytes, seconds, median } = require('../harness/stats');
const { writeAssets, removeDeployments } = require('../fixtures');
const { interleaved } = require('../harness/measure');
const { plot } = require('../harness/plot');
const { keyOf } = require('../fake-aws/start');
const { moduleProject, runModule, syncTools, moduleFigures } = require('../harness/sync-tools');
const { GROUP } = require('./logs');

/**
 * The longest time for ten times as many, in those of the smaller number: linear growth, and as much again as memory is
 * slower than the caches of a processor, which hold 10,000 of them and not 100,000.
 */
const MAX_RATIO = 14;

async function measure(bench) {
  const sizes = bench.quick ? [10, 100, 1000] : [10, 100, 1000, 10_000, 100_000];
  await bench.fakeAws.latency(0);
  const series = [
    { name: 'assets, first upload', points: [] },
    { name: 'assets, nothing changed', points: [] },
    { name: 'log events', points: [] },
  ];
  for (const size of sizes) {
    const runs = Math.min(bench.runs, 3);
    const [first, unchanged] = await assetsOf(bench, size, runs);
    const events = await eventsOf(bench, size, runs);
    [first, unchanged, events].forEach((results, index) =>
      series[index].points.push(pointOf(size, results)),
    );
  }
  return [
    {
      title: `Growth: ${count(sizes[0])} to ${count(sizes.at(-1))} assets and events, no latency`,
      work: 'Assets of 1 KB; events in streams of 1,000. Time is that of the call, memory that of the whole process.',
      check: 'The numbers of objects and requests equal those of assets and events.',
      table: tableOf(series),
      plot: plot(series),
      goals: series.map((each) => linearGoal(each)),
    },
  ];
}

async function assetsOf(bench, size, runs) {
  const assets = path.join(bench.folder, `growth-${size}`);
  writeAssets(assets, size, 1000);
  const [side] = syncTools(bench, assets, { only: ['ours'] });
  await bench.fakeAws.reset();
  const prepare = async () => {
    await bench.fakeAws.makeBucket(side.bucket);
    side.forget();
  };
  const first = await interleaved([{ ...side, prepare }], { ...bench, runs });
  const unchanged = await interleaved([side], { ...bench, runs });
  for (const { contents } of [...first[0].runs, ...unchanged[0].runs]) {
    if (contents.objects !== size)
      throw new Error(`${contents.objects} objects for ${size} assets`);
  }
  return [first, unchanged];
}

async function eventsOf(bench, events, runs) {
  const project = moduleProject(bench, 'ours', { bucket: 'bench-logs' });
  await bench.fakeAws.reset();
  const streams = Math.ceil(events / 1000);
  await bench.fakeAws.writeLogs({ key: keyOf('ours'), logGroupName: GROUP, streams, events });
  const side = {
    name: 'ours',
    prepare: () => removeDeployments(project),
    command: runModule({ module: bench.module, call: 'logs', project }),
    env: bench.fakeAws.env('ours'),
    after: ({ stdout }) => moduleFigures(stdout),
  };
  const results = await interleaved([side], { ...bench, runs });
  for (const { result } of results[0].runs) {
    const found = result.answered + result.failed;
    if (found !== events / 5) throw new Error(`${found} requests in ${events} events`);
  }
  return results;
}

const pointOf = (size, results) => ({
  size,
  time: median(results, 'ours', 'call'),
  memory: median(results, 'ours', 'memory'),
});

function tableOf(series) {
  const head = ['number', ...series.flatMap(({ name }) => [name, `${name}: memory`])];
  const rows = series[0].points.map(({ size }, row) => [
    count(size),
    ...series.flatMap(({ points }) => [seconds(points[row].time), megabytes(points[row].memory)]),
  ]);
  return [head, ...rows];
}

/** A goal for the steepest growth of time over a factor of ten. */
function linearGoal({ name, points }) {
  const ratios = points.slice(1).map(({ time }, index) => time / points[index].time);
  const steepest = Math.max(...ratios);
  return {
    text: `${name}: 10 times as many take at most ${MAX_RATIO} times as long`,
    measured: `${steepest.toFixed(1)} times at worst`,
    met: steepest <= MAX_RATIO,
  };
}

module.exports = { measure };
