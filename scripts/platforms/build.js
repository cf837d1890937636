'use strict';

// Builds the addon and Rust's tests for another platform, and runs these. Each platform has a target
// folder of its own, since it may be built by another compiler.

const path = require('node:path');
const { installAddon, libraryName } = require('../build');
const { cargo, cargoEnvironment, ROOT } = require('../lib/cargo');
const { run } = require('../lib/exec');
const { hasStandardLibrary } = require('./machines');
const { skippedRustTests } = require('./cannot-run');

/** Builds the addon, and puts it where binding.js looks for it. */
async function build(machine, { platform, release }) {
  const env = await environment(machine, platform);
  await compile(machine, 'build', { env, args: release ? ['--release'] : [] });
  const folder = path.join(env.CARGO_TARGET_DIR, machine.target, release ? 'release' : 'debug');
  return installAddon(path.resolve(ROOT, folder, libraryName(machine.target)), platform);
}

/** Runs Rust's tests, with the arguments of `cargo test`. */
async function testRust(machine, { platform, args }) {
  const skipped = skippedRustTests(platform).flatMap((name) => ['--skip', name]);
  const env = await environment(machine, platform);
  await compile(machine, 'test', { env, args: [...args, '--', ...skipped] });
}

/** Compiles the addon and its tests without linking them. */
async function check(machine, platform) {
  const env = await environment(machine, platform);
  await compile(machine, 'check', { env, args: ['--tests'] });
}

/** Runs a command of cargo for a platform. */
async function compile(machine, command, { env, args = [] }) {
  const all = ['--locked', '--lib', ...(await stdArgs(machine)), ...args];
  if (machine.compiler || machine.native) return cargo([command, ...all], { env });
  // As a program of its own, since `cargo zigbuild` can only build.
  const ofZig = command === 'build' ? 'zigbuild' : command;
  return run('cargo-zigbuild', [ofZig, ...all], { cwd: ROOT, env: { ...process.env, ...env } });
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

module.exports = { build, check, environment, testRust };
