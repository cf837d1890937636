'use strict';

// Builds the context of a command, of the shape that the Litexa CLI passes to a deployment module.

const path = require('node:path');
const { Artifacts } = require('./artifacts');
const { loadConfig, targetOptions } = require('./project-config');

/** Returns the context of a target of the project that the working folder belongs to. */
async function loadContext(target, logger) {
  const config = loadConfig(process.cwd());
  const { root } = config;
  const deploymentOptions = targetOptions(config, target);
  const projectInfo = { ...config, litexaRoot: path.join(root, 'litexa'), variant: target };
  return {
    artifacts: new Artifacts(root, target),
    deployRoot: path.join(root, '.deploy', target),
    deploymentName: target,
    deploymentOptions,
    enablePersistentStore: !deploymentOptions.useSessionAttributesForPersistentStore,
    logger,
    logsRoot: path.join(root, '.logs'),
    projectConfig: projectInfo,
    projectInfo,
    projectRoot: root,
    sharedDeployRoot: path.join(root, '.deploy'),
  };
}

module.exports = { loadContext };
