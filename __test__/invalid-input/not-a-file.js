'use strict';

// What may be in the place of a file, and is none.

const { execFileSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');

/** Long enough for what does not hang. */
const HANGS_MS = 10_000;

/** Puts something into the place of a file that is none. */
const INSTEAD = {
  'a folder': (file) => fs.mkdirSync(file, { recursive: true }),
  'a named pipe': (file) => execFileSync('mkfifo', [file]),
  'a socket': (file) => bind(file),
  'an endless device': (file) => fs.symlinkSync('/dev/zero', file),
  'a link to itself': (file) => fs.symlinkSync(path.basename(file), file),
};

/** A socket without its server. */
function bind(file) {
  const script = `require('net').createServer().listen(process.argv[1], () => process.kill(process.pid, 'SIGKILL'))`;
  try {
    execFileSync(process.execPath, ['-e', script, file], { stdio: 'ignore' });
  } catch {
    // It killed itself, so that the socket stays.
  }
}

/** @returns a function that puts something into the place of `name` in a project */
function instead(name, put) {
  return (project) => {
    const file = project.path(...name.split('/'));
    fs.mkdirSync(path.dirname(file), { recursive: true });
    fs.rmSync(file, { recursive: true, force: true });
    put(file);
  };
}

module.exports = { HANGS_MS, INSTEAD, instead };
