'use strict';

// Installs ministack, the AWS emulator of the tests and the demo, into a Python environment of its
// own in the user's cache. `node scripts/lib/emulator.js` does it by hand.

const path = require('node:path');
const { cacheFolder, makeOnce } = require('./cache-dir');
const { run, runMain } = require('./exec');

const VERSION = '1.5.33';
const OLDEST_PYTHON = [3, 10];

/** Installs the emulator unless it is there, and returns the path of the Python that runs it. */
async function installEmulator({ log = () => {}, signal } = {}) {
  const folder = path.join(cacheFolder(), `ministack-${VERSION}`);
  await makeOnce(folder, isUsable, async (draft) => {
    const python = await findPython();
    log(`Installing the AWS emulator ministack ${VERSION} with ${python}, once`);
    await makeEnvironment(python, draft, signal);
    await installInto(draft, signal);
  });
  return environmentPython(folder);
}

// Scripts in an environment's bin folder name the path at which they were installed, and the
// environment moves after that. So everything is started as `python -m …`.
function environmentPython(folder) {
  return process.platform === 'win32'
    ? path.join(folder, 'Scripts', 'python.exe')
    : path.join(folder, 'bin', 'python');
}

// An environment breaks when the Python that it was made with is removed.
function isUsable(folder) {
  return succeeds(environmentPython(folder), ['-c', 'import ministack, hypercorn']);
}

async function findPython() {
  // Python's own installer for Windows puts nothing but its launcher, py, on the PATH.
  const usual = process.platform === 'win32' ? ['python3', 'python', 'py'] : ['python3', 'python'];
  const candidates = process.env.PYTHON ? [process.env.PYTHON] : usual;
  const isRecent = `import sys; sys.exit(sys.version_info < (${OLDEST_PYTHON.join(', ')}))`;
  for (const python of candidates) {
    if (await succeeds(python, ['-c', isRecent])) return python;
  }
  throw new Error(
    `Python ${OLDEST_PYTHON.join('.')} or later is needed to run the AWS emulator, and ` +
      `${candidates.map((python) => `"${python}"`).join(' or ')} is not it. ` +
      'Install Python 3, or name its program in the environment variable PYTHON.',
  );
}

async function makeEnvironment(python, folder, signal) {
  try {
    await run(python, ['-m', 'venv', folder], { quiet: true, signal });
  } catch (error) {
    throw new Error(
      `${python} cannot make a virtual environment for the AWS emulator. On Debian and Ubuntu ` +
        `that takes the package python3-venv.\n${error.message}`,
    );
  }
}

function installInto(folder, signal) {
  const pip = ['-m', 'pip', 'install', '--quiet', '--no-input', '--disable-pip-version-check'];
  const args = [...pip, `ministack==${VERSION}`];
  return run(environmentPython(folder), args, { quiet: true, signal });
}

function succeeds(program, args) {
  return run(program, args, { quiet: true }).then(
    () => true,
    () => false,
  );
}

module.exports = { installEmulator };

if (require.main === module) {
  runMain(() => installEmulator({ log: console.log }));
}
