'use strict';

const path = require('node:path');
const { cargo, cargoEnvironment, ROOT } = require('../../scripts/lib/cargo');

const LIBRARIES = {
  linux: 'liblitexa_deploy_aws.so',
  darwin: 'liblitexa_deploy_aws.dylib',
  win32: 'litexa_deploy_aws.dll',
};

/** Builds the release addon in cargo's target folder, and returns its path. */
async function build() {
  await cargo(['build', '--release', '--locked']);
  const { CARGO_BUILD_TARGET: target, CARGO_TARGET_DIR: folder } = await cargoEnvironment();
  return path.resolve(ROOT, folder, target, 'release', LIBRARIES[process.platform]);
}

module.exports = { build };
