'use strict';

// Checks the workflows of GitHub Actions: `node scripts/lint/workflows.js [file…]`. The program `zizmor`
// comes from PyPI; .github/zizmor.yml has what it may report.

const { ROOT } = require('../lib/cargo');
const { run, runMain } = require('../lib/exec');
const { installFromPyPi, programOf, succeeds } = require('../lib/python');

/** Without requests to GitHub, also where a token is in the environment. */
const OFFLINE = ['--offline', '--no-progress', '--quiet'];
/** A file that is not a valid workflow fails, too. */
const STRICT = ['--strict-collection', '--persona=pedantic', '--config', '.github/zizmor.yml'];

/** Fails with what zizmor reports about the workflows. */
async function checkWorkflows(paths = ['.github']) {
  const isUsable = (folder) => succeeds(programOf(folder, 'zizmor'), ['--version']);
  const folder = await installFromPyPi('zizmor', isUsable, { log: console.log });
  const args = [...OFFLINE, ...STRICT, '--format=plain', '--color=never', ...paths];
  await run(programOf(folder, 'zizmor'), args, { cwd: ROOT, quiet: true });
}

module.exports = { checkWorkflows };

if (require.main === module) {
  runMain((paths) => checkWorkflows(paths.length > 0 ? paths : undefined));
}
