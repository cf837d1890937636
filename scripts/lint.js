'use strict';

// Checks format, types, licenses and code. `--fix` formats and generates instead.

const path = require('node:path');
const { cargo, ROOT } = require('./lib/cargo');
const { checkLicenses } = require('./release/licenses');
const { installDevDependencies } = require('./lib/npm');
const { run, runMain } = require('./lib/exec');

const FUZZ = ['--manifest-path', 'fuzz/Cargo.toml'];

const prettier = (mode) => tool('prettier/bin/prettier.cjs', [mode, '--log-level=warn', '.']);
const options = (...mode) =>
  run(process.execPath, [path.join(__dirname, 'codegen'), ...mode], { cwd: ROOT });
const typeCheck = () => tool('typescript/bin/tsc', ['--project', 'tsconfig.json']);

function tool(script, args) {
  const file = path.join(ROOT, 'node_modules', script);
  return run(process.execPath, [file, ...args], { cwd: ROOT });
}

async function step(name, work) {
  console.log(`> ${name}`);
  await work();
}

runMain(async (args) => {
  await installDevDependencies({ log: console.log });
  if (args.includes('--fix')) {
    await step('cargo fmt', () => cargo(['fmt']));
    await step('cargo fmt of the fuzz targets', () => cargo(['fmt', ...FUZZ]));
    await step('options', () => options());
    await step('prettier', () => prettier('--write'));
    return;
  }
  await step('cargo fmt', () => cargo(['fmt', '--check']));
  await step('cargo fmt of the fuzz targets', () => cargo(['fmt', ...FUZZ, '--check']));
  await step('prettier', () => prettier('--check'));
  await step('options', () => options('--check'));
  await step('types', typeCheck);
  await step('licenses', checkLicenses);
  await step('clippy', () =>
    cargo(['clippy', '--locked', '--all-targets', '--', '-D', 'warnings']),
  );
  await step('clippy of the fuzz targets', () =>
    cargo([
      'clippy',
      ...FUZZ,
      '--locked',
      '--no-default-features',
      '--lib',
      '--test',
      'corpus',
      '--',
      '-D',
      'warnings',
    ]),
  );
});
