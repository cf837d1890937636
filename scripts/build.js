'use strict';

// Builds the native addon and puts it where binding.js looks for it: `npm run build` the small and fast one that is
// published, with `--release`; `npm run build:debug` the one of the tests. The first build takes minutes.
//
// This is plain cargo, because the CLI of napi-rs needs a newer Node.js than this project, and
// compiles with settings of its own: the Rust tests would compile everything a second time.

const fs = require('node:fs');
const path = require('node:path');
const { cargo, cargoEnvironment, ROOT } = require('./lib/cargo');
const { addonName, platformOf } = require('./lib/platforms');
const { runMain } = require('./lib/exec');

/** Builds the addon and returns its path. `onOutput` gets cargo's output, which is shown without it. */
async function build({ release = false, onOutput, signal } = {}) {
  const { CARGO_BUILD_TARGET: target, CARGO_TARGET_DIR: folder } = await cargoEnvironment();
  await cargo(['build', '--locked', ...(release ? ['--release'] : [])], {
    quiet: Boolean(onOutput),
    onOutput,
    signal,
  });
  const profile = release ? 'release' : 'debug';
  const built = path.join(folder, target, profile, libraryName(target));
  return installAddon(path.resolve(ROOT, built), platformOf(target));
}

/** Copies a built library to the place of a platform's addon, and returns that place. */
function installAddon(library, platform) {
  const addon = path.join(ROOT, addonName(platform));
  if (!isCopy(addon, library)) replaceFile(library, addon);
  return addon;
}

/** Returns the file name of the library that cargo builds for a target. */
function libraryName(target) {
  if (target.includes('windows')) return 'litexa_deploy_aws.dll';
  return `liblitexa_deploy_aws.${target.includes('apple') ? 'dylib' : 'so'}`;
}

// Dates have milliseconds only, and a copy gets its time from one.
function isCopy(file, original) {
  const [copied, source] = [file, original].map((one) =>
    fs.statSync(one, { throwIfNoEntry: false }),
  );
  return copied?.mtime.getTime() === source.mtime.getTime() && copied.size === source.size;
}

// A running process may have the old file loaded, so it is replaced and never written to.
function replaceFile(from, to) {
  const source = fs.statSync(from);
  const temporary = `${to}.${process.pid}.node`;
  fs.copyFileSync(from, temporary, fs.constants.COPYFILE_FICLONE);
  fs.utimesSync(temporary, source.atime, source.mtime);
  fs.renameSync(temporary, to);
}

module.exports = { build, installAddon, libraryName };

if (require.main === module) {
  runMain(async (args) => {
    const addon = await build({ release: args.includes('--release') });
    console.log(`${path.relative(ROOT, addon)}: ${fs.statSync(addon).size} bytes`);
  });
}
