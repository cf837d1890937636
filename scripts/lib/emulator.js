'use strict';

// Installs ministack, the AWS emulator of the tests and the demo. `node scripts/lib/emulator.js`
// does it by hand.

const { runMain } = require('./exec');
const { installFromPyPi, programOf, succeeds } = require('./python');

/** Installs the emulator unless it is installed, and returns the path of the Python that runs it. */
async function installEmulator(options) {
  const folder = await installFromPyPi('ministack', isUsable, options);
  return programOf(folder, 'python');
}

// An environment breaks when the Python that created it is removed.
function isUsable(folder) {
  return succeeds(programOf(folder, 'python'), ['-c', 'import ministack, hypercorn']);
}

module.exports = { installEmulator };

if (require.main === module) {
  runMain(() => installEmulator({ log: console.log }));
}
