'use strict';

// Compares this module with the tools that do the same work: `npm run bench -- --help`.

const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { build } = require('./harness/release-addon');
const { findContenders } = require('./harness/contenders');
const { report, resultRows } = require('./harness/report');
const { startFakeAws } = require('./fake-aws/start');
const { stageModule } = require('./harness/stage-module');
const { runMain } = require('../scripts/lib/exec');
const { version } = require('../package.json');

const SUITES = [
  ...['require', 'upload', 'sink', 'unchanged', 'package', 'lambda', 'cold-start'],
  ...['throttled', 'logs', 'redaction', 'growth', 'build'],
];

const HELP = `npm run bench -- [suite...] [options]

suites: ${SUITES.join(', ')}; by default all of them
--quick           small sizes and single runs, to check that everything works
--runs=<number>   the least number of runs of each side, 5 by default
--out=<folder>    the folder for RESULTS.md and growth.svg. By default a run of all suites at full size
                  writes them here, and others only print
--old=<folder>    version 0.9.0 with its node_modules, or LITEXA_OLD
--addon=<file>    the addon to measure, or LITEXA_BENCH_ADDON; by default a release build. It may also
                  be the folder of an installed module
--cold            with the suite build: also builds from an empty target folder`;

function options(args) {
  const value = (name) => args.find((arg) => arg.startsWith(`--${name}=`))?.split('=')[1];
  const named = args.filter((arg) => !arg.startsWith('--'));
  const unknown = named.find((suite) => !SUITES.includes(suite));
  if (unknown) throw new Error(`unknown suite ${unknown}\n\n${HELP}`);
  const quick = args.includes('--quick');
  return {
    named,
    quick,
    suites: named.length > 0 ? named : SUITES,
    runs: Number(value('runs') ?? (quick ? 1 : 5)),
    old: value('old') ?? process.env.LITEXA_OLD,
    addon: value('addon') ?? process.env.LITEXA_BENCH_ADDON,
    cold: args.includes('--cold'),
    out: value('out') ?? (quick || named.length > 0 ? undefined : __dirname),
  };
}

async function main(args) {
  const chosen = options(args);
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'litexa-bench-'));
  const stop = () => fs.rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
  process.once('exit', stop);
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(130));
  const measured = moduleWith(path.resolve(chosen.addon ?? (await build())), folder);
  const contenders = findContenders(chosen.old);
  const fakeAws = await startFakeAws();
  try {
    const bench = {
      ...chosen,
      ...measured,
      folder,
      contenders,
      fakeAws,
      old: contenders[0].path,
      say: (line) => console.log(`  ${line}`),
    };
    const rows = await measureAll(bench);
    if (chosen.out) await write(chosen.out, { rows, contenders, notes: notesOf(bench) });
  } finally {
    fakeAws.stop();
  }
}

/** The folder to `require`, and the addon in it. */
function moduleWith(addon, folder) {
  const isModule = fs.statSync(addon).isDirectory();
  const module = isModule ? addon : stageModule(addon, folder);
  const name = fs.readdirSync(module).find((file) => file.endsWith('.node'));
  return { module, addon: path.join(module, name) };
}

async function measureAll(bench) {
  const rows = [];
  for (const suite of bench.suites) {
    console.log(`\n# ${suite}`);
    for (const row of await require(`./suites/${suite}`).measure(bench)) {
      rows.push(row);
      print(row);
    }
  }
  return rows;
}

function print({ title, results, columns, table, steps, goals }) {
  console.log(`\n${title}`);
  const [head, ...lines] = results ? resultRows(results, columns ?? {}) : table;
  console.table(
    lines.map((line) => Object.fromEntries(head.map((name, at) => [`${name} `, line[at]]))),
  );
  for (const { name, steps: each } of steps ?? []) {
    console.log(`${name}:\n${each.map((step, at) => `  ${at + 1}. ${step}`).join('\n')}`);
  }
  for (const { text, measured, met } of goals) {
    console.log(`${met === undefined ? '?' : met ? '✔' : '✘'} ${text}: ${measured}`);
  }
}

function notesOf({ quick, runs }) {
  const today = new Date().toISOString().slice(0, 10);
  const times = quick ? 'once' : `${runs} times, and those of less than half a second more often`;
  const how = `Measured on ${today}, version ${version}. Each side ran ${times}, alternately with those that it is compared with. Figures are medians with their ranges.`;
  return [quick ? `${how} **Small sizes, to try the bench: these figures mean nothing.**` : how];
}

async function write(folder, results) {
  fs.mkdirSync(folder, { recursive: true });
  const plot = results.rows.find((row) => row.plot)?.plot;
  if (plot) fs.writeFileSync(path.join(folder, 'growth.svg'), plot);
  const file = path.join(folder, 'RESULTS.md');
  fs.writeFileSync(file, await formatted(report(results)));
  console.log(`\n${file}`);
}

async function formatted(markdown) {
  const prettier = require('prettier');
  return prettier.format(markdown, { parser: 'markdown' });
}

runMain(main, { help: HELP });
