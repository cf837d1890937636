'use strict';

// Measures packing a skill's node_modules for Lambda.

const fs = require('node:fs');
const path = require('node:path');
const { count, limitGoal, median, megabytes, ratioGoal } = require('../harness/stats');
const { removeDeployments, writePackages } = require('../fixtures');
const { interleaved } = require('../harness/measure');
const { moduleProject, runModule, moduleFigures } = require('../harness/sync-tools');
const { packedSizes, unpackedDigests } = require('../harness/zip-entries');

/** The beginning of the paths of the fixture's packages. Ours adds a shim for `aws-sdk`. */
const PACKAGES = 'node_modules/package-';

const RSYNC = "rsync -crt --copy-links --delete --exclude '*.git' node_modules";

async function measure(bench) {
  const [files, bytes] = bench.quick ? [500, 6e6] : [5000, 60e6];
  await bench.fakeAws.reset();
  await bench.fakeAws.latency(0);
  const project = moduleProject(bench, 'ours', { bucket: 'bench-package' });
  const litexa = path.join(project, 'litexa');
  writePackages(litexa, files, bytes);
  const sides = packers(bench, project, litexa);
  const what = `${count(files)} files, ${megabytes(bytes)}`;
  return [await first(bench, sides, what), await oneChanged(bench, sides, what, litexa)];
}

/** Returns the sides, each with the path of its zip, and a function that removes its results. */
function packers(bench, project, litexa) {
  const has = (name) =>
    bench.contenders.some((contender) => contender.name === name && contender.version);
  const ours = {
    name: 'ours',
    zip: path.join(project, '.deploy', 'development', 'lambda.zip'),
    clear: () => removeDeployments(project),
    // The module packs while it reads from AWS. The process ends when the package is written.
    command: runModule({ module: bench.module, call: 'lambda', project, until: '^pack(ed|aged) ' }),
    env: bench.fakeAws.env('ours'),
    figures: ({ stdout }) => moduleFigures(stdout),
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
  const results = await interleaved(
    sides.map((side) => ({ ...side, prepare: side.clear, after: (run) => figuresOf(side, run) })),
    bench,
  );
  const entries = requireSamePackages(sides);
  return {
    title: `Packing node_modules: ${what}, first`,
    work: 'Everything is compressed, without an earlier package.',
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
  const packages = packedSizes(sides[0].zip, PACKAGES);
  const [name] = packages[Math.floor(packages.length / 2)];
  const file = path.join(litexa, name);
  let edition = 0;
  const results = await interleaved(
    sides.map((side) => ({
      ...side,
      prepare: () => fs.appendFileSync(file, `// edition ${++edition}\n`),
      after: (run) => figuresOf(side, run),
    })),
    bench,
  );
  await catchUp(sides, bench);
  return {
    title: `Packing node_modules: ${what}, one file changed`,
    work: 'A line is added to one file. Each side has its last package and cache.',
    check: checkText(requireSamePackages(sides)),
    results,
    columns: { packed: megabytes },
    goals: [
      ratioGoal('20 times as fast as zip -r', results, { side: 'zip -r', by: 20 }),
      ratioGoal('as fast as zip -r -FS', results, { side: 'zip -r -FS', by: 1 }),
    ],
  };
}

/** Packs once more: until then each side has packed another edition. */
async function catchUp(sides, { folder }) {
  await interleaved(sides, { runs: 1, folder });
}

function figuresOf(side, run) {
  const packed = packedSizes(side.zip, PACKAGES).reduce((sum, [, size]) => sum + size, 0);
  return { ...side.figures?.(run), packed };
}

/** Throws unless all zips contain the same packages. Returns their files. */
function requireSamePackages(sides) {
  const listings = sides.map(({ zip }) =>
    unpackedDigests(zip, PACKAGES)
      .map((entry) => entry.join(' '))
      .sort(),
  );
  listings.forEach((listing, index) => {
    if (listing.join('\n') !== listings[0].join('\n')) {
      throw new Error(`the packages of ${sides[index].name} differ from those of ${sides[0].name}`);
    }
  });
  return listings[0];
}

const checkText = (entries) =>
  `All zips contain the same ${count(entries.length)} files below node_modules; \`packed\` is their compressed size. Ours also contains the handler and its runtime.`;

module.exports = { measure };
