'use strict';

// Finding and loading the config of a project, and the context that is built from it.

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { test } = require('node:test');
const { Artifacts } = require('../../bin/lib/artifacts');
const { loadContext } = require('../../bin/lib/context');
const { findCore } = require('../../bin/lib/litexa-core');
const { examineProject } = require('../../bin/lib/local-findings');
const { findConfig, loadConfig, targetOptions } = require('../../bin/lib/project-config');
const { setVariables } = require('../support/environment');
const { removeDir, tempDir } = require('../support/tmp');

const ROOT = path.join(__dirname, '..', '..');
const TARGET = { module: '@litexa/deploy-aws', s3Configuration: { bucketName: 'cats-assets' } };
const CONFIG = { name: 'tea_house', deployments: { development: TARGET } };
const MODULE_TEXT = JSON.stringify(CONFIG);

/** Writes files into a new folder, which is returned. */
function folderWith(t, files) {
  const root = fs.realpathSync(tempDir(t));
  for (const [name, content] of Object.entries(files)) {
    const file = path.join(root, name);
    fs.mkdirSync(path.dirname(file), { recursive: true });
    fs.writeFileSync(file, content);
  }
  return root;
}

/** A compiler in place of that of CoffeeScript, for `module.exports = <JSON>` without line breaks. */
const COFFEE = `exports.register = () => {
  require.extensions['.coffee'] = (module, file) =>
    module._compile(require('fs').readFileSync(file, 'utf8').replace(/^# .*/, ''), file);
};`;

/** The files of a Litexa CLI in a folder of packages. */
const coreIn = (folder) => ({
  [path.join(folder, '@litexa', 'core', 'package.json')]:
    '{"name": "@litexa/core", "version": "0.9.0"}',
  [path.join(folder, '@litexa', 'core', 'node_modules', 'coffeescript', 'index.js')]: COFFEE,
});

/** Gives a Litexa CLI the compiler of TypeScript. */
function linkTypeScript(root, folder) {
  const packages = path.join(root, folder, '@litexa', 'core', 'node_modules');
  fs.mkdirSync(packages, { recursive: true });
  fs.symlinkSync(
    path.join(ROOT, 'node_modules', 'typescript'),
    path.join(packages, 'typescript'),
    'junction',
  );
}

test('the config is found in the folder or above it, in the order of the CLI', (t) => {
  const root = folderWith(t, {
    'litexa.config.json': '{}',
    'litexa.config.ts': '',
    'litexa/a/b.litexa': '',
    'litexa.config.json.bak': '',
  });
  const found = (...folders) => findConfig(path.join(root, ...folders));
  assert.equal(found(), path.join(root, 'litexa.config.json'));
  assert.equal(found('litexa', 'a'), path.join(root, 'litexa.config.json'));
  fs.writeFileSync(path.join(root, 'litexa.config.coffee'), '');
  assert.equal(found('litexa'), path.join(root, 'litexa.config.coffee'));
});

test('a folder without a project is an error that names it', (t) => {
  const root = folderWith(t, { 'litexa.config.json.bak': '{}' });
  assert.throws(
    () => loadConfig(root),
    ({ message }) => {
      return message.startsWith(`${root} does not belong to a Litexa project`);
    },
  );
});

const SOURCES = {
  'litexa.config.json': `\uFEFF${MODULE_TEXT}`,
  'litexa.config.js': `module.exports = require('./shared');`,
  'litexa.config.coffee': `# comment\nmodule.exports = require('./shared')`,
  'litexa.config.ts': `interface Named { name: string }
const shared: Named = require('./shared');
export = shared;`,
};

for (const [name, source] of Object.entries(SOURCES)) {
  test(`${name} is loaded, without writing a file`, (t) => {
    const root = folderWith(t, {
      [name]: source,
      'shared.js': `module.exports = ${MODULE_TEXT}`,
      ...coreIn('node_modules'),
    });
    linkTypeScript(root, 'node_modules');
    const before = fs.readdirSync(root);
    const config = loadConfig(path.join(root));
    assert.deepEqual(config, { ...CONFIG, root, file: path.join(root, name) });
    assert.deepEqual(fs.readdirSync(root), before);
  });
}

test('without a name, the project has that of its folder', (t) => {
  const root = folderWith(t, { 'litexa.config.json': '{"deployments": {}}' });
  assert.equal(loadConfig(root).name, path.basename(root));
});

