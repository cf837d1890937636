'use strict';

// Checks the spelling of every file: `node scripts/lint/typos.js [path…]`. The program `typos` comes
// from PyPI; .typos.toml has the words that it should accept.

const { ROOT } = require('../lib/cargo');
const { run, runMain } = require('../lib/exec');
const { installFromPyPi, programOf, succeeds } = require('../lib/python');

/** Fails with the misspelled words below the paths. */
async function checkSpelling(paths = ['.']) {
  const isUsable = (folder) => succeeds(programOf(folder, 'typos'), ['--version']);
  const folder = await installFromPyPi('typos', isUsable, { log: console.log });
  const args = ['--format', 'brief', '--force-exclude', '--config', '.typos.toml', ...paths];
  await run(programOf(folder, 'typos'), args, { cwd: ROOT, quiet: true });
}

module.exports = { checkSpelling };

if (require.main === module) {
  runMain((paths) => checkSpelling(paths.length > 0 ? paths : undefined));
}
