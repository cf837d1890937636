'use strict';

// The platforms for which the addon is published: the names follow the convention of napi-rs, and
// stand in the name of the addon's file, of its npm package, and of that package's folder in npm/.

const PLATFORMS = {
  'linux-x64-gnu': 'x86_64-unknown-linux-gnu',
  'linux-arm64-gnu': 'aarch64-unknown-linux-gnu',
  'linux-x64-musl': 'x86_64-unknown-linux-musl',
  'linux-arm64-musl': 'aarch64-unknown-linux-musl',
  'darwin-x64': 'x86_64-apple-darwin',
  'darwin-arm64': 'aarch64-apple-darwin',
  'win32-x64-msvc': 'x86_64-pc-windows-msvc',
};

/** What Rust calls a platform. */
function targetOf(platform) {
  const target = PLATFORMS[platform];
  if (!target) {
    const known = Object.keys(PLATFORMS).join(', ');
    throw new Error(`${platform} is none of the platforms that are published: ${known}`);
  }
  return target;
}

/**
 * What the addon for a Rust target is called. Who builds for a target that is not published does
 * so on such a machine, whose name is what Node tells; binding.js looks for that one, too.
 */
function platformOf(target) {
  const published = Object.keys(PLATFORMS).find((platform) => PLATFORMS[platform] === target);
  if (published) return published;
  const abi = { linux: target.includes('musl') ? '-musl' : '-gnu', win32: '-msvc' };
  return `${process.platform}-${process.arch}${abi[process.platform] ?? ''}`;
}

/** The name of the addon's file. */
function addonName(platform) {
  return `deploy-aws.${platform}.node`;
}

/** The name of the npm package that holds the addon. */
function packageName(platform) {
  return `@litexa/deploy-aws-${platform}`;
}

module.exports = { PLATFORMS, targetOf, platformOf, addonName, packageName };
