'use strict';

// Installs packed packages as `npm install -g` does: into a prefix of their own, with an empty cache
// and without a network.

const path = require('node:path');
const { npm } = require('../../scripts/lib/npm');
const { makeTempDir, removeDir } = require('./tmp');

/**
 * Installs packages globally into a new prefix.
 *
 * @param {string[]} files archives that `npm pack` wrote
 * @returns {Promise<{prefix: string, module: string, env: object, remove: () => void}>} `module` is
 *   the path at which the Litexa CLI finds the module; `env` makes npm report this prefix
 */
async function installGlobally(files) {
  const prefix = makeTempDir('prefix');
  const remove = () => removeDir(prefix);
  const cache = path.join(prefix, 'cache');
  const settings = ['--offline', '--no-audit', '--no-fund', '--prefix', prefix, '--cache', cache];
  try {
    await npm(['install', '--global', ...settings, ...files], { cwd: prefix, quiet: true });
  } catch (error) {
    remove();
    throw error;
  }
  const modules = process.platform === 'win32' ? ['node_modules'] : ['lib', 'node_modules'];
  const module = path.join(prefix, ...modules, '@litexa', 'deploy-aws');
  return { prefix, module, env: { ...process.env, npm_config_prefix: prefix }, remove };
}

module.exports = { installGlobally };
