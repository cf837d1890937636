'use strict';

// Loads the native addon: one that was built here, otherwise that of this platform's package. A package
// must have the version of this one. Both packages for Linux, glibc and musl, can be installed: only that
// of this process's C library is loaded, since the other could load as well, where both libraries are,
// and crash later.

const fs = require('node:fs');
const { DeployError } = require('./errors');
const { version } = require('./package.json');

const { arch, platform } = process;

// https://man7.org/linux/man-pages/man5/elf.5.html
const ELF_64_LITTLE_ENDIAN = Buffer.from('\x7fELF\x02\x01', 'latin1');
const ELF_HEADER_BYTES = 64;
/** The type of the segment that names the dynamic loader. */
const PT_INTERP = 3;

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

// The process's report has it as well, but takes up to 30 ms.
function isMusl() {
  return (loaderOf(process.execPath) ?? (glibcVersion() ? 'glibc' : 'musl')).includes('musl');
}

/** Returns the path of a program's dynamic loader, such as /lib/ld-musl-x86_64.so.1, if it names one. */
function loaderOf(program) {
  let file;
  try {
    file = fs.openSync(program);
    return loaderIn((length, position) => {
      const bytes = Buffer.alloc(length);
      return bytes.subarray(0, fs.readSync(file, bytes, 0, length, position));
    });
  } catch {
    return undefined; // The program was removed, cannot be read, or is damaged.
  } finally {
    if (file !== undefined) fs.closeSync(file);
  }
}

function loaderIn(read) {
  const header = read(ELF_HEADER_BYTES, 0);
  if (!header.subarray(0, ELF_64_LITTLE_ENDIAN.length).equals(ELF_64_LITTLE_ENDIAN))
    return undefined;
  const [size, count] = [header.readUInt16LE(54), header.readUInt16LE(56)];
  const segments = read(size * count, Number(header.readBigUInt64LE(32)));
  for (let at = 0; at < segments.length; at += size) {
    if (segments.readUInt32LE(at) !== PT_INTERP) continue;
    const [offset, length] = [at + 8, at + 32].map((field) => segments.readBigUInt64LE(field));
    return read(Number(length), Number(offset)).toString('latin1');
  }
  return undefined;
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
