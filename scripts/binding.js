'use strict';

// Makes binding.js anew, the loader of the native addon, with the CLI of napi-rs. Needed when the
// native side exports something else. That CLI takes Node 22, so it is not among the development
// dependencies, which everybody installs.

const { cargoEnvironment, ROOT } = require('./cargo');
const { npm } = require('./npm-install');
const { runMain } = require('./run');

const CLI = '@napi-rs/cli@3.10.12';

runMain(async () => {
  const outputs = ['--platform', '--js', 'binding.js', '--dts', 'binding.d.ts'];
  await npm(['exec', '--yes', `--package=${CLI}`, '--', 'napi', 'build', ...outputs], {
    cwd: ROOT,
    env: await cargoEnvironment(),
  });
});
