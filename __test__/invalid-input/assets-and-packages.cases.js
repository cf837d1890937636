'use strict';

// What is deployed and cannot be: installed packages and assets.

const fs = require('node:fs');
const path = require('node:path');
const { HANGS_MS, INSTEAD, instead } = require('./not-a-file');

/** Of one package; more where somebody has the time. */
const MANY_FILES = Number(process.env.MANY_FILES ?? 20_000);
const NOBODY = 65534;
const isRoot = process.getuid?.() === 0;
const KEYS = { accessKeyId: 'AKIAROOT', secretAccessKey: 'emulator-root-secret' };

const nodeModules = [
  {
    title: 'a package links to a folder that it is in',
    prepare(project) {
      project.install('a/index.js');
      fs.symlinkSync('..', project.path('litexa/node_modules/a/up'));
    },
    says: 'up',
  },
  {
    title: 'two packages link to each other',
    prepare(project) {
      project.install('a/index.js');
      project.install('b/index.js');
      fs.symlinkSync('../b', project.path('litexa/node_modules/a/b'));
      fs.symlinkSync('../a', project.path('litexa/node_modules/b/a'));
    },
    says: 'link',
  },
  {
    title: 'a package links to itself',
    prepare(project) {
      project.install('a/index.js');
      fs.symlinkSync('self', project.path('litexa/node_modules/a/self'));
    },
    says: 'self',
  },
  {
    title: 'a package links to the whole disk',
    prepare(project) {
      project.install('a/index.js');
      fs.symlinkSync('/', project.path('litexa/node_modules/a/disk'));
    },
    says: 'disk',
  },
  {
    title: 'a package links to nothing',
    prepare(project) {
      project.install('a/index.js');
      fs.symlinkSync('gone', project.path('litexa/node_modules/a/dangling'));
    },
    says: 'dangling',
  },
  {
    title: 'a package links to a device',
    prepare(project) {
      project.install('a/index.js');
      fs.symlinkSync('/dev/zero', project.path('litexa/node_modules/a/zeros'));
    },
    says: 'zeros',
  },
  ...['a named pipe', 'a socket'].map((kind) => ({
    title: `a package holds ${kind}`,
    prepare(project) {
      project.install('a/index.js');
      INSTEAD[kind](project.path('litexa/node_modules/a/odd'));
    },
    says: 'odd',
  })),
  {
    title: 'a file name is no Unicode text',
    prepare(project) {
      project.install('a/index.js');
      const folder = Buffer.from(project.path('litexa/node_modules/a/'));
      fs.writeFileSync(Buffer.concat([folder, Buffer.from([0xff, 0xfe])]), '');
    },
    says: 'Unicode',
  },
  {
    title: 'package.json is no JSON',
    prepare: (project) =>
      project.install('a/index.js') ?? project.write('litexa/package.json', '{'),
    says: 'package.json',
  },
  {
    title: 'package.json is a list of dependencies',
    prepare: (project) => project.write('litexa/package.json', '{"dependencies": ["a"]}'),
    says: 'package.json',
  },
  {
    title: 'dependencies are not installed',
    prepare: (project) => project.write('litexa/package.json', '{"dependencies": {"a": "1"}}'),
    says: 'npm install',
  },
  {
    title: 'a package is larger than Lambda takes',
    prepare(project) {
      project.install('a/index.js');
      fs.truncateSync(project.path('litexa/node_modules/a/index.js'), 2 ** 33);
    },
    says: /\blargest\b.*\ba\b/,
  },
].map((one) => ({ call: 'lambda', code: 'INVALID_PACKAGE', ...one }));

const packageJson = ['a folder', 'a named pipe', 'a link to itself'].map((kind) => ({
  title: `litexa/package.json is ${kind}`,
  call: 'lambda',
  prepare: instead('litexa/package.json', INSTEAD[kind]),
  code: 'FILE_ERROR',
  says: 'package.json',
  limitMs: HANGS_MS,
}));

const takenModules = [
  {
    title: 'node_modules is a file: nothing is packed',
    prepare(project) {
      project.write('litexa/package.json', '{}');
      project.write('litexa/node_modules', '');
    },
  },
  {
    title: 'litexaRoot is not there',
    context: (c) => void (c.projectInfo.litexaRoot = '/nowhere/at all'),
  },
  {
    title: 'a package has names that are odd and legal',
    prepare(project) {
      for (const name of ['a b', 'ünïcode', '猫', 'new\nline', "quo'te", '-rf', 'x'.repeat(200)]) {
        project.install(`${name}/index.js`);
      }
    },
  },
  {
    title: 'node_modules has 500 levels',
    prepare: (project) => project.install(`${'d/'.repeat(500)}index.js`),
  },
  {
    title: `node_modules has ${MANY_FILES} files`,
    prepare: (project) => manyFiles(project, MANY_FILES),
    limitMs: 300_000,
  },
].map((one) => ({ call: 'lambda', ...one }));

