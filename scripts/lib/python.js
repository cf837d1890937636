'use strict';

// Installs programs from PyPI, each into a Python environment of its own in the user's cache. Their
// versions and those of everything that they need are in `requirements`, with hashes.

const { createHash } = require('node:crypto');
const fs = require('node:fs');
const path = require('node:path');
const { cacheDir, createOnce } = require('./cache-dir');
const { run } = require('./exec');

const MIN_PYTHON = [3, 10];

/** Wheels only: building a package would download tools without a hash. */
const PIP = ['-m', 'pip', 'install', '--quiet', '--no-input', '--disable-pip-version-check'];
const CHECKED = ['--require-hashes', '--only-binary', ':all:', '--requirement'];

/**
 * Installs a package unless it is installed, and returns the environment's folder.
 *
 * @param {string} name the package, which has a file in `requirements`
 * @param {(folder: string) => Promise<boolean>} isUsable whether an environment works
 * @param {object} [options]
 * @param {(line: string) => void} [options.log]
 * @param {AbortSignal} [options.signal]
 */
async function installFromPyPi(name, isUsable, { log = () => {}, signal } = {}) {
  const requirements = path.join(__dirname, 'requirements', `${name}.txt`);
  const { version, digest } = readRequirements(requirements, name);
  const folder = path.join(cacheDir(), `${name}-${version}-${digest}`);
  await createOnce(folder, isUsable, async (temporary) => {
    const python = await findPython(name);
    log(`Installing ${name} ${version} with ${python}, once`);
    await createEnvironment(python, temporary, signal);
    const args = [...PIP, ...CHECKED, requirements];
    await run(programOf(temporary, 'python'), args, { quiet: true, signal });
  });
  return folder;
}

/** Returns the version of a package, and a digest of all that is installed with it. */
function readRequirements(file, name) {
  const text = fs.readFileSync(file, 'utf8').replaceAll('\r', '');
  const [, version] = text.match(new RegExp(`^${name}==(\\S+)`, 'm'));
  return { version, digest: createHash('sha256').update(text).digest('hex').slice(0, 8) };
}

/**
 * Returns the path of a program in an environment. The environment moves after the installation, so
 * programs that are Python scripts, which name their old path, are started as `python -m …` instead.
 */
function programOf(folder, name) {
  return process.platform === 'win32'
    ? path.join(folder, 'Scripts', `${name}.exe`)
    : path.join(folder, 'bin', name);
}

async function findPython(name) {
  // Python's own installer for Windows puts nothing but its launcher, py, on the PATH.
  const usual = process.platform === 'win32' ? ['python3', 'python', 'py'] : ['python3', 'python'];
  const candidates = process.env.PYTHON ? [process.env.PYTHON] : usual;
  const isRecent = `import sys; sys.exit(sys.version_info < (${MIN_PYTHON.join(', ')}))`;
  for (const python of candidates) {
    if (await succeeds(python, ['-c', isRecent])) return python;
  }
  throw new Error(
    `${name} needs Python ${MIN_PYTHON.join('.')} or later, but ` +
      `${candidates.map((python) => `"${python}"`).join(' or ')} is missing or older. ` +
      'Install Python 3, or name its program in the environment variable PYTHON.',
  );
}

async function createEnvironment(python, folder, signal) {
  try {
    await run(python, ['-m', 'venv', folder], { quiet: true, signal });
  } catch (error) {
    throw new Error(
      `${python} cannot create a virtual environment. On Debian and Ubuntu, install the package ` +
        `python3-venv.\n${error.message}`,
    );
  }
}

/** Returns whether a program runs and exits with code 0. */
function succeeds(program, args) {
  return run(program, args, { quiet: true }).then(
    () => true,
    () => false,
  );
}

module.exports = { installFromPyPi, programOf, succeeds };
