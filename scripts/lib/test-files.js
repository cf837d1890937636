'use strict';

const fs = require('node:fs');
const path = require('node:path');

const FOLDER = path.join(__dirname, '..', '..', '__test__');

/**
 * Returns the test files whose path relative to `__test__` contains one of `nameParts`, or all of
 * them. They are listed one by one, since Node 18 and 20 run every file of a directory as a test
 * and Node 22 does not accept a directory.
 */
function testFiles(nameParts) {
  const isWanted = (name) =>
    nameParts.length === 0 || nameParts.some((part) => name.includes(part));
  const names = fs
    .readdirSync(FOLDER, { recursive: true })
    .map((name) => name.replaceAll(path.sep, '/'))
    .filter((name) => name.endsWith('.test.js') && isWanted(name))
    .sort();
  if (names.length === 0) {
    throw new Error(`no test file contains ${nameParts.join(' or ')} in its path`);
  }
  return names.map((name) => path.join(FOLDER, name));
}

module.exports = { testFiles };
