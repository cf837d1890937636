'use strict';

// Builds the addon and Rust's tests for another platform, and runs these. Each platform has a target
// folder of its own, since it may be built by another compiler.

const path = require('node:path');
const { installAddon, libraryName } = require('../build');
const { cargo, cargoEnvironment, ROOT } = require('../lib/cargo');
const { hasStandardLibrary } = require('./machines');
const { skippedRustTests } = require('./cannot-run');

/** Builds the addon, and puts it where binding.js looks for it. */
async function build(machine, platform) {
  const env = await environment(machine, platform);
  const command = machine.compiler || machine.native ? 'build' : 'zigbuild';
  await cargo([command, '--locked', '--lib', ...(await stdArgs(machine))], { env });
  const built = path.join(
    env.CARGO_TARGET_DIR,
    machine.target,
    'debug',
    libraryName(machine.target),
  );
  return installAddon(path.resolve(ROOT, built), platform);
}

/** Runs Rust's tests, with the arguments of `cargo test`. */
async function testRust(machine, { platform, args }) {
  const env = await environment(machine, platform);
  const command = machine.compiler || machine.native ? ['test'] : ['zigbuild', 'test'];
  const skipped = skippedRustTests(platform).flatMap((name) => ['--skip', name]);
  const std = await stdArgs(machine);
  await cargo([...command, '--locked', '--lib', ...std, ...args, '--', ...skipped], { env });
}

/** Returns the variables with which cargo builds for a platform. */
async function environment(machine, platform) {
  const { CARGO_TARGET_DIR: folder } = await cargoEnvironment();
  const { target, compiler, runner } = machine;
  const upper = target.toUpperCase().replaceAll('-', '_');
  const lower = target.replaceAll('-', '_');
  const tools = compiler && {
    [`CARGO_TARGET_${upper}_LINKER`]: compiler.cc,
    [`CC_${lower}`]: compiler.cc,
    [`CXX_${lower}`]: compiler.cxx,
    [`AR_${lower}`]: compiler.ar,
  };
  return {
    ...tools,
    ...(runner && { [`CARGO_TARGET_${upper}_RUNNER`]: runner }),
    ...machine.env?.(),
    CARGO_TARGET_DIR: machine.native ? folder : `${path.resolve(ROOT, folder)}-${platform}`,
    CARGO_BUILD_TARGET: target,
    // `-Zbuild-std` is for nightly compilers otherwise.
    ...(!machine.native && { RUSTC_BOOTSTRAP: '1' }),
  };
}

async function stdArgs({ target, native }) {
  if (native || (await hasStandardLibrary(target))) return [];
  // With `test`, which only the tests need, so that both compile the same.
  return ['-Zbuild-std=std,panic_unwind,test'];
}

module.exports = { build, environment, testRust };
