'use strict';

const path = require('node:path');
const { libraryName } = require('../../scripts/build');
const { cargo, cargoEnvironment, ROOT } = require('../../scripts/lib/cargo');

/** Builds the release addon in cargo's target folder, and returns its path. */
async function build() {
  await cargo(['build', '--release', '--locked']);
  const { CARGO_BUILD_TARGET: target, CARGO_TARGET_DIR: folder } = await cargoEnvironment();
  return path.resolve(ROOT, folder, target, 'release', libraryName(target));
}

module.exports = { build };
