'use strict';

// Builds the addon for another platform, and runs the tests on it with what imitates that platform on
// Linux: `npm run test:platforms -- <platform> [rust|js] [--release] [part of a test's path]…`.
// `--release` builds the addon as the published one: in qemu it needs a third of a debug addon's time.
//
// Windows is imitated by Wine, ARM64 by qemu; musl runs beside glibc. For macOS, all is only compiled.
// cannot-run.json lists the tests that fail for a reason outside of this project. Any other failure fails
// the command, and so does a test of that list that passes.

const { build, check, testRust } = require('./build');
const { installDevDependencies } = require('../lib/npm');
const { runMain } = require('../lib/exec');
const { testFiles } = require('../lib/test-files');
const { MACHINES, missingTools } = require('./machines');
const { nodeProgram } = require('./node-program');
const { testJavaScript } = require('./test-js');

const WHAT = ['rust', 'js'];

async function main([platform, ...rest]) {
  const machine = MACHINES[platform];
  if (!machine) throw new Error(`Name a platform: ${Object.keys(MACHINES).join(', ')}`);
  const missing = await missingTools(machine);
  if (missing.length > 0) {
    throw new Error(`${platform} cannot be tested on this machine:\n- ${missing.join('\n- ')}`);
  }
  const what = WHAT.includes(rest[0]) ? [rest.shift()] : WHAT;
  const release = what.includes('js') && rest.includes('--release');
  const args = release ? rest.filter((arg) => arg !== '--release') : rest;
  if (machine.onlyCompiles) return check(machine, platform);
  await machine.prepare?.();
  if (what.includes('js')) {
    const files = testFiles(args);
    const node = await nodeProgram(machine, platform);
    await installDevDependencies({ log: console.log });
    await build(machine, { platform, release });
    await testJavaScript(machine, { platform, node, files });
  }
  if (what.includes('rust')) await testRust(machine, { platform, args });
}

runMain(main);
