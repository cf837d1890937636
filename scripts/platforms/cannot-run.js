'use strict';

// Reads cannot-run.json: for each platform, the tests that cannot pass where it is imitated, by reason.

const TABLE = require('./cannot-run.json');

/** Returns the part of Rust's tests that cannot run. */
function skippedRustTests(platform) {
  return (TABLE[platform] ?? []).flatMap(({ rust = [] }) => rust);
}

/**
 * Returns which tests of a file cannot pass.
 *
 * @param {string} platform
 * @param {string} file relative to __test__
 * @returns {'all' | Set<string>} the names of tests, or all of them
 */
function failingTests(platform, file) {
  const lists = (TABLE[platform] ?? []).map(({ js = {} }) => js[file] ?? []);
  return lists.includes('all') ? 'all' : new Set(lists.flat());
}

/**
 * Compares the failures of a file with the list.
 *
 * @param {'all' | Set<string>} listed of `failingTests`
 * @param {{failed: string[], passed: string[], exit: number | string}} result
 * @returns {string[]} what is wrong
 */
function problemsOf(listed, { failed, passed, exit }) {
  const unlisted = failed.filter((name) => !listed.has(name)).map((name) => `fails: ${name}`);
  const stale = passed
    .filter((name) => listed.has(name))
    .map((name) => `passes, and must be removed from cannot-run.json: ${name}`);
  const isExplained = exit === 0 || (exit === 1 && failed.length > 0);
  return [...unlisted, ...stale, ...(isExplained ? [] : [`ended with ${exit}`])];
}

module.exports = { failingTests, problemsOf, skippedRustTests };
