'use strict';

// A skill whose dependencies an installer installs, and its package, which is run as Lambda runs it: in a
// Node.js process of the tests, or in AWS's runtime client.

const assert = require('node:assert/strict');
const path = require('node:path');
const { run } = require('../../../scripts/lib/exec');
const { makeTempDir, removeDir } = require('../tmp');
const { startLambda } = require('../lambda/runtime-host');
const { unzip } = require('../unzip');
const { buildProject } = require('../litexa/project');
const { ANSWER, HANDLER, SHARED, SHARED_SOURCE, SKILL, WEBSITE } = require('./packages');

/** Writes a skill, and the workspace that it is in, if the layout has one. */
function writeSkill(layout, registryUrl) {
  const built = buildProject({ files: { 'handler.js': HANDLER } });
  // Where installers keep what they share between projects.
  const home = makeTempDir('installer-home');
  const remove = () => [built.root, home].forEach(removeDir);
  const project = { ...built, home, remove };
  const json = (file, value) => project.write(file, JSON.stringify(value, null, 2));
  const at = layout.workspace ? '' : 'litexa';
  for (const [file, content] of Object.entries(layout.filesFor(registryUrl))) {
    project.write(path.join(at, file), content);
  }
  const skill = { name: 'litexa-skill', version: '0.1.0', ...SKILL };
  if (!layout.workspace) {
    json('litexa/package.json', { ...skill, ...layout.manifest });
    return project;
  }
  const shared = layout.installer.startsWith('pnpm') ? 'workspace:*' : '*';
  const dependencies = { ...SKILL.dependencies, shared };
  json('package.json', {
    private: true,
    workspaces: ['litexa', 'packages/*'],
    ...layout.manifest,
  });
  json('litexa/package.json', { ...skill, dependencies });
  json('packages/shared/package.json', SHARED);
  project.write('packages/shared/index.js', SHARED_SOURCE);
  json('packages/website/package.json', WEBSITE);
  return project;
}

/** Installs the dependencies. Nothing of the user's own settings has an effect. */
async function install(layout, project, [program, ...first]) {
  const { home } = project;
  const env = {
    PATH: process.env.PATH,
    SystemRoot: process.env.SystemRoot,
    HOME: home,
    USERPROFILE: home,
    npm_config_cache: path.join(home, 'npm'),
    npm_config_userconfig: path.join(home, '.npmrc'),
    XDG_CACHE_HOME: path.join(home, 'cache'),
    XDG_DATA_HOME: path.join(home, 'data'),
    XDG_STATE_HOME: path.join(home, 'state'),
    YARN_CACHE_FOLDER: path.join(home, 'yarn'),
    YARN_GLOBAL_FOLDER: path.join(home, 'yarn-global'),
    BUN_INSTALL_CACHE_DIR: path.join(home, 'bun'),
  };
  const cwd = layout.workspace ? project.root : project.path('litexa');
  const known = Object.entries(env).filter(([, value]) => value !== undefined);
  const options = { cwd, env: Object.fromEntries(known), quiet: true };
  await run(program, [...first, ...layout.args], options);
}

/** Warnings about packages, not about what else the skill lacks. */
const PACKAGE_WARNING =
  /peer dep|native code|credentials|own files|out of the project|not installed/;

/**
 * Deploys the skill, and checks that its package answers as the skill does here, without warnings.
 *
 * @param {(folder: string, event: object) => Promise<{answer?: any, error?: object, log?: string}>}
 *   [runPackage] runs the unpacked package with one event
 */
async function deployAndRun(layout, project, options, runPackage = runInNode) {
  const context = await project.deployHandler(options);
  const warnings = context.logger.lines('warning').filter((line) => PACKAGE_WARNING.test(line));
  assert.deepEqual(warnings, []);
  const folder = unzip(
    project.path('.deploy', project.target, 'lambda.zip'),
    makeTempDir('installed'),
  );
  try {
    const { answer, error, log } = await runPackage(folder, { shared: layout.workspace });
    assert.equal(error, undefined, log);
    assert.deepEqual(answer, expectedAnswer(layout));
  } finally {
    removeDir(folder);
  }
  return context;
}

function expectedAnswer({ workspace, withoutExtra }) {
  return {
    ...ANSWER,
    ...(withoutExtra && { extra: 'MODULE_NOT_FOUND' }),
    ...(workspace && { shared: '2.0.0' }),
  };
}

async function runInNode(folder, event) {
  const lambda = await startLambda(folder);
  const outcome = await lambda.invoke(event);
  return { ...outcome, log: await lambda.stop() };
}

module.exports = { deployAndRun, install, writeSkill };
