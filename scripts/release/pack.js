'use strict';

// Packs the npm packages as they are published: the main package, and one for each platform with an
// addon. `npm run pack -- --help` lists the options.
//
// The platforms' packages are optional dependencies of the packed main package, and not of
// package.json: before a release they are not in the registry, and `npm ci` in this repository would
// fail. package.json declares the fields that all packages have in common.

const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { parseArgs } = require('node:util');
const { ROOT } = require('../lib/cargo');
const { compatibilityError, publishingError } = require('./check-addon');
const { npm } = require('../lib/npm');
const { PLATFORMS, addonName, packageName, targetOf } = require('../lib/platforms');
const { run, runMain } = require('../lib/exec');

const HELP = `npm run pack -- [options]

  --addons <folder>     the folder with the addons; by default the project's folder
  --out <folder>        the folder for the packages; by default "packages"
  --repository <url>    the repository that the packages name
  --complete            fail if a platform's addon is missing
  --local               accept addons that cannot be published, for use on this machine: debug
                        builds, and addons that need a newer glibc`;

/** The fields that every platform's package takes from the main one. */
const COMMON = ['version', 'license', 'engines', 'publishConfig'];

/** The npm scripts that work in an installed package. */
const SCRIPTS = ['build', 'build:debug'];

/**
 * Packs the main package, which does not depend on the addons.
 *
 * @returns {Promise<{name: string, file: string, packed: number, unpacked: number, files: string[]}>}
 */
async function packMain({ out, repository }) {
  return withTemporaryFolder(async (folder) => {
    for (const { path: file } of await packageFiles(ROOT)) {
      copy(path.join(ROOT, file), path.join(folder, file));
    }
    writeManifest(folder, { ...mainManifest(), ...repositoryField(repository) });
    return npmPack(folder, out);
  });
}

/** Packs a platform's package around its addon. */
async function packPlatform(platform, addon, { out, repository, local = false }) {
  const error = (local ? loadingError : publishingError)(addon, platform);
  if (error) {
    const hint = local ? '' : '. --local also packs addons for use on this machine';
    throw new Error(`${addon} cannot be packed for ${platform}: ${error}${hint}`);
  }
  return withTemporaryFolder(async (folder) => {
    copy(path.join(ROOT, 'LICENSE'), path.join(folder, 'LICENSE'));
    copy(path.join(ROOT, 'npm', platform, 'README.md'), path.join(folder, 'README.md'));
    copy(addon, path.join(folder, addonName(platform)));
    await writeFor(platform, 'licenses.js', path.join(folder, 'THIRD-PARTY-LICENSES.txt'));
    await writeFor(platform, 'sbom.js', path.join(folder, 'sbom.cdx.json'));
    writeManifest(folder, { ...platformManifest(platform), ...repositoryField(repository) });
    return npmPack(folder, out);
  });
}

/** Returns why an addon does not even load on this machine. */
function loadingError(addon, platform) {
  return platform.startsWith('linux') ? compatibilityError(addon, platform, '99') : undefined;
}

/** Writes the report of a script of this folder on all that is compiled into a platform's addon. */
function writeFor(platform, script, file) {
  const env = { ...process.env, CARGO_BUILD_TARGET: targetOf(platform) };
  return run(process.execPath, [path.join(__dirname, script), file], { env, quiet: true });
}

/** Returns the published manifest: without the parts that only work in this repository. */
function mainManifest() {
  const { devDependencies, scripts, ...manifest } = readManifest(ROOT);
  const packages = Object.keys(PLATFORMS).map((platform) => [
    packageName(platform),
    manifest.version,
  ]);
  return {
    ...manifest,
    scripts: pick(scripts, SCRIPTS),
    optionalDependencies: Object.fromEntries(packages),
  };
}

function platformManifest(platform) {
  const { name, ...own } = readManifest(path.join(ROOT, 'npm', platform));
  return { name, ...pick(readManifest(ROOT), COMMON), ...own };
}

function repositoryField(url) {
  if (!url) return {};
  const repository = { type: 'git', url: `git+${url}.git` };
  return { homepage: `${url}#readme`, bugs: `${url}/issues`, repository };
}

function readManifest(folder) {
  return JSON.parse(fs.readFileSync(path.join(folder, 'package.json'), 'utf8'));
}

function writeManifest(folder, manifest) {
  fs.writeFileSync(path.join(folder, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`);
}

function pick(object, keys) {
  return Object.fromEntries(keys.map((key) => [key, object[key]]).filter(([, value]) => value));
}

/** Runs `work` with a temporary folder. */
async function withTemporaryFolder(work) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'litexa-pack-'));
  try {
    return await work(folder);
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

// The package contains the modes of files, which differ between systems.
function copy(from, to) {
  fs.mkdirSync(path.dirname(to), { recursive: true });
  fs.copyFileSync(from, to, fs.constants.COPYFILE_FICLONE);
  fs.chmodSync(to, 0o644);
}

/** Returns the files that npm would pack from a folder. */
async function packageFiles(folder) {
  const args = ['pack', '--dry-run', '--json', '--ignore-scripts'];
  return onlyPackage(await npm(args, { cwd: folder, quiet: true })).files;
}

// npm writes the same time into every entry, so the same files make the same package.
async function npmPack(folder, out) {
  const destination = path.resolve(out);
  fs.mkdirSync(destination, { recursive: true });
  const args = ['pack', '--json', '--ignore-scripts', '--pack-destination', destination];
  const packed = onlyPackage(await npm(args, { cwd: folder, quiet: true }));
  return {
    name: packed.name,
    file: path.join(destination, packed.filename),
    packed: packed.size,
    unpacked: packed.unpackedSize,
    files: packed.files.map((file) => file.path).sort(),
  };
}

/** Returns what `npm pack --json` reports: npm 12 writes an object by names of packages, and older versions an array. */
function onlyPackage(json) {
  const [found] = Object.values(JSON.parse(json));
  return found;
}

/** Returns the addons in a folder, by platform. */
function addonsIn(folder) {
  const files = Object.keys(PLATFORMS).map((name) => [name, path.join(folder, addonName(name))]);
  return new Map(files.filter(([, file]) => fs.existsSync(file)));
}

/** Packs the main package, and a package for each addon in the folder `addons`. */
async function pack({ addons = ROOT, complete = false, ...options }) {
  const found = addonsIn(addons);
  const missing = Object.keys(PLATFORMS).filter((platform) => !found.has(platform));
  if (complete && missing.length > 0) throw new Error(`No addon for ${missing.join(', ')}`);
  const packages = [];
  for (const [platform, addon] of found) {
    packages.push(await packPlatform(platform, addon, options));
  }
  return [...packages, await packMain(options)];
}

module.exports = { pack, packMain, packPlatform, platformManifest, onlyPackage };

function parseOptions(args) {
  const text = { type: 'string' };
  const flag = { type: 'boolean' };
  const options = { addons: text, out: text, repository: text, complete: flag };
  return parseArgs({ args, options: { ...options, local: flag } }).values;
}

function kilobytes(bytes) {
  return `${Math.round(bytes / 1000).toLocaleString('en')} kB`.padStart(10);
}

if (require.main === module) {
  runMain(
    async (args) => {
      const { out = 'packages', ...options } = parseOptions(args);
      const packages = await pack({ ...options, out });
      console.log('    packed   unpacked  files');
      for (const { packed, unpacked, files, file } of packages) {
        const count = String(files.length).padStart(5);
        const name = path.relative(process.cwd(), file);
        console.log(`${kilobytes(packed)} ${kilobytes(unpacked)}  ${count}  ${name}`);
      }
    },
    { help: HELP },
  );
}
