'use strict';

// The ways to install a skill's dependencies: for each installer, the files that choose a layout, and
// the command.

/** A skill alone, or as a member of a workspace with another package that it uses. */
const [ALONE, WORKSPACE] = [false, true];

/**
 * @typedef {object} Layout
 * @property {string} name
 * @property {string} installer a key of the programs that `install` gets
 * @property {boolean} workspace
 * @property {Record<string, string>} files relative to the folder of the command
 * @property {string[]} args of the installer
 * @property {boolean} [refused] whether the deployment has to stop with a hint
 */

const npmrc = (registry, lines = '') => ({ '.npmrc': `registry=${registry}\n${lines}` });

const npm = (installer) => [
  layout(installer, 'hoisted', ALONE, npmrc, ['install', ...QUIET]),
  layout(installer, 'linked', ALONE, npmrc, ['install', '--install-strategy=linked', ...QUIET]),
  layout(installer, 'nested', ALONE, npmrc, ['install', '--install-strategy=nested', ...QUIET]),
  layout(installer, 'workspace', WORKSPACE, npmrc, ['install', ...QUIET]),
];
const QUIET = ['--no-audit', '--no-fund', '--no-update-notifier', '--loglevel=error'];

// Since version 11, pnpm reads settings other than registries from pnpm-workspace.yaml only.
const pnpmFiles = (linker, workspace) => (registry) => ({
  ...npmrc(registry, `node-linker=${linker}\n`),
  'pnpm-workspace.yaml': [
    `nodeLinker: ${linker}`,
    'minimumReleaseAge: 0',
    'autoInstallPeers: false',
    'packages:',
    ...(workspace ? ['  - litexa', '  - packages/*'] : ['  - .']),
  ].join('\n'),
});

const pnpm = (installer) =>
  [ALONE, WORKSPACE].flatMap((workspace) =>
    ['isolated', 'hoisted'].map((linker) =>
      layout(installer, linker, workspace, pnpmFiles(linker, workspace), ['install']),
    ),
  );

const yarn1 = [ALONE, WORKSPACE].map((workspace) =>
  layout(
    'yarn 1',
    'hoisted',
    workspace,
    (registry) => ({ '.yarnrc': `registry "${registry}"\n`, 'yarn.lock': '' }),
    ['install', '--non-interactive'],
  ),
);

const yarn4Files = (linker) => (registry) => ({
  '.yarnrc.yml': [
    `nodeLinker: ${linker}`,
    `npmRegistryServer: "${registry}"`,
    'unsafeHttpWhitelist: ["127.0.0.1"]',
    'enableTelemetry: false',
    'npmMinimalAgeGate: 0',
  ].join('\n'),
  'yarn.lock': '',
});

const yarn4 = [ALONE, WORKSPACE].flatMap((workspace) =>
  ['node-modules', 'pnpm', 'pnp'].map((linker) => ({
    ...layout('yarn 4', linker, workspace, yarn4Files(linker), ['install']),
    refused: linker === 'pnp',
  })),
);

const bun = [ALONE, WORKSPACE].flatMap((workspace) =>
  ['hoisted', 'isolated'].map((linker) =>
    layout(
      'bun',
      linker,
      workspace,
      (registry) => ({
        'bunfig.toml': `[install]\nregistry = "${registry}"\nlinker = "${linker}"\n`,
      }),
      ['install'],
    ),
  ),
);

/** All layouts, of the installers with these names. */
function layoutsOf(installers) {
  const all = [
    ...installers.filter((name) => name.startsWith('npm ')).flatMap(npm),
    ...installers.filter((name) => name.startsWith('pnpm ')).flatMap(pnpm),
    ...yarn1,
    ...yarn4,
    ...bun,
  ];
  return all.filter(({ installer }) => installers.includes(installer));
}

function layout(installer, what, workspace, filesFor, args) {
  const name = `${installer}, ${what}${workspace && what !== 'workspace' ? ', workspace' : ''}`;
  return { name, installer, workspace, filesFor, args };
}

module.exports = { layoutsOf };
