'use strict';

// Injects every fault and crash of docs/reliability.md into deployments and commands, and writes the results
// into its table: `npm run test:faults`. All of it takes hours, most of them waiting.
//
// `npm run test:faults -- [part…] [--scenario <name>] [--region <name>] [--s3 emulator|strict]
//   [--only <expression>] [--sample <number>] [--seeds <number>] [--concurrency <number>]`
// A part is one of: once, always, random, pages, lost, passing, clock, calls, writes. `--only` selects
// cases by their names and leaves the tables unchanged. `--sample 5` selects every fifth case, for rows
// of their own. `--concurrency` is the number of concurrent deployments.

const fs = require('node:fs');
const path = require('node:path');
const { parseArgs } = require('node:util');
const { ROOT } = require('./lib/cargo');
const { runMain } = require('./lib/exec');
const answers = require('../__test__/resilience/injection/answer-cases');
const crashes = require('../__test__/resilience/injection/crash-cases');
const faults = require('../__test__/resilience/injection/fault-cases');
const { FAULTS, PAGES } = require('../__test__/resilience/injection/faults');
const { SCENARIOS } = require('../__test__/resilience/injection/scenarios');
const { runConcurrently } = require('../__test__/resilience/injection/run-concurrently');
const { openEnvironment } = require('../__test__/resilience/injection/environment');

const REPORT = path.join(ROOT, 'docs', 'reliability.md');
const DEFAULT_REGION = 'us-east-1';
const END = '<!-- end of figures -->';
const HEAD = [
  'fault',
  'deployment',
  'cases',
  'passed',
  'not reached',
  'failed',
  'longest',
  'date of the run',
];

/** The calls that matter for a package of 51 MiB: those of its way through S3. */
const STAGED = /\.zip|CreateFunction/;

const range = (from, to) => Array.from({ length: to - from + 1 }, (_, index) => from + index);

const PARTS = {
  once: {
    what: 'one call fails once',
    cases: faultCases(FAULTS, [false]),
    run: faults.runFaultCase,
  },
  always: {
    what: 'one call fails permanently',
    cases: faultCases(FAULTS, [true]),
    run: faults.runFaultCase,
  },
  pages: {
    what: ({ isPersistent }) => `HTML in place of ${isPersistent ? 'each answer' : 'one answer'}`,
    cases: faultCases(PAGES, [false, true]),
    run: faults.runFaultCase,
  },
  lost: {
    what: "one change's answer is lost",
    cases: wanted(answers.lostAnswerCases),
    run: answers.runLostAnswerCase,
  },
  passing: {
    what: 'one call is refused after a creation',
    cases: answers.refusalCases,
    run: answers.runRefusalCase,
  },
  clock: {
    what: 'the clock is wrong',
    cases: answers.clockCases,
    run: answers.runClockCase,
  },
  random: {
    what: ({ probability }) => `${probability * 100} % of all requests fail`,
    cases: async (environment, scenario, { seeds }) =>
      [0.1, 0.3].flatMap((probability) =>
        range(1, seeds).map((seed) => ({ scenario, probability, seed, name: `seed ${seed}` })),
      ),
    run: faults.runRandomCase,
  },
  calls: {
    what: ({ when }) => `killed at a call, ${when}`,
    cases: async (environment, scenario) =>
      (await crashes.crashCases(environment, scenario))
        .filter(isWanted)
        .map((crash) => ({ ...crash, name: `${crash.call.id}, ${crash.when}` })),
    run: crashes.runCrashCase,
  },
  writes: {
    what: ({ kind }) => `killed before the nth ${kind} of a thread`,
    async cases(environment, scenario) {
      if (!crashes.hasStrace()) {
        console.log('skipping crashes at writes: strace cannot kill processes on this machine');
        return [];
      }
      return Object.entries(crashes.SYSTEM_CALLS).flatMap(([kind, { max }]) =>
        range(1, max).map((nth) => ({ scenario, kind, nth, name: `${kind} ${nth}` })),
      );
    },
    run: crashes.runWriteCase,
  },
};

function faultCases(kinds, persistence) {
  return async (environment, scenario) =>
    (await faults.faultCases(environment, scenario, Object.keys(kinds)))
      .filter((fault) => persistence.includes(fault.isPersistent) && isWanted(fault))
      .map((fault) => ({ ...fault, name: `${fault.call.id}, ${fault.fault}` }));
}

function wanted(cases) {
  return async (environment, scenario) => (await cases(environment, scenario)).filter(isWanted);
}

function isWanted({ scenario, call }) {
  return scenario !== 'staged' || STAGED.test(call.id);
}

