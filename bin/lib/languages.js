'use strict';

// Lists the asset files of a project, as the Litexa CLI does, for use without it.

const fs = require('node:fs');
const path = require('node:path');

/** The kinds of files that the CLI deploys as assets. */
const ASSETS = ['.png', '.jpg', '.jpeg', '.svg', '.mp3', '.json', '.txt'];

/** Files that the CLI leaves out wherever they are. */
const LEFT_OUT = [
  'package.json',
  'package-lock.json',
  'tsconfig.json',
  'tslint.json',
  'mocha.opts',
  '.mocharc.json',
  '.DS_Store',
];

/** Returns the asset files by language; `default` is inherited by all others. */
function readLanguages({ root, litexaRoot, additionalAssetExtensions = [] }, options) {
  const others = options.additionalAssetExtensions ?? [];
  const kinds = new Set([...ASSETS, ...additionalAssetExtensions, ...others]);
  const read = (name, folder) => [
    name,
    {
      assets: list(path.join(folder, 'assets'), kinds),
      // Those that the converters of the last deployment have written.
      convertedAssets: list(path.join(root, '.deploy', 'converted-assets', name)),
    },
  ];
  const folder = path.join(litexaRoot, 'languages');
  const names = entries(folder).filter((entry) => entry.isDirectory() && entry.name[0] !== '.');
  return Object.fromEntries([
    read('default', litexaRoot),
    ...names.map(({ name }) => read(name, path.join(folder, name))),
  ]);
}

/** Returns the files below a folder, of some kinds or of all. */
function list(root, kinds) {
  const files = filesBelow(root).map((file) => path.relative(root, file));
  return { root, files: files.filter((file) => !kinds || isAsset(file, kinds)) };
}

const isAsset = (file, kinds) => file[0] !== '.' && kinds.has(path.extname(file));

function filesBelow(folder) {
  const found = entries(folder).filter(({ name }) => !LEFT_OUT.includes(name));
  return found.flatMap(({ name }) => {
    const file = path.join(folder, name);
    // The CLI follows links to folders, and not to files.
    if (fs.statSync(file, { throwIfNoEntry: false })?.isDirectory()) return filesBelow(file);
    return fs.lstatSync(file).isFile() ? [file] : [];
  });
}

function entries(folder) {
  return fs.existsSync(folder) ? fs.readdirSync(folder, { withFileTypes: true }) : [];
}

module.exports = { readLanguages };
