'use strict';

// The face of the module: the shape that the Litexa CLI loads. The CLI's live context stops here;
// what goes inward is plain data and one function that takes what happens, in order.

const fs = require('node:fs');
const path = require('node:path');
const binding = require('./binding');

const ARTIFACTS = [
  'assets-root',
  'deployedIconAssets',
  'dynamoDBARN',
  'iamRole-litexa_handler_lambda',
  'lambdaARN',
  'required-assets',
  'skillId',
];

const assets = {
  async deploy(context, logger = loggerOf(context)) {
    const request = { ...deployment(context), assets: languages(context) };
    context.assetDeploymentStart = new Date();
    await run(binding.deploy, request, context, logger);
  },
};

const lambda = {
  async deploy(context, logger = loggerOf(context)) {
    const request = { ...deployment(context), handler: handler(context) };
    context.lambdaDeployStart = new Date();
    await run(binding.deploy, request, context, logger);
  },
};

const model = {
  // The interaction model travels with the skill's manifest, which the CLI sends itself.
  async deploy() {},
};

/** Deploys assets and handler side by side, without the CLI. */
async function deploy(context, logger = loggerOf(context)) {
  const request = { ...deployment(context), assets: languages(context), handler: handler(context) };
  context.assetDeploymentStart = context.lambdaDeployStart = new Date();
  await run(binding.deploy, request, context, logger);
}

/** Writes the skill's recent requests into `.logs/<target>/`; resolves with what was found. */
async function logs(context, logger = loggerOf(context)) {
  const request = {
    ...target(context),
    logsRoot: required(context, 'logsRoot'),
    functionArn: deployedFunction(context),
  };
  return run(binding.logs, request, context, logger);
}
logs.pull = logs;

// The CLI gives no artifacts to a log pull; the region of the deployed function is in their file.
function deployedFunction({ projectRoot, projectInfo }) {
  try {
    const file = fs.readFileSync(path.join(projectRoot, 'artifacts.json'), 'utf8');
    return JSON.parse(file).variants[projectInfo.variant].versions.at(-1).lambdaARN;
  } catch {
    return undefined;
  }
}

/** What deployments and logs have in common: which target of which project. */
function target(context) {
  const info = required(context, 'projectInfo');
  const root = context.projectRoot ?? required(info, 'root');
  return {
    project: {
      name: info.name,
      variant: info.variant ?? context.deploymentName,
      root,
      litexaRoot: info.litexaRoot ?? path.join(root, 'litexa'),
    },
    options: plain(context.deploymentOptions ?? {}, 'deploymentOptions'),
  };
}

function deployment(context) {
  return {
    ...target(context),
    deployRoot: required(context, 'deployRoot'),
    cache: context.cache !== false,
    persistentStore: context.enablePersistentStore !== false,
    artifacts: artifacts(required(context, 'artifacts')),
  };
}

function artifacts(store) {
  const known = ARTIFACTS.map((key) => [key, store.get(key)]);
  return {
    currentVersion: store.currentVersion ?? 0,
    known: plain(Object.fromEntries(known), 'artifacts'),
  };
}

function languages(context) {
  const none = { root: '', files: [] };
  return Object.entries(context.projectInfo.languages ?? {}).map(([name, language]) => ({
    name,
    assets: language?.assets ?? none,
    convertedAssets: language?.convertedAssets ?? none,
  }));
}

// What it throws, a compile error with its location, reaches the CLI untouched.
function handler(context) {
  return required(context, 'skill').toLambda();
}

function required(context, field) {
  const value = context?.[field];
  if (value === undefined || value === null) {
    throw failure(
      'INVALID_CONTEXT',
      `the context has no ${field}, which the Litexa CLI puts there`,
    );
  }
  return value;
}

/** JSON's view of a value: dates become ISO strings, and what has no JSON form is left out. */
function plain(value, name) {
  try {
    return JSON.parse(JSON.stringify(value, variablesAsText));
  } catch (error) {
    throw failure('INVALID_CONTEXT', `${name} cannot be read as plain data: ${error.message}`);
  }
}

// Environment variables are strings. JavaScript's own spelling of a value is known only here.
function variablesAsText(key, value) {
  if (key !== 'Variables' || value === null || typeof value !== 'object' || Array.isArray(value)) {
    return value;
  }
  return Object.fromEntries(Object.entries(value).map(([name, entry]) => [name, '' + entry]));
}

/**
 * Runs a native operation. Whatever happens there arrives through `emit`, one queue for everything, so
 * that nothing overtakes anything. What a logger or `artifacts` throws must not be lost, nor stop the
 * rest: the operation is finished first, then rejects with it.
 */
async function run(operation, request, context, logger) {
  const thrown = [];
  const emit = (kind, text, value) => {
    try {
      take(kind, text, value, context, logger);
    } catch (error) {
      thrown.push(error);
    }
  };
  const outcome = await operation({ ...request, emit }).then(
    (result) => ({ result }),
    (error) => ({ error }),
  );
  if (outcome.error) throw outcome.error;
  if (thrown.length > 0) throw thrown[0];
  return outcome.result;
}

function take(kind, text, value, context, logger) {
  switch (kind) {
    case 'artifact':
      return context.artifacts.save(text, value);
    case 'deleteArtifact':
      return context.artifacts.delete(text);
    case 'context':
      context[text] = value;
      return undefined;
    case 'flush':
      return undefined;
    default:
      return logger[kind](text);
  }
}

function loggerOf(context) {
  return context?.logger ?? consoleLogger;
}

const consoleLogger = {
  log: (line) => console.log(line),
  verbose() {},
  warning: (line) => console.warn(line),
  error: (line) => console.error(line),
};

function failure(code, message) {
  return Object.assign(new Error(message), { code });
}

module.exports = { assets, lambda, model, logs, deploy };
