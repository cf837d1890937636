'use strict';

// Checks formatting, generated files, wording, imports, types, licenses and code: `npm run lint`.
// `npm run format`, with `--fix`, formats and generates instead.

const path = require('node:path');
const { cargo, ROOT } = require('./lib/cargo');
const { run, runMain } = require('./lib/exec');
const { installDevDependencies } = require('./lib/npm');

const FUZZ = ['--manifest-path', 'fuzz/Cargo.toml'];
const FUZZ_TARGETS = ['--no-default-features', '--lib', '--test', 'corpus'];
const DENY_WARNINGS = ['--', '-D', 'warnings'];

const CHECKS = {
  'cargo fmt': () => cargo(['fmt', '--check']),
  'cargo fmt of the fuzz targets': () => cargo(['fmt', ...FUZZ, '--check']),
  prettier: () => prettier('--check'),
  'generated files': () => script('codegen', '--check'),
  "the shim's models": () => script('codegen/service-models.js', '--check'),
  spelling: () => script('lint/typos.js'),
  'IAM policies': () => script('lint/policies.js'),
  workflows: () => script('lint/workflows.js'),
  wording: () => script('lint/prose.js'),
  imports: () => script('lint/imports.js'),
  types: () => tool('typescript/bin/tsc', '--project', 'tsconfig.json'),
  licenses: () => script('release/licenses.js', '--check'),
  clippy: () => cargo(['clippy', '--locked', '--all-targets', ...DENY_WARNINGS]),
  'clippy of the fuzz targets': () =>
    cargo(['clippy', ...FUZZ, '--locked', ...FUZZ_TARGETS, ...DENY_WARNINGS]),
};

const FIXES = {
  'cargo fmt': () => cargo(['fmt']),
  'cargo fmt of the fuzz targets': () => cargo(['fmt', ...FUZZ]),
  'generated files': () => script('codegen'),
  prettier: () => prettier('--write'),
};

const prettier = (mode) => tool('prettier/bin/prettier.cjs', mode, '--log-level=warn', '.');
const tool = (file, ...args) => node(path.join(ROOT, 'node_modules', file), ...args);
// In a process of its own, because scripts may need packages that have just been installed.
const script = (file, ...args) => node(path.join(__dirname, file), ...args);
const node = (...args) => run(process.execPath, args, { cwd: ROOT });

runMain(async (args) => {
  await installDevDependencies({ log: console.log });
  for (const [name, work] of Object.entries(args.includes('--fix') ? FIXES : CHECKS)) {
    console.log(`> ${name}`);
    await work();
  }
});
