'use strict';

// Measures programs, each in a fresh process. Programs that are compared run alternately, because the
// performance of a machine drifts over minutes.

const { execFile } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const { promisify } = require('node:util');

const RUSAGE = path.join(__dirname, 'rusage.py');

/** A side that has taken this long gets only the minimum of runs. */
const MAX_SIDE_SECONDS = 90;
const MIN_RUNS = 3;

/** Sides with shorter runs than this vary much, and get more of them, unless single runs are asked for. */
const SHORT_SECONDS = 0.5;
const SHORT_RUNS = 15;

/**
 * Runs one program to its end.
 *
 * @param {{command: string[], env?: object, cwd?: string}} program
 * @param {string} folder the folder for its output, in the files `stdout` and `stderr`
 * @returns {Promise<{wall: number, cpu: number, memory: number, stdout: string}>} seconds, bytes,
 *   and the path of the file with its output
 */
async function runOnce({ command, env, cwd }, folder) {
  const [stdout, stderr] = ['stdout', 'stderr'].map((name) => path.join(folder, name));
  const args = [RUSAGE, stdout, stderr, ...command];
  const measured = await promisify(execFile)('python3', args, { env, cwd });
  const { code, ...usage } = JSON.parse(measured.stdout);
  if (code !== 0) {
    const output = fs.readFileSync(stderr, 'utf8') + fs.readFileSync(stdout, 'utf8').slice(-2000);
    throw new Error(`${command.join(' ')} failed with ${code}:\n${output}`);
  }
  return { ...usage, stdout };
}

/**
 * Runs sides alternately, A B A B.
 *
 * @param {object[]} sides `{name, prepare?, command, env?, cwd?, after?}`: each run is preceded
 *   by `prepare`, which is not measured, and followed by `after(run)`, whose result is added to the
 *   run's figures
 * @returns {Promise<object[]>} `{name, runs}` for each side. A run's `work` is its wall time unless
 *   `after` returns it: modules run within the CLI, whose start does not count
 */
async function interleaved(sides, { runs, folder, say = () => {} }) {
  const results = sides.map(({ name }) => ({ name, runs: [] }));
  const rounds = runs === 1 ? 1 : Math.max(runs, SHORT_RUNS);
  for (let round = 0; round < rounds; round++) {
    // A side that is left alone is compared with nothing.
    if (round >= runs && results.filter(isShort).length < 2) break;
    for (const [index, side] of sides.entries()) {
      const result = results[index];
      if (isSlow(result) || (round >= runs && !isShort(result))) continue;
      await side.prepare?.();
      const run = await runOnce(side, folder);
      const more = await side.after?.(run);
      result.runs.push({ work: run.wall, ...run, ...more });
      say(`${side.name}: ${run.wall.toFixed(2)} s`);
    }
  }
  return results;
}

function isShort({ runs }) {
  return summarize(runs, 'wall').median < SHORT_SECONDS;
}

function isSlow({ runs }) {
  const spent = runs.reduce((sum, { wall }) => sum + wall, 0);
  return runs.length >= MIN_RUNS && spent > MAX_SIDE_SECONDS;
}

/** Returns `{median, min, max}` of one figure of the runs, or undefined if they do not have it. */
function summarize(runs, figure) {
  const sorted = runs
    .map((run) => run[figure])
    .filter((value) => value !== undefined && value !== null)
    .sort((a, b) => a - b);
  if (sorted.length === 0) return undefined;
  const half = sorted.length / 2;
  const median = (sorted[Math.ceil(half) - 1] + sorted[Math.floor(half)]) / 2;
  return { median, min: sorted[0], max: sorted.at(-1) };
}

module.exports = { runOnce, interleaved, summarize };
