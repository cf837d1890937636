'use strict';

// Installs exactly what a package-lock.json says, and only if that is not there yet.

const fs = require('node:fs');
const path = require('node:path');
const { makeOnce, move } = require('./cache-dir');
const { run } = require('./exec');

const ROOT = path.join(__dirname, '..', '..');

/** The project's own development dependencies. */
function installDevDependencies({ log = () => {} } = {}) {
  return installLocked(ROOT, path.join(ROOT, 'node_modules'), { log });
}

/** Makes `target` the node_modules folder of the package in `folder`, which has a lock file. */
function installLocked(folder, target, { log = () => {}, signal } = {}) {
  const lock = path.join(folder, 'package-lock.json');
  return makeOnce(
    target,
    (nodeModules) => matches(lock, nodeModules),
    async (draft) => {
      log(`Installing the npm packages of ${path.join(folder, 'package.json')}`);
      for (const file of ['package.json', 'package-lock.json']) {
        fs.copyFileSync(path.join(folder, file), path.join(draft, file));
      }
      const options = { cwd: draft, quiet: true, signal };
      await npm(['ci', '--no-audit', '--no-fund', '--loglevel=error'], options);
      await liftNodeModules(draft);
    },
  );
}

// npm notes what it installed in node_modules/.package-lock.json. Optional packages may be absent:
// they are for other platforms.
function matches(lock, nodeModules) {
  const wanted = lockedPackages(lock);
  const installed = lockedPackages(path.join(nodeModules, '.package-lock.json'));
  if (!wanted || !installed) return false;
  const same = ([name, { version, optional }]) =>
    installed[name] ? installed[name].version === version : optional;
  const known = (name) => wanted[name];
  return Object.entries(wanted).every(same) && Object.keys(installed).every(known);
}

function lockedPackages(lock) {
  try {
    const { '': root, ...packages } = JSON.parse(fs.readFileSync(lock, 'utf8')).packages;
    return packages;
  } catch {
    return undefined;
  }
}

/** Turns a folder that holds a package with its node_modules into those node_modules. */
async function liftNodeModules(folder) {
  const inner = path.join(folder, 'node_modules');
  for (const file of ['package.json', 'package-lock.json']) fs.rmSync(path.join(folder, file));
  for (const name of fs.readdirSync(inner)) {
    await move(path.join(inner, name), path.join(folder, name));
  }
  fs.rmdirSync(inner);
}

// `npm run` tells where npm's own script is. Otherwise the one on the PATH has to do, which is a
// batch file on Windows and needs a shell there.
function npm(args, options) {
  const script = process.env.npm_execpath;
  if (script && path.basename(script) === 'npm-cli.js') {
    return run(process.execPath, [script, ...args], options);
  }
  const [program, ...before] = process.platform === 'win32' ? ['cmd', '/c', 'npm'] : ['npm'];
  return run(program, [...before, ...args], options);
}

module.exports = { installDevDependencies, installLocked, npm };
