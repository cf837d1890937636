'use strict';

// Loads the native addon: the one that was built here, else the one of this platform's package.
// Nothing is asked about the system beyond what Node knows: where Linux may be of two kinds, the
// one of which the addon loads is the right one.

const { arch, platform } = process;

const KINDS = {
  linux: [`linux-${arch}-gnu`, `linux-${arch}-musl`],
  darwin: [`darwin-${arch}`],
  win32: [`win32-${arch}-msvc`],
};

function load() {
  const failures = [];
  for (const kind of KINDS[platform] ?? []) {
    for (const name of [`./deploy-aws.${kind}.node`, `@litexa/deploy-aws-${kind}`]) {
      try {
        return require(name);
      } catch (error) {
        // What is not installed is the ordinary case; what is there and fails is worth telling.
        const isAbsent = error.code === 'MODULE_NOT_FOUND' && error.message.includes(name);
        if (!isAbsent) failures.push(`${name}: ${error.message.split('\n')[0]}`);
      }
    }
  }
  throw missing(failures);
}

function missing(failures) {
  const why = failures.length > 0 ? ` (${failures.join('; ')})` : '';
  const message =
    `@litexa/deploy-aws has no native addon for ${platform} on ${arch}${why}. ` +
    'Install it again without --no-optional, or build it from source with Rust: npm run build.';
  return Object.assign(new Error(message), { code: 'NO_NATIVE_ADDON' });
}

module.exports = load();
