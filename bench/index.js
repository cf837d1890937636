'use strict';

// Measures this module beside the tools that do the same work: `npm run bench -- --help`.

const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { build } = require('./harness/release-addon');
const { findPeers } = require('./harness/contenders');
const { report, resultRows } = require('./harness/report');
const { startSink } = require('./fake-aws/start');
const { stageModule } = require('./harness/stage-module');
const { runMain } = require('../scripts/lib/exec');

const PARTS = ['require', 'upload', 'unchanged', 'package', 'lambda', 'logs', 'growth', 'build'];

const HELP = `npm run bench -- [part...] [options]

parts: ${PARTS.join(', ')}; all of them unless some are named
--quick           small sizes and single runs, to see that everything works
--runs=<number>   how often each side runs, 5 by default
--out=<folder>    where RESULTS.md and growth.svg go. A run of all parts at full size writes them
                  here; others print only
--old=<folder>    version 0.9.0 with its node_modules, or LITEXA_OLD
--addon=<file>    measures this addon, or LITEXA_BENCH_ADDON; otherwise a release build is made.
                  The folder of an installed module is measured as it is
--cold            with the part build: also builds from nothing`;

function options(args) {
  const value = (name) => args.find((arg) => arg.startsWith(`--${name}=`))?.split('=')[1];
  const asked = args.filter((arg) => !arg.startsWith('--'));
  const wrong = asked.find((part) => !PARTS.includes(part));
  if (wrong) throw new Error(`There is no part ${wrong}.\n\n${HELP}`);
  const quick = args.includes('--quick');
  return {
    asked,
    quick,
    parts: asked.length > 0 ? asked : PARTS,
    runs: Number(value('runs') ?? (quick ? 1 : 5)),
    old: value('old') ?? process.env.LITEXA_OLD,
    addon: value('addon') ?? process.env.LITEXA_BENCH_ADDON,
    cold: args.includes('--cold'),
    out: value('out') ?? (quick || asked.length > 0 ? undefined : __dirname),
  };
}

async function main(args) {
  if (args.includes('--help')) return console.log(HELP);
  const chosen = options(args);
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'litexa-bench-'));
  const stop = () => fs.rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
  process.once('exit', stop);
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(130));
  const measured = moduleWith(path.resolve(chosen.addon ?? (await build())), folder);
  const peers = findPeers(chosen.old);
  const sink = await startSink();
  try {
    const bench = {
      ...chosen,
      ...measured,
      folder,
      peers,
      sink,
      old: peers[0].path,
      say: (line) => console.log(`  ${line}`),
    };
    const rows = await measureAll(bench);
    if (chosen.out) await write(chosen.out, { rows, peers, notes: notesOf(bench) });
  } finally {
    sink.stop();
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
  for (const part of bench.parts) {
    console.log(`\n# ${part}`);
    for (const row of await require(`./suites/${part}`).measure(bench)) {
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
  const how = `Each side ran ${runs} times, those that are compared by turns; figures are medians, with the least and the most.`;
  return [quick ? `${how} **Small sizes, to try the bench: these figures tell nothing.**` : how];
}

async function write(folder, what) {
  fs.mkdirSync(folder, { recursive: true });
  const plot = what.rows.find((row) => row.plot)?.plot;
  if (plot) fs.writeFileSync(path.join(folder, 'growth.svg'), plot);
  const file = path.join(folder, 'RESULTS.md');
  fs.writeFileSync(file, await formatted(report(what)));
  console.log(`\n${file}`);
}

async function formatted(markdown) {
  const prettier = require('prettier');
  return prettier.format(markdown, { parser: 'markdown' });
}

runMain(main);
