'use strict';

// Fails if npm knows a vulnerability of a package that this repository installs, other than of those that
// are installed because of what that version does: `node scripts/lint/advisories.js`. Needs the network.
// The published package has no npm dependencies.

const { ROOT } = require('../lib/cargo');
const { runMain } = require('../lib/exec');
const { npm } = require('../lib/npm');

/** Packages whose version is the point, with the reason. They get the inputs of tests only. */
const ACCEPTED = {
  'aws-sdk': 'the shim is compared with this version 2, the last one',
  minimatch: '3.1.2 is the version of 0.9.0, and defines what a filter matches',
  uuid: 'aws-sdk version 2 pins it',
};

/**
 * Returns the advisories of a report by `npm audit --json`, as lines without those that are accepted.
 *
 * @param {{vulnerabilities: Record<string, {via: (string | object)[]}>}} report
 */
function unaccepted({ vulnerabilities }) {
  // A text in `via` names another entry, which has the advisory.
  const advisories = Object.values(vulnerabilities)
    .flatMap(({ via }) => via)
    .filter((one) => typeof one === 'object' && !Object.hasOwn(ACCEPTED, one.name));
  const lines = advisories.map(
    ({ name, range, severity, title, url }) => `${name} ${range}: ${title} (${severity}, ${url})`,
  );
  return [...new Set(lines)].sort();
}

module.exports = { unaccepted };

if (require.main === module) {
  runMain(async () => {
    // Without a level, npm does not fail because of a vulnerability.
    const args = ['audit', '--json', '--audit-level=none'];
    const found = unaccepted(JSON.parse(await npm(args, { cwd: ROOT, quiet: true })));
    if (found.length > 0) throw new Error(found.join('\n'));
  });
}
