'use strict';

// Installs the installers of npm packages into the cache directory.

const fs = require('node:fs');
const path = require('node:path');
const { cacheDir, createOnce } = require('./cache-dir');
const { run } = require('./exec');

/** The installers by name: npm package and version, and the program in it. */
const INSTALLERS = {
  'npm 10': ['npm@10.9.4', 'npm/bin/npm-cli.js'],
  'npm 12': ['npm@12.2.1', 'npm/bin/npm-cli.js'],
  'pnpm 9': ['pnpm@9.15.9', 'pnpm/bin/pnpm.cjs'],
  'pnpm 10': ['pnpm@10', 'pnpm/bin/pnpm.cjs'],
  'pnpm 11': ['pnpm@11', 'pnpm/bin/pnpm.mjs'],
  'pnpm 12': ['pnpm@12.21.0', '.bin/pnpm'],
  'yarn 1': ['yarn@1.22.22', 'yarn/bin/yarn.js'],
  'yarn 4': ['@yarnpkg/cli-dist@4.18.1', '@yarnpkg/cli-dist/bin/yarn.js'],
  bun: ['bun@1.4.5', '.bin/bun'],
};

/** Runs the installers, some of which need a newer Node.js than this project. */
const NODE = 'node@24';

/** Returns the command of an installer, which is installed at first. */
async function programOf(name) {
  const [spec, program] = INSTALLERS[name];
  const inModules = async (spec, file) => path.join(await installed(spec), 'node_modules', file);
  const file = await inModules(spec, program);
  return program.startsWith('.bin/') ? [file] : [await inModules(NODE, '.bin/node'), file];
}

async function installed(spec) {
  const folder = path.join(cacheDir(), `installer-${spec.replace(/\W+/g, '-')}`);
  await createOnce(
    folder,
    () => fs.existsSync(path.join(folder, 'node_modules')),
    async (temporary) => {
      fs.writeFileSync(path.join(temporary, 'package.json'), '{ "private": true }');
      const options = { cwd: temporary, quiet: true };
      await run('npm', ['install', '--no-audit', '--no-fund', spec], options);
    },
  );
  return folder;
}

module.exports = { INSTALLERS, programOf };
