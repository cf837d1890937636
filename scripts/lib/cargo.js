'use strict';

// Every call of cargo goes through here, so that the addon and the Rust tests are compiled in the
// same folder, for the same target, and the AWS SDK only once for both.

const path = require('node:path');
const { cacheFolder } = require('./cache-dir');
const { run } = require('./exec');

const ROOT = path.join(__dirname, '..', '..');

/** The environment that makes calls of cargo share what they compile. */
async function cargoEnvironment() {
  return {
    // On Windows, AWS-LC brings its assembly ready-made for those who have no NASM.
    ...(process.platform === 'win32' && { AWS_LC_SYS_PREBUILT_NASM: '1' }),
    ...process.env,
    CARGO_TARGET_DIR: process.env.CARGO_TARGET_DIR || path.join(cacheFolder(), 'target'),
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
    throw new Error('Rust is needed to build this module, and its cargo is not on the PATH');
  });
}

module.exports = { cargo, cargoEnvironment, ROOT };
