'use strict';

// Presses Ctrl-C in the terminal of a program that a test has started. Windows ends a process that gets a
// signal from another one, and only a terminal sends Ctrl-C: there, the program loads this file first, and
// gets a message in place of the signal.

const isWindows = process.platform === 'win32';

/** Flags of Node.js for a program that can be interrupted, and what its `stdio` has in addition. */
const INTERRUPTIBLE = isWindows
  ? { flags: ['--require', __filename], stdio: ['ipc'] }
  : { flags: [], stdio: [] };

/** Presses Ctrl-C. With `group`, the program's own child processes notice it as well, except on Windows. */
function interrupt(child, { group = false } = {}) {
  if (isWindows) child.send('interrupt');
  else process.kill(group ? -child.pid : child.pid, 'SIGINT');
}

/** Returns whether a program has ended by Ctrl-C. Windows does not show that in the exit code. */
function isInterrupted({ code, signal }) {
  return isWindows ? code !== 0 : signal === 'SIGINT';
}

function receive() {
  process.on('message', () => {
    if (process.listenerCount('SIGINT') === 0) process.kill(process.pid, 'SIGINT');
    else process.emit('SIGINT', 'SIGINT');
  });
  process.channel.unref();
}

module.exports = { INTERRUPTIBLE, interrupt, isInterrupted };

// Loaded by the flag, and not by another file.
if (module.parent?.id === 'internal/preload' && process.channel) receive();
