'use strict';

// Installs the packages of a package-lock.json, in exactly its versions, unless they are installed.

const fs = require('node:fs');
const path = require('node:path');
const { createOnce, move } = require('./cache-dir');
const { run } = require('./exec');

const ROOT = path.join(__dirname, '..', '..');

/** Installs the project's own development dependencies. */
function installDevDependencies({ log = () => {} } = {}) {
  return installLocked(ROOT, path.join(ROOT, 'node_modules'), { log });
}

/** Makes `target` the node_modules folder for the package in `folder`, which has a lock file. */
function installLocked(folder, target, { log = () => {}, signal } = {}) {
  const lock = path.join(folder, 'package-lock.json');
  return createOnce(
    target,
    (nodeModules) => matches(lock, nodeModules),
    async (temporary) => {
      log(`Installing the npm packages of ${path.join(folder, 'package.json')}`);
      for (const file of ['package.json', 'package-lock.json']) {
        fs.copyFileSync(path.join(folder, file), path.join(temporary, file));
      }
      const options = { cwd: temporary, quiet: true, signal };
      await npm(['ci', '--no-audit', '--no-fund', '--loglevel=error'], options);
      await liftNodeModules(temporary);
    },
  );
}

// npm records the installed packages in node_modules/.package-lock.json. Optional ones may be absent,
// because they are for other platforms.
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

/** Replaces a folder that contains a package by the node_modules in it. */
async function liftNodeModules(folder) {
  const inner = path.join(folder, 'node_modules');
  for (const file of ['package.json', 'package-lock.json']) fs.rmSync(path.join(folder, file));
  for (const name of fs.readdirSync(inner)) {
    await move(path.join(inner, name), path.join(folder, name));
  }
  fs.rmdirSync(inner);
}

function npm(args, options) {
  const [program, ...before] = npmCommand();
  return run(program, [...before, ...args], options);
}

// `npm run` passes the path of npm's own script. Otherwise npm comes from the PATH, where it is a batch
// file on Windows, which needs a shell.
function npmCommand() {
  const script = process.env.npm_execpath;
  if (script && path.basename(script) === 'npm-cli.js') return [process.execPath, script];
  return process.platform === 'win32' ? ['cmd', '/c', 'npm'] : ['npm'];
}

module.exports = { installDevDependencies, installLocked, npm, npmCommand };