test('a config in TypeScript or CoffeeScript without the CLI is an error with the way out', (t) => {
  setVariables(t, { NODE_PATH: '' });
  const paths = process.env.PATH;
  t.after(() => (process.env.PATH = paths));
  process.env.PATH = '';
  for (const name of ['litexa.config.ts', 'litexa.config.coffee']) {
    const root = folderWith(t, { [name]: '' });
    // A developer's machine may have the CLI globally.
    if (findCore(root)) continue;
    assert.throws(
      () => loadConfig(root),
      /needs the compiler of the Litexa CLI.*Install @litexa\/core/,
    );
    const { findings } = examineProject(root, 'development');
    const { detail, fix } = findings.find(({ check }) => check === 'config');
    assert.match(detail, new RegExp(`${name} cannot be loaded without the Litexa CLI`));
    assert.match(fix, /^Install @litexa\/core/);
  }
});

test('the ASK CLI and its profile are looked for', (t) => {
  const config = (options) => JSON.stringify({ deployments: { development: options } });
  const findingOf = (options) => {
    const root = folderWith(t, { 'litexa.config.json': config(options) });
    const { findings } = examineProject(root, 'development');
    return findings.find(({ check }) => check === 'ASK CLI');
  };
  const paths = process.env.PATH;
  t.after(() => (process.env.PATH = paths));
  process.env.PATH = '';
  assert.match(findingOf({ askProfile: 'default' }).detail, /^not found/);
  process.env.PATH = folderWith(t, { ask: '', 'ask.cmd': '' });
  assert.match(findingOf({}).detail, /^no askProfile/);
  assert.equal(findingOf({ askProfile: 'default' }).status, 'ok');
});

test('the CLI is found in the project, in NODE_PATH and by its program', (t) => {
  const root = folderWith(t, {
    ...coreIn(path.join('project', 'node_modules')),
    ...coreIn('folder'),
    ...coreIn(path.join('prefix', 'lib', 'node_modules')),
    'prefix/lib/node_modules/@litexa/core/src/command-line/main.js': '',
  });
  const at = (...parts) => path.join(root, ...parts, '@litexa', 'core');
  assert.equal(findCore(path.join(root, 'project')).root, at('project', 'node_modules'));
  removeDir(path.join(root, 'project'));

  setVariables(t, { NODE_PATH: path.join(root, 'folder') });
  const project = path.join(root, 'other');
  assert.equal(findCore(project).root, at('folder'));
  process.env.NODE_PATH = '';

  const prefix = path.join(root, 'prefix');
  setVariables(t, { npm_config_global_prefix: prefix });
  assert.equal(findCore(project).version, '0.9.0');
  process.env.npm_config_global_prefix = '';
  const { PATH } = process.env;
  t.after(() => (process.env.PATH = PATH));
  if (process.platform === 'win32') return;
  fs.mkdirSync(path.join(prefix, 'bin'));
  const main = path.join(at('prefix', 'lib', 'node_modules'), 'src', 'command-line', 'main.js');
  fs.symlinkSync(main, path.join(prefix, 'bin', 'litexa'));
  process.env.PATH = path.join(prefix, 'bin');
  assert.equal(findCore(project).root, at('prefix', 'lib', 'node_modules'));
});

const REFUSED = [
  ['litexa.config.json', '{', /loading .*litexa\.config\.json failed: /],
  ['litexa.config.json', '\uFEFF{\n"name": 2\n"c": 3}', / in JSON at .*\(line 3\b.*\)$/m],
  ['litexa.config.json', '[]', /must be an object, but .* has a list/],
  ['litexa.config.json', '{"name": 5}', /name in .* must be a string, but is a number/],
  ['litexa.config.js', 'throw null', /loading .*litexa\.config\.js failed: /],
  ['litexa.config.json', 'null', /must be an object, but .* has null/],
  ['litexa.config.js', 'module.exports = () => ({});', /must be an object, but .* has a function/],
  ['litexa.config.js', 'module.exports = (async () => ({}))();', /but .* has a promise/],
  [
    'litexa.config.js',
    `throw new Error('no secrets here')`,
    /failed: no secrets here \(line 1\)$/m,
  ],
  [
    'litexa.config.js',
    'module.exports = {\n  name: : 1,\n};',
    /failed: Unexpected token .* \(line 2\)$/m,
  ],
  ['litexa.config.js', `exports.default = ${MODULE_TEXT}`, /default export, which the Litexa CLI/],
];

for (const [name, source, message] of REFUSED) {
  test(`refused: ${name} with ${source.slice(0, 40)}`, (t) => {
    const root = folderWith(t, { [name]: source });
    assert.throws(() => loadConfig(root), message);
  });
}

