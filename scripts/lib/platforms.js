'use strict';

// Names the platforms of the published addons, as napi-rs does. package.json lists their Rust
// targets; a name such as `linux-x64-gnu` is part of the addon's file name, of its npm package, and
// of that package's folder in npm/.

const { targets } = require('../../package.json').napi;

const CPUS = { x86_64: 'x64', aarch64: 'arm64' };
const SYSTEMS = { linux: 'linux', darwin: 'darwin', windows: 'win32' };

/** The Rust target of each platform. */
const PLATFORMS = Object.fromEntries(targets.map((target) => [nameOf(target), target]));

function nameOf(target) {
  const [cpu, , system, ...abi] = target.split('-');
  return [SYSTEMS[system], CPUS[cpu], ...abi].join('-');
}

/** Returns the Rust target of a published platform. */
function targetOf(platform) {
  const target = PLATFORMS[platform];
  if (target) return target;
  const known = Object.keys(PLATFORMS).join(', ');
  throw new Error(`'${platform}' is not a published platform. Published are: ${known}`);
}

/**
 * Returns the platform of a Rust target. A target that is not published is built on a machine of its
 * own kind, so Node.js knows the name; binding.js looks for that one as well.
 */
function platformOf(target) {
  const published = Object.keys(PLATFORMS).find((platform) => PLATFORMS[platform] === target);
  if (published) return published;
  const abi = { linux: target.includes('musl') ? '-musl' : '-gnu', win32: '-msvc' };
  return `${process.platform}-${process.arch}${abi[process.platform] ?? ''}`;
}

/** Returns the file name of a platform's addon. */
function addonName(platform) {
  return `deploy-aws.${platform}.node`;
}

/** Returns the name of the npm package with a platform's addon. */
function packageName(platform) {
  return `@litexa/deploy-aws-${platform}`;
}

module.exports = { PLATFORMS, targetOf, platformOf, addonName, packageName };
