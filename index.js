'use strict';

// Exports the functions that the Litexa CLI loads. Each of its commands loads this file, and waits for it:
// what only a deployment or a log pull needs is loaded by the first call. The addon is loaded at once, so
// that a missing one is reported at the beginning.

require('./binding');

const calls = () => require('./cli-calls');

const assets = {
  deploy: async (context, logger) => calls().deployPart('assets', context, logger),
};

const lambda = {
  deploy: async (context, logger) => calls().deployPart('lambda', context, logger),
};

const model = {
  // The interaction model is part of the skill's manifest, which the CLI deploys itself.
  async deploy() {},
};

const logs = async (context, logger) => calls().pullLogs(context, logger);
logs.pull = async (context, logger) => calls().pullLogsForCli(context, logger);

const deploy = async (context, logger) => calls().deploy(context, logger);

const operate = async (context, command, logger) => calls().operate(context, command, logger);

/** The manifest's deployer, which the CLI sets. */
let deployer;

const manifest = {
  deploy: async (context, logger) => calls().deployManifest(deployer, context, logger),
};

module.exports = {
  assets,
  lambda,
  model,
  logs,
  deploy,
  operate,
  get manifest() {
    return deployer && manifest;
  },
  set manifest(given) {
    deployer = given;
  },
};
