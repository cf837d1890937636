'use strict';

// Installed packages and assets that cannot be deployed.

const fs = require('node:fs');
const path = require('node:path');
const { HANG_TIMEOUT_MS, SUBSTITUTES, needsUnix, replaceWith } = require('./not-a-file');

/** The number of files of the largest package. */
const MANY_FILES = Number(process.env.MANY_FILES ?? 20_000);
const UNPRIVILEGED_UID = 65534;
const isRoot = process.getuid?.() === 0;
const KEYS = { accessKeyId: 'AKIAROOT', secretAccessKey: 'emulator-root-secret' };

const nodeModules = [
  {
    title: 'a package links to a device',
    prepare(project) {
      project.installPackage('a/index.js');
      SUBSTITUTES['an endless device'](project.path('litexa/node_modules/a/zeros'));
    },
    mentions: 'zeros',
  },
  ...['a named pipe', 'a socket'].map((kind) => ({
    title: `a package holds ${kind}`,
    prepare(project) {
      project.installPackage('a/index.js');
      SUBSTITUTES[kind](project.path('litexa/node_modules/a/odd'));
    },
    mentions: 'odd',
  })),
  {
    title: 'a file name is not valid Unicode',
    prepare(project) {
      needsUnix('names that are not Unicode');
      project.installPackage('a/index.js');
      const folder = Buffer.from(project.path('litexa/node_modules/a/'));
      fs.writeFileSync(Buffer.concat([folder, Buffer.from([0xff, 0xfe])]), '');
    },
    mentions: 'Unicode',
  },
  {
    title: 'package.json is not JSON',
    prepare(project) {
      project.installPackage('a/index.js');
      project.write('litexa/package.json', '{');
    },
    mentions: 'package.json',
  },
  {
    title: 'package.json is a list of dependencies',
    prepare: (project) => project.write('litexa/package.json', '{"dependencies": ["a"]}'),
    mentions: 'package.json',
  },
  {
    title: 'dependencies are not installed',
    prepare: (project) => project.write('litexa/package.json', '{"dependencies": {"a": "1"}}'),
    mentions: 'npm install',
  },
  {
    title: 'a dependency is the project itself',
    prepare(project) {
      project.installPackage('a/index.js');
      project.write('litexa/package.json', '{"dependencies": {"me": "file:.."}}');
      fs.symlinkSync('../..', project.path('litexa/node_modules/me'));
    },
    mentions: 'contains the skill',
  },
  {
    title: 'a package is larger than the limit of Lambda',
    prepare(project) {
      project.installPackage('a/index.js');
      fs.truncateSync(project.path('litexa/node_modules/a/index.js'), 2 ** 33);
    },
    mentions: /\blargest\b.*\ba\b/,
  },
].map((one) => ({ call: 'lambda', code: 'INVALID_PACKAGE', ...one }));

const packageJson = ['a directory', 'a named pipe', 'a link to itself'].map((kind) => ({
  title: `litexa/package.json is ${kind}`,
  call: 'lambda',
  prepare: replaceWith('litexa/package.json', SUBSTITUTES[kind]),
  code: 'FILE_ERROR',
  mentions: 'package.json',
  limitMs: HANG_TIMEOUT_MS,
}));

const acceptedModules = [
  {
    title: 'a package links to its parent directory',
    prepare(project) {
      project.installPackage('a/index.js');
      fs.symlinkSync('..', project.path('litexa/node_modules/a/up'));
    },
  },
  {
    title: 'two packages link to each other',
    prepare(project) {
      project.installPackage('a/index.js');
      project.installPackage('b/index.js');
      fs.symlinkSync('../b', project.path('litexa/node_modules/a/b'));
      fs.symlinkSync('../a', project.path('litexa/node_modules/b/a'));
    },
  },
  {
    title: 'a package links to itself',
    prepare(project) {
      project.installPackage('a/index.js');
      fs.symlinkSync('self', project.path('litexa/node_modules/a/self'));
    },
  },
  {
    title: 'a package links to the whole disk',
    prepare(project) {
      project.installPackage('a/index.js');
      fs.symlinkSync('/', project.path('litexa/node_modules/a/disk'));
    },
  },
  {
    title: 'a package links to nothing',
    prepare(project) {
      project.installPackage('a/index.js');
      fs.symlinkSync('gone', project.path('litexa/node_modules/a/dangling'));
    },
  },
  {
    title: 'node_modules is a file, and nothing is packaged',
    prepare(project) {
      project.write('litexa/package.json', '{}');
      project.write('litexa/node_modules', '');
    },
  },
  {
    title: 'litexaRoot does not exist',
    context: (context) => void (context.projectInfo.litexaRoot = '/missing/directory'),
  },
  {
    title: 'a package has unusual and valid file names',
    prepare(project) {
      const onlyUnix = process.platform === 'win32' ? [] : ['new\nline', 'q?', 'tea:1', 'con'];
      for (const name of ['a b', 'ünïcode', '猫', "quo'te", '-rf', 'x'.repeat(200), ...onlyUnix]) {
        project.installPackage(`${name}/index.js`);
      }
    },
  },
  {
    title: 'node_modules has 500 levels',
    prepare: (project) => project.installPackage(`${'d/'.repeat(500)}index.js`),
    limitMs: 900_000,
  },
  {
    title: `node_modules has ${MANY_FILES} files`,
    prepare: (project) => manyFiles(project, MANY_FILES),
    limitMs: 900_000,
  },
].map((one) => ({ call: 'lambda', ...one }));

