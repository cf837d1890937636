'use strict';

// Makes the npm packages as they are published: the main package, and one for each platform whose
// addon is there. `npm run pack -- --help` tells the options.
//
// The platforms' packages are optional dependencies of the packed main package, and not of
// package.json: before a release they are in no registry, and `npm ci` in this repository would
// fail. What all packages have in common is written once, in package.json.

const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { parseArgs } = require('node:util');
const { ROOT } = require('../lib/cargo');
const { linuxFault } = require('./check-addon');
const { npm } = require('../lib/npm');
const { PLATFORMS, addonName, packageName, targetOf } = require('../lib/platforms');
const { run, runMain } = require('../lib/exec');

const HELP = `npm run pack -- [options]

  --addons <folder>     where the addons are; the project's folder, if not given
  --out <folder>        where the packages go; "packages", if not given
  --repository <url>    the repository that is named in the packages
  --complete            fail if a platform's addon is missing
  --any-glibc           take addons that need a newer glibc, for use on this machine`;

/** What every platform's package takes over from the main one. */
const COMMON = ['version', 'license', 'engines', 'publishConfig'];

/** The npm scripts that work in the package as it is installed. */
const SCRIPTS = ['build', 'build:debug'];

/**
 * Packs the main package. It is the same whatever addons are there.
 *
 * @returns {Promise<{name: string, file: string, packed: number, unpacked: number, files: string[]}>}
 */
async function packMain({ out, repository }) {
  return staged(async (folder) => {
    for (const { path: file } of await packageFiles(ROOT)) {
      copy(path.join(ROOT, file), path.join(folder, file));
    }
    writeManifest(folder, { ...mainManifest(), ...repositoryField(repository) });
    return npmPack(folder, out);
  });
}

/** Packs a platform's package around its addon. */
async function packPlatform(platform, addon, { out, repository, anyGlibc = false }) {
  const fault =
    platform.startsWith('linux') && linuxFault(addon, platform, anyGlibc ? '99' : undefined);
  if (fault) throw new Error(`${addon} cannot be published for ${platform}: ${fault}`);
  return staged(async (folder) => {
    copy(path.join(ROOT, 'LICENSE'), path.join(folder, 'LICENSE'));
    copy(path.join(ROOT, 'npm', platform, 'README.md'), path.join(folder, 'README.md'));
    copy(addon, path.join(folder, addonName(platform)));
    await writeLicenses(platform, path.join(folder, 'THIRD-PARTY-LICENSES.txt'));
    writeManifest(folder, { ...platformManifest(platform), ...repositoryField(repository) });
    return npmPack(folder, out);
  });
}

/** The licenses of everything that is compiled into a platform's addon. */
function writeLicenses(platform, file) {
  const env = { ...process.env, CARGO_BUILD_TARGET: targetOf(platform) };
  return run(process.execPath, [path.join(__dirname, 'licenses.js'), file], { env, quiet: true });
}

/** The main package's manifest as it is published: nothing that only works in this repository. */
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
  return url ? { repository: { type: 'git', url: `git+${url}.git` } } : {};
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

/** Hands a temporary folder to `work`. */
async function staged(work) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'litexa-pack-'));
  try {
    return await work(folder);
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

// The modes of files would go into the package, and they are not the same on all systems.
function copy(from, to) {
  fs.mkdirSync(path.dirname(to), { recursive: true });
  fs.copyFileSync(from, to, fs.constants.COPYFILE_FICLONE);
  fs.chmodSync(to, 0o644);
}

/** The files that npm would put into the package of a folder. */
async function packageFiles(folder) {
  const [{ files }] = JSON.parse(
    await npm(['pack', '--dry-run', '--json', '--ignore-scripts'], { cwd: folder, quiet: true }),
  );
  return files;
}

// npm writes the same time into every entry: the same files make the same package.
async function npmPack(folder, out) {
  const destination = path.resolve(out);
  fs.mkdirSync(destination, { recursive: true });
  const args = ['pack', '--json', '--ignore-scripts', '--pack-destination', destination];
  const [packed] = JSON.parse(await npm(args, { cwd: folder, quiet: true }));
  return {
    name: packed.name,
    file: path.join(destination, packed.filename),
    packed: packed.size,
    unpacked: packed.unpackedSize,
    files: packed.files.map((file) => file.path).sort(),
  };
}

/** The addons in a folder, by platform. */
function addonsIn(folder) {
  const files = Object.keys(PLATFORMS).map((name) => [name, path.join(folder, addonName(name))]);
  return new Map(files.filter(([, file]) => fs.existsSync(file)));
}

/** Packs the main package and those of all platforms whose addon is in the folder `addons`. */
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

module.exports = { pack, packMain, packPlatform, platformManifest };

function parseOptions(args) {
  const text = { type: 'string' };
  const flag = { type: 'boolean' };
  const options = { addons: text, out: text, repository: text, complete: flag, help: flag };
  return parseArgs({ args, options: { ...options, 'any-glibc': flag } }).values;
}

function kilobytes(bytes) {
  return `${Math.round(bytes / 1000).toLocaleString('en')} kB`.padStart(10);
}

if (require.main === module) {
  runMain(async (args) => {
    const { help, 'any-glibc': anyGlibc, out = 'packages', ...options } = parseOptions(args);
    if (help) return console.log(HELP);
    const packages = await pack({ ...options, out, anyGlibc });
    console.log('    packed   unpacked  files');
    for (const { packed, unpacked, files, file } of packages) {
      const count = String(files.length).padStart(5);
      const name = path.relative(process.cwd(), file);
      console.log(`${kilobytes(packed)} ${kilobytes(unpacked)}  ${count}  ${name}`);
    }
    return undefined;
  });
}
