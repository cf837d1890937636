'use strict';

// Loading the module, which every command of the CLI waits for.

const path = require('node:path');
const { limitGoal, median, megabytes, ratioGoal, seconds } = require('../harness/stats');
const { interleaved } = require('../harness/measure');
const { moduleFigures } = require('../harness/sync-tools');

const SCRIPT = path.join(__dirname, '..', 'harness', 'run-require.js');

async function measure(bench) {
  const side = (name, module) => ({
    name,
    command: [process.execPath, SCRIPT, module],
    after: ({ stdout }) => moduleFigures(stdout),
  });
  const sides = [side('ours', bench.module), bench.old && side('0.9.0', bench.old)];
  const results = await interleaved(sides.filter(Boolean), {
    ...bench,
    runs: bench.quick ? 3 : 15,
  });
  return [
    {
      title: '`require()` of the module',
      work: 'A new Node.js process loads the module and ends.',
      check: '`work` is the time of `require()`, `added` the memory that it adds to the process.',
      results,
      columns: { added: megabytes },
      goals: [
        limitGoal('less than 5 ms', median(results, 'ours'), 0.005, seconds),
        ratioGoal('100 times as fast as 0.9.0', results, { side: '0.9.0', by: 100 }),
        ratioGoal('a third of the memory of 0.9.0', results, {
          side: '0.9.0',
          by: 3,
          figure: 'added',
        }),
      ],
    },
  ];
}

module.exports = { measure };
