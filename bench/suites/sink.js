'use strict';

// Measures the upload of a large file to a server that only counts bytes. The other uploads are limited
// by their server, which digests them.

const path = require('node:path');
const { count, limitGoal, median, megabytes, ratioGoal } = require('../harness/stats');
const { startSink } = require('../fake-aws/start-sink');
const { assetFile, writeAssets } = require('../fixtures');
const { cpuGoal, EXPLANATION, md5Pass, withoutMd5Pass } = require('../harness/md5-pass');
const { interleaved } = require('../harness/measure');
const { requireSame, syncTools } = require('../harness/sync-tools');

async function measure(bench) {
  const size = bench.quick ? 100_000_000 : 1_000_000_000;
  const assets = path.join(bench.folder, 'sink');
  writeAssets(assets, 1, size);
  const sink = await startSink();
  try {
    return [await measureSink({ ...bench, fakeAws: sink }, { assets, size })];
  } finally {
    sink.stop();
  }
}

async function measureSink(bench, { assets, size }) {
  const tools = syncTools(bench, assets, { only: ['ours', 's5cmd'] }).map((side) => ({
    ...side,
    async prepare() {
      await bench.fakeAws.makeBucket(side.bucket);
      await bench.fakeAws.forget();
      side.forget();
    },
  }));
  // The first run, which fills the page cache, is not measured.
  await interleaved(tools, { ...bench, runs: 1 });
  const results = await interleaved([...tools, md5Pass(assetFile(assets, 0))], bench);
  const { bytes } = requireSame(withoutMd5Pass(results));
  if (bytes !== size) throw new Error(`the server counted ${bytes} bytes instead of ${size}`);
  return {
    title: `Upload of one file of ${count(size)} bytes to a server that only counts`,
    work: `One file, over http and without latency. ${EXPLANATION}`,
    check: `In each run the server counted ${count(size)} bytes of bodies.`,
    results,
    columns: { requests: count, writes: count },
    goals: [
      ratioGoal("1.1 times s5cmd's rate", results, { side: 's5cmd', by: 1.1 }),
      cpuGoal(results),
      limitGoal('less than 100 MB of memory', median(results, 'ours', 'memory'), 100e6, megabytes),
    ],
  };
}

module.exports = { measure };