function manyFiles(project, count) {
  project.installPackage('a/index.js');
  for (let number = 0; number < count; number += 1) {
    const folder = project.path('litexa/node_modules/a', String(Math.floor(number / 1000)));
    if (number % 1000 === 0) fs.mkdirSync(folder);
    fs.writeFileSync(path.join(folder, `${number}.js`), '');
  }
}

/** Asset files as the CLI would list them. They are rejected although they do not exist. */
const ASSETS = {
  'a space': 'a b.png',
  'an umlaut': 'ä.png',
  'an emoji': '🐈.png',
  'a newline': 'a\nb.png',
  'a NUL': 'a\0b.png',
  'a percent sign': '100%.png',
  'a question mark': 'a?.png',
  'a hash': 'a#b.png',
  'a colon': 'a:b.png',
  'a lone surrogate': '\ud800.png',
  'a right-to-left mark': 'a\u202eb.png',
  'two dots for a directory': '../secrets.txt',
  'two dots in the middle': 'a/../../b.txt',
  'a dot for a directory': './a.txt',
  'a leading slash': '/etc/passwd',
  'an empty segment': 'a//b.txt',
  'no characters': '',
  'a trailing slash': 'a/',
  '1,100 bytes': 'x'.repeat(1100),
  '100,000 bytes': 'x'.repeat(100_000),
};

function withFiles(list) {
  return (context) => void (context.projectInfo.languages.default.assets.files = list);
}

const assets = [
  ...Object.entries(ASSETS).map(([what, name]) => ({
    group: 'an asset whose name is not a valid key is an error',
    title: `an asset's name has ${what}`,
    context: withFiles([name]),
  })),
  { title: 'an asset is listed twice', context: withFiles(['a.txt', 'a.txt']) },
  { title: 'an asset is listed with both separators', context: withFiles(['a/b.txt', 'a\\b.txt']) },
  {
    title: '20,000 assets with invalid names',
    context: withFiles(Array.from({ length: 20_000 }, (_, number) => `invalid name ${number}.png`)),
  },
  {
    title: "a language's name leads out of its directory",
    context: (context) =>
      void (context.projectInfo.languages['../x'] = context.projectInfo.languages.default),
  },
  {
    title: "a language's name is empty",
    context: (context) =>
      void (context.projectInfo.languages[''] = context.projectInfo.languages.default),
  },
].map((one) => ({ call: 'assets', code: 'INVALID_ASSETS', mentions: /asset|key/, ...one }));

const unreadableAssets = [
  { title: 'an asset has vanished', context: withFiles(['gone.txt']), mentions: 'gone.txt' },
  ...Object.entries(SUBSTITUTES).map(([kind, put]) => ({
    title: `an asset is ${kind}`,
    prepare: replaceWith('litexa/assets/odd.txt', put),
    context: withFiles(['odd.txt']),
    mentions: 'odd.txt',
    limitMs: HANG_TIMEOUT_MS,
  })),
  {
    title: 'the root of the assets is a file',
    context: (context) => void (context.projectInfo.languages.default.assets.root += '/a.txt'),
    mentions: 'a.txt',
  },
].map((one) => ({ call: 'assets', code: 'FILE_ERROR', ...one }));

const acceptedAssets = [
  {
    title: 'two assets differ in case only',
    prepare: (project) => project.write('litexa/assets/A.txt', 'A'),
  },
  { title: 'no assets', context: withFiles([]) },
  { title: 'an empty asset', prepare: (project) => project.write('litexa/assets/a.txt', '') },
].map((one) => ({ call: 'assets', ...one }));

/** Root may read every file, so these cases run as another user. */
const unreadable = [
  ['litexa/node_modules/a/index.js', 'lambda', 'FILE_ERROR'],
  ['litexa/node_modules/a', 'lambda', 'FILE_ERROR'],
  ['litexa/package.json', 'lambda', 'FILE_ERROR'],
  ['litexa/assets/a.txt', 'assets', 'FILE_ERROR'],
  ['aws-config.json', 'assets', 'INVALID_AWS_CONFIG'],
  ['.deploy/beta', 'lambda', 'FILE_ERROR'],
].map(([name, call, code]) => ({
  title: `${name} is not readable`,
  call,
  uid: isRoot ? UNPRIVILEGED_UID : undefined,
  prepare(project) {
    needsUnix('modes of files');
    project.installPackage('a/index.js');
    if (name === 'aws-config.json') project.write(name, JSON.stringify({ beta: KEYS }));
    fs.mkdirSync(project.path('.deploy', 'beta'), { recursive: true });
    fs.chmodSync(project.path(name), 0);
  },
  code,
  mentions: name,
}));

const cases = [
  ...nodeModules,
  ...packageJson,
  ...acceptedModules,
  ...assets,
  ...unreadableAssets,
  ...acceptedAssets,
  ...unreadable,
];

module.exports = { cases };
