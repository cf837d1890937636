'use strict';

// Describes how each platform is imitated on Linux: the Rust target, the compilers, and the programs that
// have to be installed.

const fs = require('node:fs');
const path = require('node:path');
const { succeeds } = require('../lib/python');
const { run } = require('../lib/exec');
const wine = require('./wine');

/** A compiler of the distribution for another platform. */
const gcc = (prefix, suffix = '') => ({
  cc: `${prefix}-gcc${suffix}`,
  cxx: `${prefix}-g++${suffix}`,
  ar: `${prefix}-ar`,
});

/**
 * @typedef {object} Machine
 * @property {string} target the Rust target
 * @property {{cc: string, cxx: string, ar: string}} [compiler] without one, zig compiles
 * @property {string[]} nodePackage the npm package with Node.js, or the wheels of PyPI's
 * @property {Record<string, string>} programs what has to be on the PATH, and its Debian package
 * @property {() => Promise<void>} [prepare] runs before the build
 * @property {() => object} [env] additional variables of the build and the tests
 * @property {boolean} [onlyCompiles] whether nothing of the platform can run here
 * @property {string} [runner] the program that runs others
 */

const ZIG = { 'cargo-zigbuild': 'cargo-zigbuild and ziglang, from .github/zig-requirements.txt' };

/** @type {Record<string, Machine>} */
const MACHINES = {
  'linux-x64-gnu': { target: 'x86_64-unknown-linux-gnu', native: true, programs: {} },
  'win32-x64-msvc': {
    // The tests need no Visual C++: this differs from the published addon in the C runtime.
    target: 'x86_64-pc-windows-gnu',
    compiler: gcc('x86_64-w64-mingw32', '-posix'),
    programs: {
      'x86_64-w64-mingw32-gcc-posix': 'gcc-mingw-w64-x86-64',
      'x86_64-w64-mingw32-g++-posix': 'g++-mingw-w64-x86-64',
      nasm: 'nasm',
      wine: 'wine, wine64',
    },
    ...wine,
  },
  'linux-arm64-gnu': {
    target: 'aarch64-unknown-linux-gnu',
    compiler: gcc('aarch64-linux-gnu'),
    programs: {
      'aarch64-linux-gnu-gcc': 'gcc-aarch64-linux-gnu, libc6-dev-arm64-cross',
      'aarch64-linux-gnu-g++': 'g++-aarch64-linux-gnu',
    },
  },
  'linux-x64-musl': { target: 'x86_64-unknown-linux-musl', programs: ZIG },
  'linux-arm64-musl': { target: 'aarch64-unknown-linux-musl', programs: ZIG },
  // Nothing can be linked without Apple's SDK, and nothing imitates macOS.
  'darwin-arm64': { target: 'aarch64-apple-darwin', programs: ZIG, onlyCompiles: true },
  'darwin-x64': { target: 'x86_64-apple-darwin', programs: ZIG, onlyCompiles: true },
};

/** Returns what is missing on this machine, each with how to install it. */
async function missingTools({ target, native, programs }) {
  if (process.platform !== 'linux' || process.arch !== 'x64') return ['Linux on x86-64'];
  const absent = Object.entries(programs)
    .filter(([program]) => !isOnPath(program))
    .map(([program, from]) => `the program ${program}: install ${from}`);
  if (native || (await hasStandardLibrary(target)) || (await hasRustSources())) return absent;
  const rust =
    `Rust's standard library for ${target}, or its sources: "rustup target add ${target}", ` +
    '"rustup component add rust-src", or Debian\'s rustc-web and rust-web-src with RUSTC=<its rustc>';
  return [...absent, rust];
}

function isOnPath(program) {
  const folders = process.env.PATH.split(path.delimiter);
  return folders.some((folder) => fs.existsSync(path.join(folder, program)));
}

const rustc = (...args) => run(process.env.RUSTC || 'rustc', args, { quiet: true });

/** Returns whether the compiler brings its compiled standard library for a target. */
async function hasStandardLibrary(target) {
  const folder = (await rustc('--print', 'target-libdir', '--target', target)).trim();
  return fs.existsSync(folder) && fs.readdirSync(folder).some((name) => /^libstd-/.test(name));
}

async function hasRustSources() {
  const root = (await rustc('--print', 'sysroot')).trim();
  return fs.existsSync(path.join(root, 'lib', 'rustlib', 'src', 'rust', 'library', 'std'));
}

/** Returns why a program of the platform does not run here, if it does not. */
async function runError(machine, node) {
  if (machine.runner || (await succeeds(node, ['--version']))) return undefined;
  if (machine.target.startsWith('aarch64') && machine.compiler) {
    return 'install qemu-user-static, binfmt-support, libc6:arm64 and libstdc++6:arm64';
  }
  const arm = machine.target.startsWith('aarch64')
    ? ':arm64, qemu-user-static and binfmt-support'
    : '';
  return `install musl${arm}; musl must be version 1.2.4 or later`;
}

module.exports = { MACHINES, hasStandardLibrary, missingTools, runError };
