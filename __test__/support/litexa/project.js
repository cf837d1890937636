'use strict';

// Builds small Litexa projects: a minimal handler, a target, and the files of a test.

const fs = require('node:fs');
const path = require('node:path');
const { outcomeOf, withoutExitCode } = require('../exit-code');
const { makeTempDir, removeDir } = require('../tmp');
const { deployContext } = require('./context');

/** Loads the module when it is needed: installed packages are tested where none is built. */
const litexa = () => require('../../..');

const HANDLER = 'exports.handler = (event, context, callback) => callback(null, {});\n';
const MODULE = '@litexa/deploy-aws';

/** The AWS resources of the project `cats`, deployed to the target `beta`. */
const NAMES = {
  function: 'cats_beta_litexa_handler',
  functionArn: 'arn:aws:lambda:us-east-1:123456789012:function:cats_beta_litexa_handler',
  alias: 'release-0',
  table: 'cats_beta_litexa_handler_state',
  logGroup: '/aws/lambda/cats_beta_litexa_handler',
  role: 'litexa_handler_lambda',
};

/** The bucket of asset projects, the prefix of their target and the upload manifest. */
const BUCKET = 'cats-assets';
const PREFIX = 'cats/development/';
const MANIFEST = `.litexa-deploy-aws/${PREFIX}upload-manifest.json`;

/**
 * Builds a project in a new temporary directory, or in `root`. The caller removes it.
 *
 * @param {object} [settings]
 * @param {string} [settings.root]
 * @param {string} [settings.name] of the project
 * @param {string} [settings.target] of its deployments
 * @param {object} [settings.options] of the target
 * @param {Record<string, string | Buffer>} [settings.files] of the project
 */
function buildProject(settings = {}) {
  const { root = makeTempDir('project'), name = 'cats', target = 'beta' } = settings;
  const { options = {}, files = {} } = settings;
  const project = {
    root,
    target,
    path: (...parts) => path.join(root, ...parts),
    /** Writes a file, or removes it if the content is null. Returns its path. */
    write(file, content) {
      const whole = path.join(root, file);
      if (content === null) fs.rmSync(whole, { recursive: true });
      else writeFile(whole, content);
      return whole;
    },
    /** Writes an asset named `<language>/<path>`. Returns its path. */
    writeAsset(asset, content) {
      const [language, ...rest] = asset.split('/');
      const parent = language === 'default' ? [] : ['languages', language];
      return project.write(path.join('litexa', ...parent, 'assets', ...rest), content);
    },
    /** Writes a file of an installed package. */
    installPackage(file, content = 'module.exports = 1;\n') {
      project.write('litexa/package.json', '{}');
      project.write(path.join('litexa', 'node_modules', file), content);
    },
    /** Replaces the targets and their options in litexa.config.json. */
    configure(targets) {
      const entries = Object.entries(targets).map(([key, one]) => [
        key,
        { module: MODULE, ...one },
      ]);
      const config = { name, deployments: Object.fromEntries(entries) };
      project.write('litexa.config.json', JSON.stringify(config));
    },
    /** Returns the context of a deployment; `newOptions` replace the target's options. */
    context: (newOptions, overrides) =>
      deployContext({ projectRoot: root, target, options: newOptions, ...overrides }),
    /** Deploys the handler and returns the context. */
    async deployHandler(newOptions = {}, overrides) {
      const context = project.context(newOptions, overrides);
      await withoutExitCode(() => litexa().lambda.deploy(context, context.logger));
      return context;
    },
    /** Deploys the handler, which must fail. Returns the error and the fields of the context. */
    async failToDeployHandler(newOptions = {}, overrides) {
      const context = project.context(newOptions, overrides);
      const { error } = await outcomeOf(() => litexa().lambda.deploy(context, context.logger));
      if (!error) throw new Error('the deployment succeeded');
      return { error, ...context };
    },
    /** Deploys the assets. `prepare` may change the context or the project's files before. */
    async deployAssets({ prepare, options: newOptions, ...overrides } = {}) {
      const context = project.context(newOptions, overrides);
      prepare?.(context);
      await withoutExitCode(() => litexa().assets.deploy(context, context.logger));
      return { context, lines: (level) => context.logger.lines(level) };
    },
    /** Saves an artifact, as an earlier deployment would have done. */
    saveArtifact: (key, value) => project.context().artifacts.save(key, value),
    deleteArtifact: (key) => project.context().artifacts.delete(key),
    remove: () => removeDir(root),
  };
  project.configure({ [target]: options });
  fs.mkdirSync(project.path('litexa'), { recursive: true });
  for (const [file, content] of Object.entries({ 'handler.js': HANDLER, ...files })) {
    project.write(file, content);
  }
  return project;
}

/** Builds a project that is removed after the test `t`. */
function createProject(t, settings) {
  const project = buildProject(settings);
  t.after(project.remove);
  return project;
}

/**
 * Builds a project with assets and a bucket, deployed to `development`, for the test `t`.
 *
 * @param {Record<string, string | Buffer>} assets their names are `<language>/<path>`
 * @param {object} [s3] the target's `s3Configuration`, in addition to the bucket's name
 * @param {object} [options] the target's other options
 */
function createAssetProject(t, assets, s3, options) {
  const project = createProject(t, { target: 'development' });
  for (const [name, content] of Object.entries(assets)) project.writeAsset(name, content);
  /** Replaces the target's `s3Configuration` and its other options. */
  const configureS3 = (newS3, newOptions, target = project.target) => {
    const s3Configuration = { bucketName: BUCKET, ...newS3 };
    project.configure({ [target]: { s3Configuration, ...newOptions } });
  };
  configureS3(s3, options);
  return { ...project, configureS3 };
}

/** Copies a project as a checkout on another machine has it: without `.deploy` and artifacts. */
function cloneAssetProject(t, original) {
  const clone = createAssetProject(t, {});
  for (const name of ['litexa', 'litexa.config.json']) {
    fs.cpSync(original.path(name), clone.path(name), { recursive: true });
  }
  return clone;
}

function writeFile(file, content) {
  fs.mkdirSync(path.dirname(file), { recursive: true });
  fs.writeFileSync(file, content);
}

module.exports = {
  buildProject,
  cloneAssetProject,
  createAssetProject,
  createProject,
  BUCKET,
  HANDLER,
  MANIFEST,
  NAMES,
  PREFIX,
};