function manyFiles(project, count) {
  project.install('a/index.js');
  for (let number = 0; number < count; number += 1) {
    const folder = project.path('litexa/node_modules/a', String(Math.floor(number / 1000)));
    if (number % 1000 === 0) fs.mkdirSync(folder);
    fs.writeFileSync(path.join(folder, `${number}.js`), '');
  }
}

/** Asset files as the CLI would list them; none of them need be there to be refused. */
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
  'two dots for a folder': '../secrets.txt',
  'two dots in the middle': 'a/../../b.txt',
  'a dot for a folder': './a.txt',
  'the root in front': '/etc/passwd',
  'an empty part': 'a//b.txt',
  nothing: '',
  'a slash at the end': 'a/',
  '1,100 bytes': 'x'.repeat(1100),
  '100,000 bytes': 'x'.repeat(100_000),
};

function withFiles(list) {
  return (context) => void (context.projectInfo.languages.default.assets.files = list);
}

const assets = [
  ...Object.entries(ASSETS).map(([what, name]) => ({
    group: 'an asset whose name is no key is refused',
    title: `an asset's name has ${what}`,
    context: withFiles([name]),
  })),
  { title: 'an asset is listed twice', context: withFiles(['a.txt', 'a.txt']) },
  { title: 'an asset is listed with both separators', context: withFiles(['a/b.txt', 'a\\b.txt']) },
  {
    title: '20,000 assets with bad names',
    context: withFiles(Array.from({ length: 20_000 }, (_, number) => `bad name ${number}.png`)),
  },
  {
    title: "a language's name leads out of its folder",
    context: (context) =>
      void (context.projectInfo.languages['../x'] = context.projectInfo.languages.default),
  },
  {
    title: "a language's name is empty",
    context: (context) =>
      void (context.projectInfo.languages[''] = context.projectInfo.languages.default),
  },
].map((one) => ({ call: 'assets', code: 'INVALID_ASSETS', says: /asset|key/, ...one }));

const unreadableAssets = [
  { title: 'an asset has vanished', context: withFiles(['gone.txt']), says: 'gone.txt' },
  ...Object.entries(INSTEAD).map(([kind, put]) => ({
    title: `an asset is ${kind}`,
    prepare: instead('litexa/assets/odd.txt', put),
    context: withFiles(['odd.txt']),
    says: 'odd.txt',
    limitMs: HANGS_MS,
  })),
  {
    title: 'the root of the assets is a file',
    context: (context) => void (context.projectInfo.languages.default.assets.root += '/a.txt'),
    says: 'a.txt',
  },
].map((one) => ({ call: 'assets', code: 'FILE_ERROR', ...one }));

const takenAssets = [
  {
    title: 'two assets differ in case only: two keys',
    prepare: (project) => project.write('litexa/assets/A.txt', 'A'),
  },
  { title: 'no assets at all', context: withFiles([]) },
  { title: 'an empty asset', prepare: (project) => project.write('litexa/assets/a.txt', '') },
].map((one) => ({ call: 'assets', ...one }));

/** Root may read everything, so somebody else has to try. */
const forbidden = [
  ['litexa/node_modules/a/index.js', 'lambda', 'FILE_ERROR'],
  ['litexa/node_modules/a', 'lambda', 'FILE_ERROR'],
  ['litexa/package.json', 'lambda', 'FILE_ERROR'],
  ['litexa/assets/a.txt', 'assets', 'FILE_ERROR'],
  ['aws-config.json', 'assets', 'INVALID_AWS_CONFIG'],
  ['.deploy/beta', 'lambda', 'FILE_ERROR'],
].map(([name, call, code]) => ({
  title: `${name} must not be read`,
  call,
  uid: isRoot ? NOBODY : undefined,
  prepare(project) {
    project.install('a/index.js');
    if (name === 'aws-config.json') project.write(name, JSON.stringify({ beta: KEYS }));
    fs.mkdirSync(project.path('.deploy', 'beta'), { recursive: true });
    fs.chmodSync(project.path(name), 0);
  },
  code,
  says: name,
}));

const cases = [
  ...nodeModules,
  ...packageJson,
  ...takenModules,
  ...assets,
  ...unreadableAssets,
  ...takenAssets,
  ...forbidden,
];

module.exports = { cases };
