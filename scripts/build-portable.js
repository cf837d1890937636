'use strict';

// Builds a Linux addon as it is published: `npm run build:portable -- linux-x64-gnu`.
//
// An addon needs at least the glibc that it was linked with, and most machines have a new one.
// `cargo zigbuild` links with zig, which knows the symbols of each glibc, and of musl. So the addon
// runs on old systems, whichever machine built it. Both tools come from PyPI: ziglang and
// cargo-zigbuild.

const fs = require('node:fs');
const path = require('node:path');
const { installAddon } = require('./build');
const { cargo, cargoEnvironment, ROOT } = require('./lib/cargo');
const { MIN_GLIBC, publishingError } = require('./release/check-addon');
const { targetOf } = require('./lib/platforms');
const { runMain } = require('./lib/exec');

/** Builds the addon of a Linux platform and returns its path. */
async function buildPortable(platform) {
  const target = targetOf(platform);
  if (!target.includes('linux'))
    throw new Error(`${platform} is not a Linux platform: use "npm run build"`);
  const zigTarget = target.endsWith('gnu') ? `${target}.${MIN_GLIBC}` : target;
  await cargo(['zigbuild', '--locked', '--release', '--target', zigTarget]);

  const { CARGO_TARGET_DIR: folder } = await cargoEnvironment();
  const library = path.join(folder, target, 'release', 'liblitexa_deploy_aws.so');
  const built = path.resolve(ROOT, library);
  const error = publishingError(built, platform);
  if (error) throw new Error(`${built} cannot be published: ${error}`);
  return installAddon(built, platform);
}

runMain(async ([platform]) => {
  if (!platform) {
    throw new Error('Name a platform, such as: npm run build:portable -- linux-x64-gnu');
  }
  const addon = await buildPortable(platform);
  console.log(`${path.relative(ROOT, addon)}: ${fs.statSync(addon).size} bytes`);
});
