'use strict';

// Measures the addon's size and build time. A build takes minutes and changes the target folder, so it
// is only measured if `build` is named; a full run reports the times in build.json.

const fs = require('node:fs');
const path = require('node:path');
const zlib = require('node:zlib');
const { count, limitGoal, megabytes, seconds } = require('../harness/stats');
const { cargo, ROOT } = require('../../scripts/lib/cargo');

const MAX_ADDON_BYTES = 19e6;

const TIMES_FILE = path.join(__dirname, '..', 'build.json');

async function measure(bench) {
  if (bench.named.includes('build')) await measureBuild(bench);
  const times = fs.existsSync(TIMES_FILE) ? JSON.parse(fs.readFileSync(TIMES_FILE)) : {};
  const addon = fs.readFileSync(bench.addon);
  const packed = zlib.gzipSync(addon, { level: 9 });
  const rows = [
    ['figure', 'value'],
    ['binary', `${megabytes(addon.length)} (${count(addon.length)} bytes)`],
    ['binary, gzip -9', `${megabytes(packed.length)} (${count(packed.length)} bytes)`],
    ...Object.entries(times).map(([name, figure]) => [
      name,
      typeof figure === 'number' ? seconds(figure) : String(figure),
    ]),
  ];
  return [
    {
      title: 'Cost to build',
      work: 'cargo build --release. Cold: an empty target folder, crates already downloaded. Warm: one source file of ours is newer.',
      check: 'All other rows measure this addon.',
      table: rows,
      goals: [limitGoal('at most 19 MB', addon.length, MAX_ADDON_BYTES, megabytes)],
    },
  ];
}

async function measureBuild({ cold, say, folder }) {
  const release = ['build', '--release', '--locked'];
  const times = fs.existsSync(TIMES_FILE) ? JSON.parse(fs.readFileSync(TIMES_FILE)) : {};
  if (cold) {
    say('cold build');
    const env = { CARGO_TARGET_DIR: path.join(folder, 'target') };
    times['cold build'] = await timed(() => cargo(release, { env }));
  }
  await cargo(release);
  const source = path.join(ROOT, 'src', 'lib.rs');
  const { atime } = fs.statSync(source);
  fs.utimesSync(source, atime, new Date());
  say('warm build');
  times['warm build'] = await timed(() => cargo(release));
  fs.writeFileSync(TIMES_FILE, `${JSON.stringify(times, null, 2)}\n`);
}

async function timed(work) {
  const start = performance.now();
  await work();
  return (performance.now() - start) / 1000;
}

module.exports = { measure };
