'use strict';

// Loads the native addon: the one that was built here, else the one of this platform's package.
// Nothing is asked about the system beyond what Node knows: where Linux may be of two kinds, the
// one of which the addon loads is the right one.

const { arch, platform } = process;

/** The platforms that have a package. Addons for others can be built, and are found as well. */
const PUBLISHED = [
  'linux-x64-gnu',
  'linux-arm64-gnu',
  'linux-x64-musl',
  'linux-arm64-musl',
  'darwin-x64',
  'darwin-arm64',
  'win32-x64-msvc',
];

/** What addons for this machine may be called; the names are those of napi-rs. */
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
        // What is not installed is the ordinary case; what is there and fails is worth telling.
        const isAbsent = error.code === 'MODULE_NOT_FOUND' && error.message.includes(name);
        if (!isAbsent) failures.push(`${name}: ${error.message.split(/\r?\n/)[0]}`);
      }
    }
  }
  throw missing(thisPlatform(), failures);
}

/** The name of this very platform. */
function thisPlatform() {
  if (platform !== 'linux') return candidates()[0];
  return `linux-${arch}-${glibcVersion() ? 'gnu' : 'musl'}`;
}

// Asked only for the message, since the report takes its time.
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
  const cure = isPublished
    ? `Install the package again without --omit=optional or --no-optional, or ${build}`
    : `There is no package with it for this platform; ${build}`;
  const message = `@litexa/deploy-aws lacks ${what} for ${machine}${why}. ${cure}`;
  return Object.assign(new Error(message), { code: 'NO_NATIVE_ADDON' });
}

module.exports = load();
