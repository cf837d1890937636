'use strict';

// How time and memory grow with the number of assets, and of events.

const path = require('node:path');
const { count, megabytes, seconds, median } = require('../harness/stats');
const { writeAssets, forgetDeployments } = require('../fixtures');
const { byTurns } = require('../harness/measure');
const { plot } = require('../harness/plot');
const { keyOf } = require('../fake-aws/start');
const { moduleProject, runModule, syncers, told } = require('../harness/sync-tools');
const { GROUP } = require('./logs');

/** Linear, with something for the mood of a machine: the slope in a picture of logarithms. */
const LINEAR = 1.1;

async function measure(bench) {
  const sizes = bench.quick ? [10, 100, 1000] : [10, 100, 1000, 10_000, 100_000];
  await bench.sink.latency(0);
  const series = [
    { name: 'assets, first upload', points: [] },
    { name: 'assets, nothing changed', points: [] },
    { name: 'log events', points: [] },
  ];
  for (const size of sizes) {
    const runs = size > 10_000 ? 1 : Math.min(bench.runs, 3);
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
      check: 'As many objects and requests as there were assets and events.',
      table: tableOf(series),
      plot: plot(series),
      goals: series.map((each) => linearGoal(each)),
    },
  ];
}

async function assetsOf(bench, size, runs) {
  const assets = path.join(bench.folder, `growth-${size}`);
  writeAssets(assets, size, 1000);
  const [side] = syncers(bench, assets, { only: ['ours'] });
  await bench.sink.reset();
  const prepare = async () => {
    await bench.sink.makeBucket(side.bucket);
    side.forget();
  };
  const first = await byTurns([{ ...side, prepare }], { ...bench, runs });
  const unchanged = await byTurns([side], { ...bench, runs });
  for (const { contents } of [...first[0].runs, ...unchanged[0].runs]) {
    if (contents.objects !== size)
      throw new Error(`${contents.objects} objects for ${size} assets`);
  }
  return [first, unchanged];
}

async function eventsOf(bench, events, runs) {
  const project = moduleProject(bench, 'ours', { bucket: 'bench-logs' });
  await bench.sink.reset();
  const streams = Math.ceil(events / 1000);
  await bench.sink.writeLogs({ key: keyOf('ours'), logGroupName: GROUP, streams, events });
  const side = {
    name: 'ours',
    prepare: () => forgetDeployments(project),
    command: runModule({ module: bench.module, call: 'logs', project }),
    env: bench.sink.env('ours'),
    after: ({ stdout }) => told(stdout),
  };
  const results = await byTurns([side], { ...bench, runs });
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

/** The steepest that time grows over a factor of ten, where it is more than a start-up. */
function linearGoal({ name, points }) {
  const slopes = points
    .slice(1)
    .map(({ time }, index) => Math.log10(time / points[index].time))
    .filter(Number.isFinite);
  const steepest = Math.max(...slopes);
  return {
    text: `${name}: linear or better`,
    measured: `10 times as many take ${(10 ** steepest).toFixed(1)} times as long at worst`,
    met: steepest <= LINEAR,
  };
}

module.exports = { measure };
