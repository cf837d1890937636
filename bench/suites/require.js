'use strict';

// Loading the module, which `litexa deploy` and `litexa logs` wait for.

const fs = require('node:fs');
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
  const addon = addonOf(bench.module);
  const sides = [
    side('ours', bench.module),
    addon && side('the addon alone', addon),
    bench.old && side('0.9.0', bench.old),
  ];
  const results = await interleaved(sides.filter(Boolean), bench);
  return [
    {
      title: '`require()` of the module',
      work: 'A new Node.js process loads the module and ends. The addon alone is the file `.node` without our JavaScript: Node.js maps, relocates and registers it, which no module with this addon can avoid.',
      check: '`work` is the time of `require()`, `added` the memory that it adds to the process.',
      results,
      columns: { added: megabytes },
      goals: [
        limitGoal('less than 5 ms', median(results, 'ours'), 0.005, seconds),
        ratioGoal('50 times as fast as 0.9.0', results, { side: '0.9.0', by: 50 }),
        ratioGoal("a quarter of the addon's rate, with three files of JavaScript", results, {
          side: 'the addon alone',
          by: 0.25,
        }),
        ratioGoal('a third of the memory of 0.9.0', results, {
          side: '0.9.0',
          by: 3,
          figure: 'added',
        }),
      ],
    },
  ];
}

/** Returns the path of the module's addon, unless that is in a package of its own. */
function addonOf(module) {
  const addon = fs.readdirSync(module).find((file) => file.endsWith('.node'));
  return addon && path.join(module, addon);
}

module.exports = { measure };
