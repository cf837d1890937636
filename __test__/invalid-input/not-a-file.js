'use strict';

// Replaces files by directories, pipes, sockets, devices and links.

const { execFileSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');

/** The time after which a case is considered to hang. */
const HANG_TIMEOUT_MS = 10_000;

/** Creates something that is not a file. */
const SUBSTITUTES = {
  'a directory': (file) => fs.mkdirSync(file, { recursive: true }),
  'a named pipe': (file) => execFileSync('mkfifo', [file]),
  'a socket': (file) => bind(file),
  'an endless device': (file) => fs.symlinkSync('/dev/zero', file),
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

module.exports = { HANG_TIMEOUT_MS, SUBSTITUTES, replaceWith };
