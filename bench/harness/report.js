'use strict';

// Renders the results as Markdown.

const { execFileSync } = require('node:child_process');
const os = require('node:os');
const { version } = require('../../package.json');
const { megabytes, seconds, summaryText } = require('./stats');
const { summarize } = require('./measure');

/** @param {{rows: object[], contenders: object[], notes: string[]}} results */
function report({ rows, contenders, notes }) {
  return [
    '# Benchmark results',
    'Written by `npm run bench`. [The README](README.md) describes what it measures and how.',
    ...notes,
    '## Goals',
    table([['work', 'goal', 'measured', 'met'], ...rows.flatMap(goalLines)]),
    '## Machine and versions',
    measured(),
    machine(),
    table([['tool', 'version'], ...contenders.map(contenderLine)]),
    ...rows.flatMap(section),
    '',
  ].join('\n\n');
}

function goalLines({ title, goals }) {
  return goals.map(({ text, measured, met }) => [title, text, measured, verdict(met)]);
}

const verdict = (met) => (met === undefined ? 'not measured' : met ? 'yes' : '**no**');

/** Names the measured version, by its commit where there is one. */
function measured() {
  const git = (...args) => execFileSync('git', args, { cwd: __dirname, encoding: 'utf8' }).trim();
  try {
    const isChanged = git('status', '--porcelain', '--untracked-files=no') !== '';
    return `Measured: ${version}, commit ${git('rev-parse', '--short', 'HEAD')}${isChanged ? ' with changes' : ''}.`;
  } catch {
    return `Measured: ${version}.`;
  }
}

function machine() {
  const [{ model }] = os.cpus();
  const memory = `${Math.round(os.totalmem() / 2 ** 30)} GB`;
  const load = os.loadavg()[0].toFixed(1);
  return `${os.cpus().length} × ${model.trim()}, ${memory} of memory, ${os.type()} ${os.release().split('-')[0]}, Node.js ${process.versions.node}. Load of the last minute at the end: ${load}.`;
}

function contenderLine({ name, version, get }) {
  return [name, version ?? `missing, and so are its rows. To install it: ${get}`];
}

function section({ title, work, check, results, columns, table: rows, steps, plot }) {
  return [
    `## ${title}`,
    work,
    check,
    ...(results ? [table(resultRows(results, columns ?? {}))] : []),
    ...(rows ? [table(rows)] : []),
    ...(plot ? ['![Time and memory against the number of assets and events](growth.svg)'] : []),
    ...(steps ?? []).map(({ name, steps }) => stepList(name, steps)),
  ];
}

function stepList(name, steps) {
  return [`${name}:`, '', ...steps.map((step, index) => `${index + 1}. ${step}`)].join('\n');
}

const workOf = (runs) => summarize(runs, 'work').median;

const FIGURES = { work: seconds, wall: seconds, cpu: seconds, memory: megabytes, server: seconds };

/** Returns a line for each side: medians with ranges, and its time relative to ours. */
function resultRows(results, columns) {
  const shown = Object.entries({ ...FIGURES, ...columns }).filter(([figure]) =>
    results.some(({ runs }) => summaryText(runs, figure, String) !== ''),
  );
  const [ours] = results;
  const head = ['side', 'runs', ...shown.map(([figure]) => figure), 'work, ours = 1'];
  const lines = results.map(({ name, runs }) => [
    name,
    String(runs.length),
    ...shown.map(([figure, text]) => summaryText(runs, figure, text)),
    (workOf(runs) / workOf(ours.runs)).toFixed(2),
  ]);
  return [head, ...lines];
}

function table([head, ...lines]) {
  const row = (cells) => `| ${cells.join(' | ')} |`;
  return [row(head), row(head.map(() => '---')), ...lines.map(row)].join('\n');
}

module.exports = { report, resultRows };
