'use strict';

// Replaces files by directories, pipes, sockets, devices and links.

const { execFileSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');

/** The time after which a case is considered to hang. */
const HANG_TIMEOUT_MS = 10_000;

/** Why a case is skipped: its input cannot be created on this system. */
class NotOnThisSystem extends Error {}

/** Skips the case, unless this is Unix. */
function needsUnix(what) {
  if (process.platform === 'win32') throw new NotOnThisSystem(`Windows does not have ${what}`);
}

/** Creates something that is not a file. */
const SUBSTITUTES = {
  'a directory': (file) => fs.mkdirSync(file, { recursive: true }),
  'a named pipe': (file) => {
    needsUnix('named pipes in folders');
    execFileSync('mkfifo', [file]);
  },
  'a socket': (file) => {
    needsUnix('sockets in folders');
    bind(file);
  },
  'an endless device': (file) => {
    needsUnix('devices in folders');
    fs.symlinkSync('/dev/zero', file);
  },
  'a link to itself': (file) => fs.symlinkSync(path.basename(file), file),
};

/** Creates a socket without a server. */
function bind(file) {
  const script = `require('net').createServer().listen(process.argv[1], () => process.kill(process.pid, 'SIGKILL'))`;
  try {
    execFileSync(process.execPath, ['-e', script, file], { stdio: 'ignore' });
  } catch {
    // The process kills itself, so that the socket stays.
  }
}

/** Returns a function that replaces the file `name` of a project. */
function replaceWith(name, create) {
  return (project) => {
    const file = project.path(...name.split('/'));
    fs.mkdirSync(path.dirname(file), { recursive: true });
    fs.rmSync(file, { recursive: true, force: true });
    create(file);
  };
}

module.exports = { HANG_TIMEOUT_MS, NotOnThisSystem, SUBSTITUTES, needsUnix, replaceWith };
