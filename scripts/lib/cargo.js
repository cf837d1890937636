'use strict';

// Runs cargo with one target and one folder, so that the AWS SDK is compiled once for the addon and
// the Rust tests.

const path = require('node:path');
const { cacheDir } = require('./cache-dir');
const { run } = require('./exec');

const ROOT = path.join(__dirname, '..', '..');

/** Returns the environment in which calls of cargo share their compiled files. */
async function cargoEnvironment() {
  return {
    // On Windows, AWS-LC contains its assembly precompiled for machines without NASM.
    ...(process.platform === 'win32' && { AWS_LC_SYS_PREBUILT_NASM: '1' }),
    ...process.env,
    CARGO_TARGET_DIR: process.env.CARGO_TARGET_DIR || path.join(cacheDir(), 'target'),
    CARGO_BUILD_TARGET: process.env.CARGO_BUILD_TARGET || (await hostTarget()),
  };
}

async function hostTarget() {
  const version = await withRust(run('rustc', ['-vV'], { quiet: true, cwd: ROOT }));
  return /^host: (.+)$/m.exec(version)[1].trim();
}

/** Runs cargo in the project. Options as those of `run`. */
async function cargo(args, options = {}) {
  const env = { ...(await cargoEnvironment()), ...options.env };
  return withRust(run('cargo', args, { ...options, cwd: ROOT, env }));
}

function withRust(running) {
  return running.catch((error) => {
    if (error.code !== 'ENOENT') throw error;
    throw new Error(
      'cannot find cargo on the PATH. Building this module requires Rust: https://rustup.rs',
    );
  });
}

module.exports = { cargo, cargoEnvironment, ROOT };
