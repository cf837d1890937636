'use strict';

// Builds the native addon and puts it where binding.js looks for it. `--release` makes the small
// and quick one that is published.
//
// Plain cargo does it: the CLI of napi-rs needs a newer Node than this project, and compiles with
// settings of its own, so that the Rust tests would compile everything a second time.

const fs = require('node:fs');
const path = require('node:path');
const { cargo, cargoEnvironment, ROOT } = require('./lib/cargo');
const { addonName, platformOf } = require('./lib/platforms');
const { runMain } = require('./lib/exec');

/** Builds the addon and returns its path. */
async function build({ release = false, signal } = {}) {
  const { CARGO_BUILD_TARGET: target, CARGO_TARGET_DIR: folder } = await cargoEnvironment();
  await cargo(['build', '--locked', ...(release ? ['--release'] : [])], { signal });
  const profile = release ? 'release' : 'debug';
  const built = path.join(folder, target, profile, libraryName(target));
  const addon = path.join(ROOT, addonName(platformOf(target)));
  copyIfNewer(path.resolve(ROOT, built), addon);
  return addon;
}

function libraryName(target) {
  if (target.includes('windows')) return 'litexa_deploy_aws.dll';
  return `liblitexa_deploy_aws.${target.includes('apple') ? 'dylib' : 'so'}`;
}

// A running process may have the old one loaded: a new file takes its place, and the old one is
// never written into.
function copyIfNewer(from, to) {
  const source = fs.statSync(from);
  const there = fs.statSync(to, { throwIfNoEntry: false });
  // A date has no more than milliseconds, and the copy gets its time from one.
  const isSameTime = there?.mtime.getTime() === source.mtime.getTime();
  if (isSameTime && there.size === source.size) return;
  const draft = `${to}.${process.pid}.node`;
  fs.copyFileSync(from, draft, fs.constants.COPYFILE_FICLONE);
  fs.utimesSync(draft, source.atime, source.mtime);
  fs.renameSync(draft, to);
}

module.exports = { build };

if (require.main === module) {
  runMain(async (args) => {
    const addon = await build({ release: args.includes('--release') });
    console.log(`${path.relative(ROOT, addon)}: ${fs.statSync(addon).size} bytes`);
  });
}