async function main(args) {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      scenario: { type: 'string', multiple: true, default: Object.keys(SCENARIOS) },
      region: { type: 'string', default: DEFAULT_REGION },
      s3: { type: 'string', default: 'emulator' },
      only: { type: 'string' },
      sample: { type: 'string' },
      seeds: { type: 'string', default: '25' },
      concurrency: { type: 'string', default: '8' },
    },
  });
  const parts = positionals.length > 0 ? positionals : Object.keys(PARTS);
  const unknown = parts.find((part) => !PARTS[part]);
  if (unknown)
    throw new Error(`unknown part ${unknown}. Known parts: ${Object.keys(PARTS).join(', ')}`);

  const other = values.scenario.find((name) => !Object.hasOwn(SCENARIOS, name));
  if (other)
    throw new Error(`unknown scenario ${other}. Known ones: ${Object.keys(SCENARIOS).join(', ')}`);
  if (!['emulator', 'strict'].includes(values.s3))
    throw new Error(`--s3 must be emulator or strict, but is ${values.s3}`);

  const environment = await openEnvironment({ region: values.region, s3: values.s3 });
  let failed = 0;
  try {
    for (const part of parts) {
      for (const scenario of values.scenario)
        failed += await runPart(environment, part, scenario, values);
    }
  } finally {
    await environment.stop();
  }
  if (failed > 0) throw new Error(`${failed} cases failed`);
}

/** Runs one part for one scenario, and returns the number of failed cases. */
async function runPart(environment, part, scenario, options) {
  const { only = '', sample = '1', seeds, concurrency } = options;
  const { what, cases, run } = PARTS[part];
  const all = await cases(environment, scenario, { seeds: Number(seeds) });
  const selected = all.filter((job) => new RegExp(only).test(job.name));
  const jobs = sampleOf(selected, Number(sample));
  const results = await runConcurrently(
    jobs,
    Number(concurrency),
    (job) => run(environment, job),
    ({ job, error }, done) => {
      const progress = `${part}, ${scenario}: ${done} of ${jobs.length}`;
      if (error) console.log(`${progress}: FAILED: ${job.name}\n${error.message}\n`);
      else if (done % 20 === 0 || done === jobs.length) console.log(progress);
    },
  );
  const suffix = sample === '1' ? '' : ` (1 of ${sample} cases)`;
  const titles = new Set(results.map(({ job }) => titleOf(what, job)));
  const rows = [...titles].map((title) =>
    summary(
      title + suffix,
      scenario,
      results.filter(({ job }) => titleOf(what, job) === title),
    ),
  );
  for (const row of rows) console.log(row.join(' | '));
  if (!only) writeRows(rows, tableOf(options));
  return results.filter(({ error }) => error).length;
}

/** Returns one of each `size` jobs, another one each time, so that all faults are among them. */
function sampleOf(jobs, size) {
  return jobs.filter((_, index) => (index + Math.floor(index / size)) % size === 0);
}

const titleOf = (what, job) => (typeof what === 'function' ? what(job) : what);

function summary(title, scenario, results) {
  const failed = results.filter(({ error }) => error).length;
  const notReached = results.filter(({ value }) => value?.reached === false).length;
  const seconds = results.map(({ value }) => value?.seconds ?? 0);
  const longest = Math.max(0, ...seconds);
  const passed = results.length - failed - notReached;
  const time = longest > 0 ? `${longest.toFixed(0)} s` : '';
  const today = new Date().toISOString().slice(0, 10);
  return [title, scenario, results.length, passed, notReached, failed, time, today].map(String);
}

/** Returns the name of the table for a region and an S3. */
function tableOf({ region, s3 }) {
  const names = [region !== DEFAULT_REGION && region, s3 === 'strict' && 'strict S3'];
  return names.filter(Boolean).join(', ');
}

/** Writes rows into a table of the report, in place of those with the same fault and deployment. */
function writeRows(rows, name) {
  const begin = `<!-- figures${name && `, ${name}`}: written by \`npm run test:faults\` -->`;
  const text = fs.readFileSync(REPORT, 'utf8');
  const start = text.indexOf(begin);
  if (start < 0) return console.log(`docs/reliability.md has no table: ${begin}`);
  const end = text.indexOf(END, start);
  const [before, table, after] = [
    text.slice(0, start + begin.length),
    text.slice(start + begin.length, end),
    text.slice(end),
  ];
  const known = new Map(readRows(table).map((row) => [keyOf(row), row]));
  for (const row of rows) known.set(keyOf(row), row);
  const sorted = [...known.values()].sort((one, other) => keyOf(one).localeCompare(keyOf(other)));
  fs.writeFileSync(REPORT, `${before}\n\n${markdown([HEAD, ...sorted])}\n${after}`);
}

const keyOf = ([title, scenario]) => `${title}|${scenario}`;

function readRows(table) {
  const lines = table.split('\n').filter((line) => line.startsWith('|'));
  const rows = lines.map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
  return rows.slice(2);
}

/** Returns a table as prettier formats it, with columns of even width. */
function markdown(rows) {
  const widths = HEAD.map((_, column) => Math.max(3, ...rows.map((row) => row[column].length)));
  const line = (cells, fill) =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column], fill)).join(' | ')} |`;
  const [head, ...body] = rows.map((row) => line(row, ' '));
  return [
    head,
    line(
      HEAD.map(() => ''),
      '-',
    ),
    ...body,
    '',
  ].join('\n');
}

runMain(main);
