'use strict';

// Builds a Linux addon as it is published: `npm run build:portable -- linux-x64-gnu`.
//
// An addon needs at least the glibc that it was linked with, and most machines have a new one.
// `cargo zigbuild` links with zig, which knows what each glibc had, and musl too. So an addon runs
// on old systems wherever it was built. Both tools come from PyPI: ziglang and cargo-zigbuild.

const fs = require('node:fs');
const path = require('node:path');
const { cargo, cargoEnvironment, ROOT } = require('./lib/cargo');
const { linuxFault, OLDEST_GLIBC } = require('./release/check-addon');
const { addonName, targetOf } = require('./lib/platforms');
const { runMain } = require('./lib/exec');

/** Builds the addon of a Linux platform and returns its path. */
async function buildPortable(platform) {
  const target = targetOf(platform);
  if (!target.includes('linux')) throw new Error(`${platform} is no Linux: use "npm run build"`);
  const zigTarget = target.endsWith('gnu') ? `${target}.${OLDEST_GLIBC}` : target;
  await cargo(['zigbuild', '--locked', '--release', '--target', zigTarget]);

  const { CARGO_TARGET_DIR: folder } = await cargoEnvironment();
  const built = path.join(folder, target, 'release', 'liblitexa_deploy_aws.so');
  const fault = linuxFault(path.resolve(ROOT, built), platform);
  if (fault) throw new Error(`${built} cannot be published: ${fault}`);
  const addon = path.join(ROOT, addonName(platform));
  replace(path.resolve(ROOT, built), addon);
  return addon;
}

// A running process may have the old one loaded: a new file takes its place.
function replace(from, to) {
  const draft = `${to}.${process.pid}.node`;
  fs.copyFileSync(from, draft, fs.constants.COPYFILE_FICLONE);
  fs.renameSync(draft, to);
}

runMain(async ([platform]) => {
  if (!platform)
    throw new Error('Which platform? Such as: npm run build:portable -- linux-x64-gnu');
  const addon = await buildPortable(platform);
  console.log(`${path.relative(ROOT, addon)}: ${fs.statSync(addon).size} bytes`);
});
