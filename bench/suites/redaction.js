'use strict';

// Measures how the time to redact a line grows with its length.

const { median, megabytes, seconds } = require('../harness/stats');
const { removeDeployments } = require('../fixtures');
const { interleaved } = require('../harness/measure');
const { keyOf } = require('../fake-aws/start');
const { moduleProject, runModule, moduleFigures } = require('../harness/sync-tools');
const { GROUP } = require('./logs');

const KB = 1024;
/** The bytes of a pull. */
const TOTAL = 24 * 1024 * KB;
const LENGTHS = { '128 KB': 128 * KB, '1 MB': 1024 * KB };

/** The longest time that long lines may take, in those of short lines of the same bytes. */
const MAX_RATIO = 1.25;

/** Texts of which each part may begin a secret, and one of a skill. */
const PATTERNS = [
  'eyJ',
  "accessToken: '",
  'access_token=',
  'Authorization: a ',
  '%25',
  '{"intent":{"name":"POUR_TEA","slots":{"tea":{"value":"green"}}},"locale":"en-US"} ',
];

async function measure(bench) {
  await bench.fakeAws.latency(0);
  const rows = [];
  for (const pattern of PATTERNS) rows.push(await measurePattern(bench, pattern));
  return rows;
}

async function measurePattern(bench, pattern) {
  await bench.fakeAws.reset();
  const long = Object.entries(LENGTHS).map(([name, length]) =>
    side(bench, name, { pattern, length, count: TOTAL / length }),
  );
  const sides = [side(bench, 'ours', { pattern, length: 0, count: 1 }), ...long];
  for (const { name, size } of sides) {
    await bench.fakeAws.writeLogs({ key: keyOf(name), logGroupName: GROUP, ...size });
  }
  const results = await interleaved(sides, { ...bench, runs: Math.min(bench.runs, 3) });
  // CPU time, which other work on the machine changes less.
  const [none, ...cpu] = results.map(({ name }) => median(results, name, 'cpu'));
  const [ofShort, ofLong] = cpu.map((time) => time - none);
  const ratio = ofLong / ofShort;
  return {
    title: `Redaction: ${megabytes(TOTAL)} of lines that repeat ${JSON.stringify(pattern)}`,
    work: 'A pull of one request: with an empty line (ours), with lines of 128 KB, and with lines of 1 MB, of the same bytes in all.',
    check: 'Each pull found the request.',
    results,
    goals: [
      {
        text: `lines of 1 MB take at most ${MAX_RATIO} times as long as those of 128 KB`,
        measured: `${ratio.toFixed(2)} times (${seconds(ofLong)} and ${seconds(ofShort)})`,
        met: ratio <= MAX_RATIO,
      },
    ],
  };
}

function side(bench, name, lines) {
  const project = moduleProject(bench, name, { bucket: 'bench-logs' });
  return {
    name,
    size: { streams: 1, events: 0, lines },
    env: bench.fakeAws.env(name),
    prepare: () => removeDeployments(project),
    command: runModule({ module: bench.module, call: 'logs', project }),
    after(run) {
      const { result, ...figures } = moduleFigures(run.stdout);
      if (result.answered !== 1) throw new Error(`${result.answered} requests`);
      return figures;
    },
  };
}

module.exports = { measure };
