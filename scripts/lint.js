'use strict';

// Formats, lints and type-checks; `--fix` formats instead of complaining about it.

const path = require('node:path');
const { cargo, ROOT } = require('./cargo');
const { installDevDependencies } = require('./npm-install');
const { run, runMain } = require('./run');

const prettier = (mode) => tool('prettier/bin/prettier.cjs', [mode, '--log-level=warn', '.']);
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
    await step('prettier', () => prettier('--write'));
    return;
  }
  await step('cargo fmt', () => cargo(['fmt', '--check']));
  await step('prettier', () => prettier('--check'));
  await step('types', typeCheck);
  await step('clippy', () =>
    cargo(['clippy', '--locked', '--all-targets', '--', '-D', 'warnings']),
  );
});
