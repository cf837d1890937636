'use strict';

// Runs one program and ends it, and all it started, when the process on the other end of stdin is
// gone, however that came to its end: stop(), an exception, Ctrl-C or SIGKILL. Then it removes the
// program's folder. Usage: node emulator-supervisor.js <folder> <program> <argument>…
//
// On stdin: `detach` (a line) lets the program outlive the other end; SIGTERM ends it then.
// On stdout: `exited <how>` (a line) when the program ended by itself.

const { spawn, spawnSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');

const [folder, program, ...args] = process.argv.slice(2);
const isWindows = process.platform === 'win32';
let detached = false;

// Its own process group, so that the processes it starts can be ended with it.
const log = fs.openSync(path.join(folder, 'log'), 'a');
const child = spawn(program, args, { stdio: ['ignore', log, log], detached: !isWindows });
child.on('error', (error) => childEnded(error.message));
child.on('exit', (code, signal) => childEnded(signal || `with exit code ${code}`));

function childEnded(how) {
  if (detached) end();
  else process.stdout.write(`exited ${how}\n`);
}

function end() {
  killAll();
  fs.rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  process.exit();
}

// The emulator's state is thrown away anyhow, so it needs no time to say goodbye.
function killAll() {
  try {
    // Windows knows no groups of processes, but trees of them.
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
// Ctrl-C reaches every process of the terminal. The one that asked for the emulator decides.
process.on('SIGINT', () => {});
process.on('SIGHUP', () => {});
