'use strict';

// What the addon costs to build, and what it weighs. Building takes minutes and changes the target
// folder, so it is measured only where `build` is asked for by name; a full run tells what
// build.json remembers.

const fs = require('node:fs');
const path = require('node:path');
const zlib = require('node:zlib');
const { count, megabytes, seconds } = require('../harness/stats');
const { cargo, ROOT } = require('../../scripts/lib/cargo');

const REMEMBERED = path.join(__dirname, '..', 'build.json');

async function measure(bench) {
  if (bench.asked.includes('build')) await measureBuild(bench);
  const remembered = fs.existsSync(REMEMBERED) ? JSON.parse(fs.readFileSync(REMEMBERED)) : {};
  const addon = fs.readFileSync(bench.addon);
  const packed = zlib.gzipSync(addon, { level: 9 });
  const rows = [
    ['what', 'figure'],
    ['binary', `${megabytes(addon.length)} (${count(addon.length)} bytes)`],
    ['binary, gzip -9', `${megabytes(packed.length)} (${count(packed.length)} bytes)`],
    ...Object.entries(remembered).map(([what, figure]) => [
      what,
      typeof figure === 'number' ? seconds(figure) : String(figure),
    ]),
  ];
  return [
    {
      title: 'Cost to build',
      work: 'cargo build --release. Cold: an empty target folder, crates already downloaded. Warm: one source file of ours is newer.',
      check: 'The addon is the one that all other rows have measured.',
      table: rows,
      goals: [],
    },
  ];
}

async function measureBuild({ cold, say, folder }) {
  const release = ['build', '--release', '--locked'];
  const times = fs.existsSync(REMEMBERED) ? JSON.parse(fs.readFileSync(REMEMBERED)) : {};
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
  fs.writeFileSync(REMEMBERED, `${JSON.stringify(times, null, 2)}\n`);
}

async function timed(work) {
  const start = performance.now();
  await work();
  return (performance.now() - start) / 1000;
}

module.exports = { measure };
