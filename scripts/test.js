'use strict';

// `npm test`: installs what is missing, builds the addon and runs all tests.
// `npm run test:rust -- <cargo test's arguments>`, `npm run test:js -- <part of a path below __test__>…`

const fs = require('node:fs');
const path = require('node:path');
const { build } = require('./build');
const { cargo, ROOT } = require('./lib/cargo');
const { installEmulator } = require('./lib/emulator');
const { installDevDependencies } = require('./lib/npm');
const { run, runMain } = require('./lib/exec');

const FOLDER = path.join(ROOT, '__test__');

async function testRust(args = []) {
  await cargo(['test', '--locked', ...args]);
  // The fuzz targets' seeds, without the fuzzer.
  const fuzz = ['--no-default-features', '--manifest-path', 'fuzz/Cargo.toml'];
  await cargo(['test', '--locked', ...fuzz, ...args]);
}

async function testJavaScript(nameParts = []) {
  await installDevDependencies({ log: console.log });
  await installEmulator({ log: console.log });
  await build();
  await run(process.execPath, ['--test', ...testFiles(nameParts)], { cwd: ROOT });
}

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

runMain(async ([what, ...args]) => {
  if (what === 'rust') return testRust(args);
  if (what === 'js') return testJavaScript(args);
  await testRust();
  return testJavaScript();
});
