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
 * @property {object} [manifest] more fields of the package.json in that folder
 * @property {string[]} args of the installer
 * @property {boolean} [withoutExtra] whether the installer leaves out what `top` can do without
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
const pnpmFiles =
  (linker, workspace, settings = []) =>
  (registry) => ({
    ...npmrc(registry, `node-linker=${linker}\n`),
    'pnpm-workspace.yaml': [
      `nodeLinker: ${linker}`,
      'minimumReleaseAge: 0',
      'autoInstallPeers: false',
      ...settings,
      'packages:',
      ...(workspace ? ['  - litexa', '  - packages/*'] : ['  - .']),
    ].join('\n'),
  });

const pnpm = (installer) => [
  ...[ALONE, WORKSPACE].flatMap((workspace) =>
    ['isolated', 'hoisted'].map((linker) =>
      layout(installer, linker, workspace, pnpmFiles(linker, workspace), ['install']),
    ),
  ),
  ...pnpmWith(installer, 'global store', ['enableGlobalVirtualStore: true']),
  ...pnpmWith(installer, 'a removed dependency', ['overrides:', '  "top>extra": "-"']).map(
    (removed) => ({
      ...removed,
      // Until version 10, pnpm reads overrides from here.
      manifest: { pnpm: { overrides: { 'top>extra': '-' } } },
      withoutExtra: true,
    }),
  ),
];

/** Layouts of one more setting, which version 9 has not if it is the global store. */
const pnpmWith = (installer, what, settings) =>
  what === 'global store' && installer === 'pnpm 9'
    ? []
    : [ALONE, WORKSPACE].map((workspace) =>
        layout(installer, what, workspace, pnpmFiles('isolated', workspace, settings), ['install']),
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
