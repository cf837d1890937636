'use strict';

// Loads the native addon: one that was built here, otherwise that of this platform's package. A package
// must have the version of this one. Both packages for Linux, glibc and musl, can be installed: only that
// of this process's C library is loaded, since the other could load as well, where both libraries are,
// and crash later.

const fs = require('node:fs');
const { DeployError } = require('./errors');

const { arch, platform } = process;

/** Linkers write the path of the dynamic loader into the first page of a program. Other tools may move it. */
const FIRST_PAGE_BYTES = 4096;

/** The platforms with a package. Addons for other platforms can be built, and are found as well. */
const PUBLISHED = [
  'linux-x64-gnu',
  'linux-arm64-gnu',
  'linux-x64-musl',
  'linux-arm64-musl',
  'darwin-x64',
  'darwin-arm64',
  'win32-x64-msvc',
];

/** Returns the name of this platform, as napi-rs defines it. */
function thisPlatform() {
  if (platform === 'linux') return `linux-${arch}-${isMusl() ? 'musl' : 'gnu'}`;
  return platform === 'win32' ? `win32-${arch}-msvc` : `${platform}-${arch}`;
}

// The process's report has the C library, too, but takes up to 30 ms.
function isMusl() {
  const start = firstPageOf(process.execPath);
  if (start.includes('/ld-musl-')) return true;
  return !start.includes('/ld-linux') && !glibcVersion();
}

/** Returns the beginning of a program as text, which is empty if it cannot be read. */
function firstPageOf(program) {
  const page = Buffer.alloc(FIRST_PAGE_BYTES);
  let file;
  try {
    file = fs.openSync(program);
    fs.readSync(file, page);
  } catch {
    // The program was removed, or cannot be read.
  } finally {
    if (file !== undefined) fs.closeSync(file);
  }
  return page.toString('latin1');
}

function glibcVersion() {
  process.report.excludeNetwork = true;
  return process.report.getReport().header.glibcVersionRuntime;
}

function load() {
  const kind = thisPlatform();
  const failures = [];
  const candidates = [
    [`./deploy-aws.${kind}.node`, require],
    [packageName(kind), loadPackage],
  ];
  for (const [name, loadFrom] of candidates) {
    try {
      return loadFrom(name);
    } catch (error) {
      // It is normal that an addon is not installed, but not that one fails to load.
      const isAbsent = error.code === 'MODULE_NOT_FOUND' && error.message.includes(name);
      if (!isAbsent) failures.push(`${name}: ${error.message.split(/\r?\n/)[0]}`);
    }
  }
  throw missing(kind, failures);
}

function packageName(kind) {
  return `@litexa/deploy-aws-${kind}`;
}

function isInstalled(name) {
  try {
    return Boolean(require.resolve(`${name}/package.json`));
  } catch {
    return false;
  }
}

function loadPackage(name) {
  const { version } = require('./package.json');
  const installed = require(`${name}/package.json`).version;
  if (installed !== version) {
    throw new Error(`its version must be ${version}, as that of this package, but is ${installed}`);
  }
  return require(name);
}

function missing(kind, failures) {
  const libc = platform === 'linux' && kind.endsWith('gnu') ? `, glibc ${glibcVersion()}` : '';
  const machine = `${kind} (Node.js ${process.version}${libc})`;
  const build = `build it from source with Rust: run "npm run build" in ${__dirname}`;
  const isPublished = PUBLISHED.includes(kind);
  const what = failures.length > 0 ? 'a native addon that loads' : 'the native addon';
  const others = PUBLISHED.filter((one) => one !== kind && isInstalled(packageName(one)));
  const installed = others.map((one) => `${packageName(one)} is for another platform`);
  const reasons = [...failures, ...installed];
  const why = reasons.length > 0 ? `: ${reasons.join('; ')}` : '';
  const hint = isPublished
    ? `Install the package again without --omit=optional or --no-optional, or ${build}`
    : `There is no package with it for this platform; ${build}`;
  return new DeployError(
    'NO_NATIVE_ADDON',
    `@litexa/deploy-aws lacks ${what} for ${machine}${why}. ${hint}`,
  );
}

module.exports = load();
