'use strict';

// Adds to a context what a deployment needs in addition: the compiled skill, and the files of its assets.

const { readLanguages } = require('./languages');
const { findCore } = require('./litexa-core');

/**
 * Returns a context whose skill compiles with the Litexa CLI, as `litexa deploy` does; or, without the CLI,
 * one without a skill. Converters of assets do not run in either case.
 *
 * @returns {Promise<{context: object, core?: object}>} `core` is that of `findCore`
 */
async function withSkill(context) {
  const core = findCore(context.projectRoot);
  if (!core) return { context: withFiles(context) };
  const skill = await build(core, context);
  const { projectInfo } = skill;
  projectInfo.variant = context.deploymentName;
  return { context: { ...context, skill, projectInfo, projectConfig: projectInfo }, core };
}

/** Returns a context with the files of the assets, for use without the compiler. */
function withFiles(context) {
  const { projectInfo, deploymentOptions } = context;
  const languages = readLanguages(projectInfo, deploymentOptions);
  return { ...context, projectInfo: { ...projectInfo, languages } };
}

async function build(core, { projectInfo, projectRoot, deploymentName }) {
  core.require('./aliasing');
  core.require('coffeescript').register();
  const config = core.require('./src/command-line/project-config');
  // It would write the result of compiling a config in TypeScript beside it.
  const { litexaRoot, variant, file, ...loaded } = projectInfo;
  config.loadConfig = async () => loaded;
  return core.require('./src/command-line/skill-builder').build(projectRoot, deploymentName);
}

module.exports = { withFiles, withSkill };
