'use strict';

// Finds the Litexa CLI, @litexa/core, which has the compilers of a skill and of its config.

const fs = require('node:fs');
const { createRequire } = require('node:module');
const path = require('node:path');
const { DeployError } = require('../../errors');

/** How to make the Litexa CLI found. */
const INSTALL_CORE =
  'Install @litexa/core in the project or globally, or set NODE_PATH to the node_modules folder that contains it';

const CORE = path.join('@litexa', 'core', 'package.json');

/**
 * Returns the Litexa CLI that the project has, or else that of the system.
 *
 * @returns {{root: string, version: string, require: NodeRequire} | undefined}
 */
function findCore(projectRoot) {
  const manifest = manifests(projectRoot).find((file) => fs.existsSync(file));
  if (!manifest) return undefined;
  const file = fs.realpathSync(manifest);
  const { version } = JSON.parse(fs.readFileSync(file, 'utf8'));
  return { root: path.dirname(file), version, require: createRequire(file) };
}

function manifests(projectRoot) {
  const inFolders = folders(projectRoot).map((folder) => path.join(folder, CORE));
  const ofPrograms = list('PATH').flatMap((folder) => [
    path.join(folder, 'node_modules', CORE),
    ...manifestOfProgram(path.join(folder, 'litexa')),
  ]);
  return [...inFolders, ...ofPrograms];
}

/** Returns the folders of packages, nearest first. */
function folders(projectRoot) {
  const { npm_config_global_prefix: global, npm_config_prefix: npm } = process.env;
  const node = path.dirname(process.execPath);
  return [
    ...createRequire(path.join(projectRoot, 'package.json')).resolve.paths('@litexa/core'),
    ...list('NODE_PATH'),
    ...[global, npm].filter(Boolean).flatMap(ofPrefix),
    ...ofPrefix(node),
    ...ofPrefix(path.dirname(node)),
    // Beside this module, where that is installed.
    path.join(__dirname, '..', '..', '..', '..'),
  ];
}

/** Returns the folders of global packages of a prefix, on Windows and elsewhere. */
function ofPrefix(prefix) {
  return [path.join(prefix, 'lib', 'node_modules'), path.join(prefix, 'node_modules')];
}

/** Returns the manifest of the CLI whose program is a link to its src/command-line/main.js. */
function manifestOfProgram(program) {
  try {
    const root = path.resolve(fs.realpathSync(program), '..', '..', '..');
    const file = path.join(root, 'package.json');
    return JSON.parse(fs.readFileSync(file, 'utf8')).name === '@litexa/core' ? [file] : [];
  } catch {
    return [];
  }
}

function list(variable) {
  return (process.env[variable] ?? '').split(path.delimiter).filter(Boolean);
}

/** Returns the error of an operation that needs the Litexa CLI. */
function missingCompiler(operation) {
  return new DeployError(
    'MISSING_COMPILER',
    `${operation} needs the compiler of the Litexa CLI, which was not found. ${INSTALL_CORE}`,
  );
}

module.exports = { findCore, INSTALL_CORE, missingCompiler };
