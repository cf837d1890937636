'use strict';

// Runs a program, and ends it and its child processes when the process on the other end of stdin has
// ended: by stop(), an exception, Ctrl-C or SIGKILL. Then removes the program's directory.
// Usage: node emulator-supervisor.js <directory> <program> <argument>…
//
// On stdin: the line `detach` lets the program outlive the other end; SIGTERM ends it then.
// On stdout: the line `exited <how>` when the program has ended by itself.

const { spawn, spawnSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');

const [directory, program, ...args] = process.argv.slice(2);
const isWindows = process.platform === 'win32';
let detached = false;

// The program gets a process group of its own, so that its child processes can be ended with it.
const log = fs.openSync(path.join(directory, 'log'), 'a');
const child = spawn(program, args, { stdio: ['ignore', log, log], detached: !isWindows });
child.on('error', (error) => childEnded(error.message));
child.on('exit', (code, signal) => childEnded(signal || `with exit code ${code}`));

function childEnded(how) {
  if (detached) end();
  else process.stdout.write(`exited ${how}\n`);
}

function end() {
  killAll();
  fs.rmSync(directory, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  process.exit();
}

// The emulator's state is discarded, so it need not end in an orderly way.
function killAll() {
  try {
    // Windows does not have process groups, but process trees.
    if (isWindows) spawnSync('taskkill', ['/F', '/T', '/PID', String(child.pid)]);
    else process.kill(-child.pid, 'SIGKILL');
  } catch {
    // It has ended already.
  }
}

process.stdin.setEncoding('utf8');
process.stdin.on('data', (text) => {
  if (text.includes('detach')) detached = true;
});
process.stdin.on('close', () => {
  if (!detached) end();
});
process.stdout.on('error', () => {});
process.on('SIGTERM', end);
// Ctrl-C reaches every process of the terminal. The process that started the emulator decides.
process.on('SIGINT', () => {});
process.on('SIGHUP', () => {});
