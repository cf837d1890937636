'use strict';

// Installs a small @litexa/core into a project, with the modules of the real one that the executable
// calls. Its compiler returns the project's handler.js.

const fs = require('node:fs');
const path = require('node:path');

const FILES = {
  'package.json': '{"name": "@litexa/core", "version": "0.9.0"}',
  'aliasing.js': '',
  'node_modules/coffeescript/index.js': 'exports.register = () => {};',
  'src/command-line/project-config.js':
    'exports.loadConfig = () => { throw new Error("called"); };',
  'src/command-line/skill-builder.js': `
    const fs = require('node:fs');
    const path = require('node:path');
    const config = require('./project-config');
    exports.build = async (root, variant) => {
      const projectInfo = { ...(await config.loadConfig(root)), litexaRoot: path.join(root, 'litexa') };
      const assets = path.join(projectInfo.litexaRoot, 'assets');
      const files = fs.existsSync(assets) ? fs.readdirSync(assets) : [];
      const converted = path.join(root, '.deploy', 'converted-assets', 'default');
      const convertedFiles = fs.existsSync(converted) ? fs.readdirSync(converted) : [];
      projectInfo.languages = {
        default: {
          assets: { root: assets, files },
          convertedAssets: { root: converted, files: convertedFiles },
        },
      };
      console.log('compiling', projectInfo.name, variant);
      return {
        projectInfo,
        toLambda: () => fs.readFileSync(path.join(root, 'handler.js'), 'utf8'),
      };
    };`,
  'src/deployment/git.js': `exports.getCurrentState = async () => ({ currentCommitHash: 'abc' });`,
  'src/deployment/assets.js': `
    exports.convertAssets = async (context, logger) => logger.log('all asset conversion complete');`,
};

/** Installs the CLI into a project. */
function installFakeCli(project) {
  for (const [name, content] of Object.entries(FILES)) {
    project.write(path.join('node_modules', '@litexa', 'core', name), content);
  }
  return () => fs.rmSync(path.join(project.root, 'node_modules'), { recursive: true });
}

module.exports = { installFakeCli };