test('an unknown target is an error with those that are known', () => {
  const file = '/tea/litexa.config.json';
  const of = (deployments, target) => () => targetOptions({ file, deployments }, target);
  assert.throws(
    of({ development: {}, beta: {} }, 'betta'),
    /has development, beta\. Did you mean beta\?/,
  );
  assert.throws(of({ beta: {} }, 'production'), /has beta\. Choose one by -d <target>/);
  assert.throws(of({}, 'beta'), { code: 'INVALID_CONFIG', message: /no deployment target beta/ });
  assert.throws(of({ beta: {} }, 'betta'), { code: 'WRONG_USAGE' });
  assert.throws(of(undefined, 'beta'), /has no deployments/);
  assert.throws(of([{}], 'beta'), /has no deployments/);
  assert.throws(of({ beta: 1 }, 'beta'), /deployments\.beta .* must be an object/);
  assert.throws(of({}, 'toString'), /no deployment target toString/);
  assert.deepEqual(of({ beta: TARGET }, 'beta')(), { name: 'beta', ...TARGET });
});

for (const [content, problem] of [
  ['null', 'it must be an object'],
  ['{"variants": []}', 'variants must be an object'],
  ['{"variants": {"beta": null}}', 'variants.beta must be an object'],
  ['{"variants": {"beta": {"versions": []}}}', 'variants.beta.versions must be a list'],
  ['{"variants": {"beta": {"versions": [7]}}}', 'the last of variants.beta.versions'],
]) {
  test(`an artifacts.json with ${content} is an error that names the file`, (t) => {
    const root = folderWith(t, { 'artifacts.json': content });
    assert.throws(() => new Artifacts(root, 'beta'), {
      code: 'FILE_ERROR',
      message: new RegExp(`artifacts\\.json is not what .*: ${problem}.* Restore it`),
    });
  });
}

test('a target that cannot be read is an error that names it and the config', () => {
  const target = {
    get s3Configuration() {
      throw new Error('no bucket yet');
    },
  };
  const config = { file: 'litexa.config.js', deployments: { beta: target } };
  assert.throws(() => targetOptions(config, 'beta'), {
    code: 'INVALID_CONFIG',
    message: /reading deployments\.beta in litexa\.config\.js failed: no bucket yet/,
  });
});

test('the context has the artifacts of the target, which are written as the CLI writes them', async (t) => {
  const others = { variants: { beta: { versions: [{ a: 1 }] } }, globals: { g: 1 }, later: 2 };
  const root = folderWith(t, {
    'litexa.config.json': MODULE_TEXT,
    'artifacts.json': JSON.stringify(others),
  });
  const { cwd } = process;
  t.after(() => (process.cwd = cwd));
  process.cwd = () => root;
  const logger = {};
  const context = await loadContext('development', logger);
  const { artifacts } = context;
  assert.deepEqual([artifacts.currentVersion, artifacts.get('x')], [0, undefined]);
  const read = () => JSON.parse(fs.readFileSync(path.join(root, 'artifacts.json'), 'utf8'));
  assert.deepEqual(read(), others, 'reading does not write');
  artifacts.save('lambdaARN', 'arn');
  assert.deepEqual(read(), {
    ...others,
    variants: { ...others.variants, development: { versions: [{ lambdaARN: 'arn' }] } },
  });
  artifacts.delete('absent');
  artifacts.delete('lambdaARN');
  assert.deepEqual(read().variants.development, { versions: [{}] });
  assert.deepEqual(
    [context.projectInfo.name, context.projectInfo.variant, context.deployRoot, context.logger],
    ['tea_house', 'development', path.join(root, '.deploy', 'development'), logger],
  );

  fs.writeFileSync(path.join(root, 'artifacts.json'), '{');
  await assert.rejects(
    loadContext('development', logger),
    /artifacts\.json failed: .*version control/,
  );
});

test('an artifact that cannot be written is an error of the file', (t) => {
  const file = path.join(tempDir(t), 'artifacts.json');
  const artifacts = new Artifacts(path.dirname(file), 'development');
  fs.mkdirSync(`${file}.${process.pid}.draft`);
  assert.throws(() => artifacts.save('x', 1), { code: 'FILE_ERROR', message: /artifacts\.json/ });
});

test('saving an artifact keeps what another target has saved in the meantime', (t) => {
  const root = folderWith(t, {});
  const [beta, production] = ['beta', 'production'].map((target) => new Artifacts(root, target));
  beta.save('lambdaARN', 'of beta');
  production.save('skillId', 'of production');
  beta.delete('lambdaARN');
  assert.equal(new Artifacts(root, 'production').get('skillId'), 'of production');
  assert.equal(new Artifacts(root, 'beta').get('lambdaARN'), undefined);
});
