'use strict';

// `npm test`: installs what is missing, builds the addon and runs all tests.
// `npm run test:rust -- <cargo test's arguments>`, `npm run test:js -- <part of a file name>…`

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

// Node 18 and 20 take a folder's every file for a test, Node 22 takes no folder at all.
function testFiles(nameParts) {
  const isWanted = (name) =>
    nameParts.length === 0 || nameParts.some((part) => name.includes(part));
  const names = fs
    .readdirSync(FOLDER)
    .filter((name) => name.endsWith('.test.js') && isWanted(name));
  if (names.length === 0)
    throw new Error(`No test file's name has ${nameParts.join(' or ')} in it`);
  return names.map((name) => path.join(FOLDER, name));
}

runMain(async ([what, ...args]) => {
  if (what === 'rust') return testRust(args);
  if (what === 'js') return testJavaScript(args);
  await testRust();
  return testJavaScript();
});
