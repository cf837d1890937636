'use strict';

// Measures first uploads, to an empty bucket and without a local cache.

const path = require('node:path');
const { count, limitGoal, median, megabytes, ratioGoal } = require('../harness/stats');
const { assetFile, writeAssets } = require('../fixtures');
const { cpuGoal, EXPLANATION, md5Pass, withoutMd5Pass } = require('../harness/md5-pass');
const { interleaved } = require('../harness/measure');
const { requireSame, syncTools } = require('../harness/sync-tools');

const ROWS = [
  {
    title: 'First upload: 1,000 files of 50 KB, 40 ms latency',
    files: { count: 1000, size: 50_000, latencyMs: 40 },
    quick: { count: 200, size: 50_000, latencyMs: 40 },
    goals: (results) => [
      ratioGoal('as fast as s5cmd', results, { side: 's5cmd', by: 1 }),
      ratioGoal('10 times as fast as 0.9.0', results, { side: '0.9.0', by: 10 }),
    ],
  },
  {
    title: 'First upload: 1,000 files of 10 KB, no latency',
    files: { count: 1000, size: 10_000, latencyMs: 0 },
    quick: { count: 200, size: 10_000, latencyMs: 0 },
    goals: (results) => [
      ratioGoal("s5cmd's rate", results, { side: 's5cmd', by: 1 }),
      ratioGoal("no more CPU than s5cmd's", results, { side: 's5cmd', by: 1, figure: 'cpu' }),
    ],
  },
  {
    title: 'First upload: one file of 1 GB, no latency',
    files: { count: 1, size: 1_000_000_000, latencyMs: 0 },
    quick: { count: 1, size: 100_000_000, latencyMs: 0 },
    alsoMeasured: (assets) => [md5Pass(assetFile(assets, 0))],
    explanation: ` ${EXPLANATION}`,
    goals: (results) => [
      // The loopback interface and the server's MD5 limit all sides alike: the suite `sink` is without the latter.
      ratioGoal("0.9 times s5cmd's rate", results, { side: 's5cmd', by: 0.9 }),
      cpuGoal(results),
      limitGoal('less than 100 MB of memory', median(results, 'ours', 'memory'), 100e6, megabytes),
    ],
  },
];

async function measure(bench) {
  const rows = [];
  for (const [index, row] of ROWS.entries()) {
    rows.push(await measureRow(bench, row, path.join(bench.folder, `upload-${index}`)));
  }
  return rows;
}

async function measureRow(
  bench,
  { title, goals, alsoMeasured = () => [], explanation = '', ...row },
  assets,
) {
  const { count: files, size, latencyMs } = bench.quick ? row.quick : row.files;
  const { fakeAws } = bench;
  writeAssets(assets, files, size);
  await fakeAws.reset();
  await fakeAws.latency(latencyMs);
  const sides = syncTools(bench, assets).map((side) => ({
    ...side,
    async prepare() {
      await fakeAws.makeBucket(side.bucket);
      await fakeAws.forget();
      side.forget();
    },
  }));
  // A first run is not measured: it fills the page cache, and compares every byte.
  await fakeAws.digestBlocks(true);
  const contents = requireSame(await interleaved(sides, { ...bench, runs: 1 }));
  await fakeAws.digestBlocks(false);
  const results = await interleaved([...sides, ...alsoMeasured(assets)], bench);
  requireSame(withoutMd5Pass(results));
  return {
    title,
    work: `${count(files)} files of ${count(size)} bytes, to an empty bucket, with ${latencyMs} ms latency.${explanation}`,
    check: `Each bucket has the same ${count(contents.objects)} objects, ${count(contents.bytes)} bytes: the same keys and content, compared in a run before the measured ones.`,
    results,
    columns: { requests: count, writes: count },
    goals: goals(results),
  };
}

module.exports = { measure };
