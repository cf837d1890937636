'use strict';

// The module as `npm install -g` puts it on a machine: from packed packages, into a prefix of its
// own, with an empty cache and without a network.

const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { npm } = require('../../scripts/lib/npm');

/**
 * Installs packages globally into a new prefix.
 *
 * @param {string[]} files what `npm pack` made
 * @returns {Promise<{prefix: string, module: string, env: object, remove: () => void}>} `module` is
 *   where the Litexa CLI finds it, and `env` has what makes npm tell this prefix
 */
async function installGlobally(files) {
  const prefix = fs.mkdtempSync(path.join(os.tmpdir(), 'litexa-prefix-'));
  const remove = () => fs.rmSync(prefix, { recursive: true, force: true, maxRetries: 5 });
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
