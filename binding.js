'use strict';

// Loads the native addon: one that was built here, otherwise that of this platform's package. Of the
// two variants for Linux, glibc and musl, only the right one loads.

const { arch, platform } = process;

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

/** Returns the possible platform names of this machine, as napi-rs defines them. */
function candidates() {
  if (platform === 'linux') return [`linux-${arch}-gnu`, `linux-${arch}-musl`];
  if (platform === 'win32') return [`win32-${arch}-msvc`];
  return [`${platform}-${arch}`];
}

function load() {
  const failures = [];
  for (const kind of candidates()) {
    for (const name of [`./deploy-aws.${kind}.node`, `@litexa/deploy-aws-${kind}`]) {
      try {
        return require(name);
      } catch (error) {
        // It is normal that an addon is not installed, but not that one fails to load.
        const isAbsent = error.code === 'MODULE_NOT_FOUND' && error.message.includes(name);
        if (!isAbsent) failures.push(`${name}: ${error.message.split(/\r?\n/)[0]}`);
      }
    }
  }
  throw missing(thisPlatform(), failures);
}

/** Returns the name of this platform. */
function thisPlatform() {
  if (platform !== 'linux') return candidates()[0];
  return `linux-${arch}-${glibcVersion() ? 'gnu' : 'musl'}`;
}

// Only for the error message, because the report is slow.
function glibcVersion() {
  process.report.excludeNetwork = true;
  return process.report.getReport().header.glibcVersionRuntime;
}

function missing(kind, failures) {
  const libc = platform === 'linux' && kind.endsWith('gnu') ? `, glibc ${glibcVersion()}` : '';
  const machine = `${kind} (Node.js ${process.version}${libc})`;
  const build = `build it from source with Rust: run "npm run build" in ${__dirname}`;
  const isPublished = PUBLISHED.includes(kind);
  const what = failures.length > 0 ? 'a native addon that loads' : 'the native addon';
  const why = failures.length > 0 ? `: ${failures.join('; ')}` : '';
  const hint = isPublished
    ? `Install the package again without --omit=optional or --no-optional, or ${build}`
    : `There is no package with it for this platform; ${build}`;
  const message = `@litexa/deploy-aws lacks ${what} for ${machine}${why}. ${hint}`;
  return Object.assign(new Error(message), { code: 'NO_NATIVE_ADDON' });
}

module.exports = load();
