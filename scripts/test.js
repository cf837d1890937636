'use strict';

// `npm test`: installs what is missing, builds the addon and runs all tests.
// `npm run test:rust -- <cargo test's arguments>` runs Rust tests; `npm run test:js -- <part of a path below
// __test__>…` builds the addon as well. `node --test <file>` does not.

const os = require('node:os');
const { build } = require('./build');
const { cargo, ROOT } = require('./lib/cargo');
const { installEmulator } = require('./lib/emulator');
const { installDevDependencies } = require('./lib/npm');
const { testFiles } = require('./lib/test-files');
const { run, runMain } = require('./lib/exec');

async function testRust(args = []) {
  await cargo(['test', '--locked', ...args]);
  // A filter is for the tests that it names.
  if (args.some((argument) => !argument.startsWith('-'))) return;
  // The fuzz targets' seeds, without the fuzzer. The test is named since cargo, given a part of a test's name, also
  // compiles the tests of the library, which run above.
  const fuzz = ['--no-default-features', '--manifest-path', 'fuzz/Cargo.toml', '--test', 'corpus'];
  await cargo(['test', '--locked', ...fuzz, ...args]);
}

async function testJavaScript(nameParts = []) {
  // A name without a test file is an error before anything is compiled.
  const files = testFiles(nameParts);
  await installDevDependencies({ log: console.log });
  await installEmulator({ log: console.log });
  await build();
  await run(process.execPath, ['--test', ...concurrency(), ...files], { cwd: ROOT });
}

/** By default, Node.js leaves one core unused, but a test waits for its servers most of the time. */
function concurrency() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  const isKnown = major > 20 || (major === 20 && minor >= 10);
  return isKnown ? [`--test-concurrency=${os.availableParallelism()}`] : [];
}

/** Whether the arguments are those of cargo. */
const isForCargo = process.argv[2] === 'rust';

runMain(
  async ([what, ...args]) => {
    if (isForCargo) return testRust(args);
    if (what === 'js') return testJavaScript(args);
    if (what !== undefined) throw new Error(`npm test takes no arguments, but has ${what}`);
    await testRust();
    return testJavaScript();
  },
  { anyOption: isForCargo },
);
