'use strict';

const fs = require('node:fs');
const path = require('node:path');
const { ROOT } = require('../../scripts/lib/cargo');

/** Copies the module and an addon into a folder, as npm installs them. Returns that folder. */
function stageModule(addon, folder) {
  const module = path.join(folder, 'module');
  fs.mkdirSync(module);
  const { files } = JSON.parse(fs.readFileSync(path.join(ROOT, 'package.json'), 'utf8'));
  // The sources are left out: they are large and not used.
  const isRun = (file) => /\.(js|json)$/.test(file) && !file.includes('/');
  for (const file of ['package.json', ...files.filter(isRun)]) {
    fs.cpSync(path.join(ROOT, file), path.join(module, file), { recursive: true });
  }
  fs.copyFileSync(addon, path.join(module, `deploy-aws.${platform()}.node`));
  return module;
}

function platform() {
  const kind = { linux: '-gnu', win32: '-msvc' }[process.platform] ?? '';
  return `${process.platform}-${process.arch}${kind}`;
}

module.exports = { stageModule };
