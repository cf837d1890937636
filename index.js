'use strict';

// The face of the module: the shape that the Litexa CLI loads. The CLI's live context stops here;
// what goes inward is plain data and one function that takes what happens, in order.

const fs = require('node:fs');
const path = require('node:path');
const binding = require('./binding');
const read = require('./context');

const assets = {
  async deploy(context, logger) {
    const request = { ...read.deployment(context), assets: read.languages(context) };
    await start(['assetDeploymentStart'], request, context, logger);
  },
};

const lambda = {
  async deploy(context, logger) {
    const request = { ...read.deployment(context), handler: await read.handler(context) };
    await start(['lambdaDeployStart'], request, context, logger);
  },
};

const model = {
  // The interaction model travels with the skill's manifest, which the CLI sends itself.
  async deploy() {},
};

/** Deploys assets and handler side by side, without the CLI. */
async function deploy(context, logger) {
  const common = { ...read.deployment(context), assets: read.languages(context) };
  const request = { ...common, handler: await read.handler(context) };
  await start(['assetDeploymentStart', 'lambdaDeployStart'], request, context, logger);
}

/** Writes the skill's recent requests into `.logs/<target>/`; resolves with what was found. */
async function logs(context, logger) {
  const request = read.pull(context);
  const functionArn = deployedFunction(request.project);
  return run(binding.logs, { ...request, functionArn }, context, logger);
}
logs.pull = logs;

// The CLI gives no artifacts to a log pull; the region of the deployed function is in their file.
function deployedFunction({ root, variant }) {
  try {
    const file = fs.readFileSync(path.join(root, 'artifacts.json'), 'utf8');
    const arn = JSON.parse(file).variants[variant].versions.at(-1).lambdaARN;
    return typeof arn === 'string' ? arn : undefined;
  } catch {
    return undefined;
  }
}

/** Deploys, and leaves the time at which that began in these fields of the context. */
async function start(fields, request, context, logger) {
  for (const field of fields) read.set(context, field, new Date());
  await run(binding.deploy, request, context, logger);
}

/**
 * Runs a native operation. Whatever happens there arrives through `emit`, one queue for everything, so
 * that nothing overtakes anything. What a logger or `artifacts` throws must not be lost, nor stop the
 * rest: the operation is finished first, then rejects with it.
 */
async function run(operation, request, context, given) {
  const logger = read.logger(given ?? read.at(context, 'logger') ?? consoleLogger);
  const thrown = [];
  const taken = [];
  const emit = (kind, text, value) => {
    const taking = take(kind, text, value, context, logger);
    taken.push(taking.catch((error) => thrown.push(error)));
  };
  const outcome = await operation({ ...request, emit }).then(
    (result) => ({ result }),
    (error) => ({ error }),
  );
  await Promise.all(taken);
  if (outcome.error) throw outcome.error;
  if (thrown.length > 0) throw thrown[0];
  return outcome.result;
}

/** A promise, since a callback may return one: what it rejects with counts as thrown. */
async function take(kind, text, value, context, logger) {
  switch (kind) {
    case 'artifact':
      return context.artifacts.save(text, value);
    case 'deleteArtifact':
      return context.artifacts.delete(text);
    case 'context':
      return read.set(context, text, value);
    case 'flush':
      return undefined;
    default:
      return logger[kind](text);
  }
}

const consoleLogger = {
  log: (line) => console.log(line),
  verbose() {},
  warning: (line) => console.warn(line),
  error: (line) => console.error(line),
};

module.exports = { assets, lambda, model, logs, deploy };
