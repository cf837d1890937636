'use strict';

// Packing a skill's node_modules for Lambda.

const fs = require('node:fs');
const path = require('node:path');
const { count, limitGoal, median, megabytes, ratioGoal } = require('../harness/stats');
const { forgetDeployments, writePackages } = require('../fixtures');
const { byTurns } = require('../harness/measure');
const { moduleProject, runModule, told } = require('../harness/sync-tools');
const { zipEntries } = require('../harness/zip-entries');

/** Where the fixture's packages are. Ours holds a stand-in for `aws-sdk` beside them. */
const PACKAGES = 'node_modules/package-';

const RSYNC = "rsync -crt --copy-links --delete --exclude '*.git' node_modules";

async function measure(bench) {
  const [files, bytes] = bench.quick ? [500, 6e6] : [5000, 60e6];
  await bench.sink.reset();
  await bench.sink.latency(0);
  const project = moduleProject(bench, 'ours', { bucket: 'bench-package' });
  const litexa = path.join(project, 'litexa');
  writePackages(litexa, files, bytes);
  const sides = packers(bench, project, litexa);
  const what = `${count(files)} files, ${megabytes(bytes)}`;
  return [await first(bench, sides, what), await oneChanged(bench, sides, what, litexa)];
}

/** Each with the zip that it makes, and how it begins from nothing. */
function packers(bench, project, litexa) {
  const has = (name) => bench.peers.some((peer) => peer.name === name && peer.version);
  const ours = {
    name: 'ours',
    zip: path.join(project, '.deploy', 'development', 'lambda.zip'),
    clear: () => forgetDeployments(project),
    // Packing goes on beside questions to AWS: the process ends when the package is written.
    command: runModule({ module: bench.module, call: 'lambda', project, until: 'packed ' }),
    env: bench.sink.env('ours'),
    told: ({ stdout }) => told(stdout),
  };
  const shell = (name, script) => {
    const folder = path.join(bench.folder, name.replace(/\W+/g, '-'));
    return {
      name,
      zip: path.join(folder, 'lambda.zip'),
      clear() {
        fs.rmSync(folder, { recursive: true, force: true });
        fs.mkdirSync(path.join(folder, 'lambda'), { recursive: true });
      },
      command: ['sh', '-c', script(folder)],
      cwd: litexa,
    };
  };
  return [
    ours,
    has('rsync') &&
      has('zip') &&
      shell(
        'rsync + zip -r',
        (to) => `${RSYNC} ${to}/lambda && cd ${to}/lambda && zip -rqX ../lambda.zip *`,
      ),
    has('zip') && shell('zip -r', (to) => `zip -rqX ${to}/lambda.zip node_modules`),
    has('zip') && shell('zip -r -FS', (to) => `zip -rqX -FS ${to}/lambda.zip node_modules`),
    has('7z') && shell('7z', (to) => `7z u -tzip -bso0 -bsp0 ${to}/lambda.zip node_modules`),
  ].filter(Boolean);
}

async function first(bench, sides, what) {
  const results = await byTurns(
    sides.map((side) => ({ ...side, prepare: side.clear, after: (run) => traces(side, run) })),
    bench,
  );
  const entries = requireSamePackages(sides);
  return {
    title: `Packing node_modules: ${what}, first`,
    work: 'Everything is compressed; nothing is left of an earlier package.',
    check: checkText(entries),
    results,
    columns: { packed: megabytes },
    goals: [
      ratioGoal('3 times as fast as rsync + zip -r', results, { side: 'rsync + zip -r', by: 3 }),
      ...sizeGoal(results),
    ],
  };
}

function sizeGoal(results) {
  const zip = median(results, 'zip -r', 'packed');
  if (zip === undefined) return [];
  const text = `no larger than zip -r makes it: ${megabytes(zip)}`;
  return [limitGoal(text, median(results, 'ours', 'packed'), zip, megabytes)];
}

async function oneChanged(bench, sides, what, litexa) {
  const packages = packagesIn(sides[0].zip);
  const [name] = packages[Math.floor(packages.length / 2)];
  const file = path.join(litexa, name);
  let edition = 0;
  const results = await byTurns(
    sides.map((side) => ({
      ...side,
      prepare: () => fs.appendFileSync(file, `// edition ${++edition}\n`),
      after: (run) => traces(side, run),
    })),
    bench,
  );
  await catchUp(sides, bench);
  return {
    title: `Packing node_modules: ${what}, one file changed`,
    work: 'A line is added to one file. Everybody has the last package, and what they remember, at hand.',
    check: checkText(requireSamePackages(sides)),
    results,
    columns: { packed: megabytes },
    goals: [ratioGoal('20 times as fast as zip -r', results, { side: 'zip -r', by: 20 })],
  };
}

/** Each side has packed another edition: once more, so that they can be compared. */
async function catchUp(sides, { folder }) {
  await byTurns(sides, { runs: 1, folder });
}

/** The fixture's packages as a zip holds them. */
const packagesIn = (zip) => [...zipEntries(zip)].filter(([name]) => name.startsWith(PACKAGES));

function traces(side, run) {
  const packed = packagesIn(side.zip).reduce((sum, [, entry]) => sum + entry.packed, 0);
  return { ...side.told?.(run), packed };
}

/** Throws unless all zips hold the same packages. Returns their names. */
function requireSamePackages(sides) {
  const listings = sides.map(({ zip }) =>
    packagesIn(zip)
      .map(([name, { crcAndSize }]) => `${name} ${crcAndSize}`)
      .sort(),
  );
  listings.forEach((listing, index) => {
    if (listing.join('\n') !== listings[0].join('\n')) {
      throw new Error(`${sides[index].name} packed something else than ${sides[0].name}`);
    }
  });
  return listings[0];
}

const checkText = (entries) =>
  `All zips held the same ${count(entries.length)} files below node_modules, by name, size and CRC; \`packed\` is what they take up there. Ours holds the handler and its runtime besides.`;

module.exports = { measure };
