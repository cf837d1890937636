'use strict';

// The versions of Node.js, by their support. Runs on versions that the rest does not run on.

const { engines } = require('../../package.json');

/** The lowest version that this module runs on. */
const LOWEST = engines.node.replace('>=', '');

/** Their ends of support (https://github.com/nodejs/release#release-schedule). */
const ENDS = {
  18: '2025-04-30',
  19: '2023-06-01',
  20: '2026-04-30',
  21: '2024-06-01',
  22: '2027-04-30',
  23: '2025-06-01',
  24: '2028-04-30',
  25: '2026-06-01',
  26: '2029-04-30',
};

/** Returns whether this module does not run on a version, such as `18.6.0`. */
function isTooOld(version) {
  const [major, minor] = version.split('.').map(Number);
  const [lowestMajor, lowestMinor] = LOWEST.split('.').map(Number);
  return major < lowestMajor || (major === lowestMajor && minor < lowestMinor);
}

/** Returns the day on which the support of a version has ended; undefined if it goes on. */
function endedSupport(major, today) {
  const end = ENDS[major];
  return end !== undefined && new Date(end) <= today ? end : undefined;
}

/** Returns which version to install: those with long-term support have even numbers. */
function toInstall(today) {
  const supported = Object.keys(ENDS).filter(
    (major) => major % 2 === 0 && endedSupport(major, today) === undefined,
  );
  if (supported.length === 0) {
    return 'Install a version that https://nodejs.org/en/about/previous-releases lists as supported';
  }
  const versions = supported.reverse().map((major) => `${major} (supported until ${ENDS[major]})`);
  return `Install Node.js ${versions.join(', ').replace(/, ([^,]*)$/, ' or $1')}`;
}

module.exports = { LOWEST, endedSupport, isTooOld, toInstall };
