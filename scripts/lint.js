'use strict';

// Checks formats, generated files, spelling, IAM policies, workflows, wording, imports, types, licenses and code:
// `npm run lint -- [part of a check's name]`. `npm run format`, with `--fix`, formats and generates instead of
// failing.

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
  "the shim's models": () => script('codegen/service-models.js'),
  prettier: () => prettier('--write'),
};

const prettier = (mode) => tool('prettier/bin/prettier.cjs', mode, '--log-level=warn', '.');
const tool = (file, ...args) => node(path.join(ROOT, 'node_modules', file), ...args);
// In a process of its own, because scripts may need packages that have just been installed.
const script = (file, ...args) => node(path.join(__dirname, file), ...args);
const node = (...args) => run(process.execPath, args, { cwd: ROOT });

runMain(async (args) => {
  const [all, part = ''] = args[0] === '--fix' ? [FIXES, args[1]] : [CHECKS, args[0]];
  const chosen = Object.entries(all).filter(([name]) => name.includes(part));
  if (chosen.length === 0) {
    throw new Error(`"${part}" is in the name of none of: ${Object.keys(all).join(', ')}`);
  }
  await installDevDependencies({ log: console.log });
  for (const [name, work] of chosen) {
    console.log(`> ${name}`);
    await work();
  }
});
