'use strict';

// Measures deployments to a bucket with all assets, and to one in which a single asset is outdated.

const path = require('node:path');
const { count, limitGoal, median, megabytes, ratioGoal, seconds } = require('../harness/stats');
const { changeAsset, writeAssets } = require('../fixtures');
const { interleaved, runOnce } = require('../harness/measure');
const { bucketOf, requireSame, syncTools } = require('../harness/sync-tools');

const SIZE = 10_000;

async function measure(bench) {
  const files = bench.quick ? 1000 : 10_000;
  const assets = path.join(bench.folder, 'unchanged');
  writeAssets(assets, files, SIZE);
  const sides = syncTools(bench, assets);
  await fill(bench, sides);
  const rows = [];
  for (const latencyMs of [0, 40]) {
    await bench.fakeAws.latency(latencyMs);
    const unchanged = await nothingChanged(bench, sides, { files, latencyMs });
    rows.push(unchanged, await oneChanged(bench, sides, { files, latencyMs, assets, unchanged }));
  }
  return rows;
}

/** Fills all buckets with the assets. Modules deploy once. */
async function fill({ fakeAws, folder }, sides) {
  await fakeAws.reset();
  await fakeAws.latency(0);
  for (const side of sides) await fakeAws.makeBucket(side.bucket);
  const [ours, ...others] = sides;
  await runOnce(ours, folder);
  for (const side of others) {
    await fakeAws.copyBucket({ from: bucketOf('ours'), to: side.bucket });
    if (side.project) await runOnce(side, folder);
  }
  await fakeAws.forget();
}

async function nothingChanged(bench, sides, { files, latencyMs }) {
  const results = await interleaved(sides, bench);
  requireSame(results);
  requireWrites(results, 0);
  const pages = Math.ceil(files / 1000);
  return {
    title: `Nothing changed: ${count(files)} assets, ${latencyMs} ms latency`,
    work: `${count(files)} files of ${count(SIZE)} bytes are compared with the bucket's ${pages} pages of 1,000 objects. \`call\` is the module's part of \`work\`; in the rest the CLI lists the files.`,
    check: 'No side wrote anything, and all buckets have the same content afterwards.',
    results,
    columns: { call: seconds, requests: count, listed: count, read: megabytes },
    goals: [
      ratioGoal('2 times as fast as s5cmd sync', results, { side: 's5cmd', by: 2 }),
      // The CLI lists the files before it calls any module, and calls stat for each: without latency, that is half of it.
      latencyMs > 0
        ? ratioGoal('2 times as fast as rclone', results, { side: 'rclone', by: 2 })
        : ratioGoal("as fast as rclone, with the CLI's list of the files", results, {
            side: 'rclone',
            by: 1,
          }),
      ratioGoal("2.5 times as fast as rclone, without the CLI's list of the files", results, {
        side: 'rclone',
        by: 2.5,
        own: 'call',
      }),
      limitGoal(
        "one read of the listing, and of the upload manifest's",
        median(results, 'ours', 'listed'),
        pages + 1,
        (pages) => `${pages} pages`,
      ),
      limitGoal(
        'no asset is read',
        median(results, 'ours', 'read'),
        (files * SIZE) / 10,
        (bytes) => `${megabytes(bytes)} read in all`,
      ),
    ],
  };
}

async function oneChanged(bench, sides, { files, latencyMs, assets, unchanged }) {
  let edition = 0;
  const changed = sides.map((side) => ({
    ...side,
    // The file is newer than every object, even at a resolution of seconds.
    prepare: () => changeAsset(assets, files - 1, `${latencyMs}${++edition}`),
  }));
  const results = await interleaved(changed, bench);
  requireWrites(results, 1);
  // The file has changed with each run: a last round brings all sides up to date.
  await interleaved(sides, { runs: 1, folder: bench.folder });
  const upload = latencyMs / 1000 + 0.005;
  const limit = 1.1 * median(unchanged.results, 'ours') + upload;
  return {
    title: `One of ${count(files)} assets changed, ${latencyMs} ms latency`,
    work: 'One file has new content of the same size.',
    check: 'Each wrote exactly one object.',
    results,
    columns: { requests: count, read: megabytes },
    goals: [
      limitGoal(
        `1.1 times nothing changed, and one upload: ${seconds(limit)}`,
        median(results, 'ours'),
        limit,
        seconds,
      ),
    ],
  };
}

/** Throws unless each run has written exactly `number` objects. */
function requireWrites(results, number) {
  for (const { name, runs } of results) {
    const wrong = runs.find(({ writes }) => writes !== number);
    if (!wrong) continue;
    throw new Error(`${name} wrote ${wrong.written.join(', ')}, but ${number} objects had changed`);
  }
}

module.exports = { measure };
