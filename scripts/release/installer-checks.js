'use strict';

// Installs the packed packages into a project with each installer, from a registry that has those of all platforms, and
// loads the module there.

const fs = require('node:fs');
const path = require('node:path');
const { run } = require('../lib/exec');
const { INSTALLERS, programOf } = require('../lib/installers');
const { PLATFORMS, packageName } = require('../lib/platforms');
const { platformManifest } = require('./pack');
const { layoutsOf } = require('../../__test__/support/installers/layouts');
const { startRegistry } = require('../../__test__/support/installers/registry');
const { install } = require('../../__test__/support/installers/skill');
const { buildProject } = require('../../__test__/support/litexa/project');
const { packedJson } = require('../../__test__/support/packed-json');
const { makeTempDir, removeDir } = require('../../__test__/support/tmp');

const LOAD = `
  const { deploy, logs } = require('@litexa/deploy-aws');
  if (typeof deploy !== 'function' || typeof logs !== 'function') throw new Error('no functions');`;

/** The loader of Yarn Plug'n'Play, which installs no node_modules. */
const PNP = '.pnp.cjs';

/**
 * @param {string[]} files the main package and that of this platform
 * @param {(line: string) => void} log
 */
async function checkInstallers(files, log) {
  const packed = files.map((file) => ({
    manifest: packedJson(file, 'package.json'),
    archive: fs.readFileSync(file),
  }));
  const names = packed.map(({ manifest }) => manifest.name);
  const others = Object.keys(PLATFORMS).filter((one) => !names.includes(packageName(one)));
  // Installers read the manifests of all platforms, and some fetch their archives, too.
  const manifests = others.map((platform) => ({ manifest: platformManifest(platform) }));
  const registry = await startRegistry([...packed, ...manifests]);
  try {
    const layouts = layoutsOf(Object.keys(INSTALLERS)).filter(
      ({ workspace, withoutExtra }) => !workspace && !withoutExtra,
    );
    for (const layout of layouts) {
      await checkLayout(layout, registry.url, packed[0].manifest);
      log(`${layout.name}: the installed module loads`);
    }
  } finally {
    await registry.stop();
  }
}

async function checkLayout(layout, registryUrl, { name, version }) {
  const built = buildProject({});
  const project = { ...built, home: makeTempDir('installer-home') };
  const folder = project.path('litexa');
  const write = (file, content) => project.write(path.join('litexa', file), content);
  try {
    for (const [file, content] of Object.entries(layout.filesFor(registryUrl)))
      write(file, content);
    const manifest = { name: 'skill', version: '0.1.0', dependencies: { [name]: version } };
    write('package.json', JSON.stringify({ ...manifest, ...layout.manifest }));
    await install(layout, project, await programOf(layout.installer));
    const loader = fs.existsSync(path.join(folder, PNP)) ? ['--require', `./${PNP}`] : [];
    await run(process.execPath, [...loader, '--eval', LOAD], { cwd: folder, quiet: true });
  } catch (error) {
    throw new Error(`${layout.name}: ${error.message}`);
  } finally {
    [project.root, project.home].forEach(removeDir);
  }
}

module.exports = { checkInstallers };
