'use strict';

// `npm test`: installs what is missing, builds the addon and runs all tests.
// `npm run test:rust -- <cargo test's arguments>`, `npm run test:js -- <part of a path below __test__>…`

const { build } = require('./build');
const { cargo, ROOT } = require('./lib/cargo');
const { installEmulator } = require('./lib/emulator');
const { installDevDependencies } = require('./lib/npm');
const { testFiles } = require('./lib/test-files');
const { run, runMain } = require('./lib/exec');

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

runMain(async ([what, ...args]) => {
  if (what === 'rust') return testRust(args);
  if (what === 'js') return testJavaScript(args);
  await testRust();
  return testJavaScript();
});
