'use strict';

// Exports the functions that the Litexa CLI loads. The CLI's live context is read here: the native
// module gets plain data, and one callback for its output, in order. Files that only a call needs are loaded when
// one begins.

const fs = require('node:fs');
const path = require('node:path');
const binding = require('./binding');
const { callNative } = require('./errors');

/** Returns the functions that read the context. */
const cli = () => require('./cli-context');

/** The fields of the context that are set to the start time of each part. */
const START_FIELDS = { assets: 'assetDeploymentStart', lambda: 'lambdaDeployStart' };

const assets = { deploy: (context, logger) => deployPart('assets', context, logger) };

const lambda = { deploy: (context, logger) => deployPart('lambda', context, logger) };

const model = {
  // The interaction model is part of the skill's manifest, which the CLI deploys itself.
  async deploy() {},
};

/** Deploys assets and handler concurrently, without the CLI. Resolves with the changes. */
async function deploy(context, logger) {
  binding.readCertificates();
  const common = { ...cli().deployRequest(context), assets: cli().languages(context) };
  // A dry run may lack the compiler: then it shows all but the code.
  const isWithoutCode = common.dryRun && !cli().has(context, 'skill');
  const request = {
    ...common,
    handler: isWithoutCode ? undefined : await cli().handler(context),
  };
  const warnings = isWithoutCode ? [] : cli().warningsOfCode(context);
  return deployWith(Object.values(START_FIELDS), { request, warnings }, context, logger);
}

/** Deploys a part for the CLI, and checks the other one if the CLI deploys that in the same run. */
async function deployPart(part, context, logger) {
  return ofRun(context, async () => {
    binding.readCertificates();
    const { runPart } = require('./cli-run');
    const request = { ...cli().deployRequest(context), only: part };
    return runPart(part, context, async ({ parts, handler }) => {
      const checked = [part, ...parts];
      if (checked.includes('assets')) request.assets = cli().languages(context);
      if (checked.includes('lambda')) request.handler = await handler();
      const warnings = part === 'lambda' ? cli().warningsOfCode(context) : [];
      return deployWith([START_FIELDS[part]], { request, warnings }, context, logger);
    });
  });
}

/** The commands that need no options but those of the endpoint. */
const ENDPOINT_COMMANDS = ['invoke', 'rollback', 'versions'];

/** Carries out a command of the executable, such as `{ name: 'versions' }`, and resolves with its result. */
async function operate(context, command, logger) {
  const isOfEndpoint = ENDPOINT_COMMANDS.includes(command?.name);
  const target = isOfEndpoint ? cli().endpointRequest(context) : cli().deployRequest(context);
  // The status compares the files of the assets that are there.
  const hasFiles = command?.name === 'status' && cli().has(context, 'projectInfo.languages');
  const request = {
    command,
    target: { ...target, assets: hasFiles ? cli().languages(context) : undefined },
  };
  const run = () => runNative(binding.operate, request, context, logger);
  const repetition = repetitionOf(command);
  if (!repetition) return run();
  const reporter = logger ?? context.logger ?? consoleLogger;
  const name = context.projectInfo?.variant ?? context.deploymentName;
  const advice = `run \`litexa-deploy-aws ${repetition} -d ${name}\` to finish`;
  return reportingInterrupts(reporter, advice, run);
}

/** Returns how a command of the executable that changes something on AWS is completed after an interruption. */
function repetitionOf(command) {
  if (command?.name === 'remove' && command.confirmed) {
    return command.table ? 'remove --table' : 'remove';
  }
  if (command?.name !== 'rollback' || command.dryRun) return undefined;
  // Without the number, it would go back once more.
  return command.undo ? 'rollback --undo' : `rollback ${command.version ?? '<version>'}`;
}

/** Does a part of a deployment of the CLI. A failure lets the process end with 1, and is recorded. */
function ofRun(context, work) {
  const { recordingFailure } = require('./deployment-failure');
  return withExitCode(() => recordingFailure(context, work));
}

/** Lets the process end with 1 after a failure: the Litexa CLI prints the error, and ends with 0. */
async function withExitCode(work) {
  try {
    return await work();
  } catch (error) {
    // Ctrl-C has set its own already.
    process.exitCode ||= 1;
    throw error;
  }
}

/** The exit code of a program that Ctrl-C has ended: 128 and the number of SIGINT. */
const INTERRUPTED = 130;

/**
 * Writes the skill's recent requests into `.logs/<target>/`, or follows them until an interruption.
 * Resolves with their numbers and files.
 */
function logs(context, logger) {
  return pullLogs(context, logger);
}
logs.pull = (context, logger) => {
  const onInterrupt = () => (process.exitCode ??= INTERRUPTED);
  return withExitCode(() => pullLogs(context, logger, onInterrupt));
};

async function pullLogs(context, logger, onInterrupt) {
  const { signal, ...request } = cli().logsRequest(context);
  const input = { ...request, functionArn: deployedFunction(request.project), color: hasColors() };
  return runNative(binding.logs, input, context, logger, { signal, onInterrupt });
}

// The CLI passes no artifacts to a log pull, but their file has the region of the deployed function.
function deployedFunction({ root, variant }) {
  try {
    const file = fs.readFileSync(path.join(root, 'artifacts.json'), 'utf8');
    const arn = JSON.parse(file).variants[variant].versions.at(-1).lambdaARN;
    return typeof arn === 'string' ? arn : undefined;
  } catch {
    return undefined;
  }
}

/** Whether lines go to a terminal that shows colors, and the user wants them (https://no-color.org). */
function hasColors() {
  return !process.env.NO_COLOR && process.stdout.hasColors?.() === true;
}

/**
 * Lets Ctrl-C or an abort signal stop a native operation. A second Ctrl-C ends the process, as it does by
 * default. Returns a function that restores this default.
 */
function stopOnInterrupt(operation, { signal, onInterrupt }) {
  const stop = () => operation.stop();
  const onSignal = () => {
    onInterrupt?.();
    stop();
  };
  process.once('SIGINT', onSignal);
  signal?.addEventListener('abort', stop, { once: true });
  if (signal?.aborted) stop();
  return () => {
    process.removeListener('SIGINT', onSignal);
    signal?.removeEventListener('abort', stop);
  };
}

/** Deploys, after these warnings, and sets these fields of the context to the start time. */
async function deployWith(fields, { request, warnings }, context, logger) {
  for (const field of fields) cli().setField(context, field, new Date());
  const run = () => runNative(binding.deploy, request, context, logger, { warnings });
  const reporter = logger ?? context.logger ?? consoleLogger;
  return reportingInterrupts(reporter, 'deploy again to finish', run);
}

/** The running work with its logger and advice: assets and handler are deployed at the same time. */
const running = new Set();

/** Reports Ctrl-C while the work is running, with the advice. The process then ends as it does by default. */
async function reportingInterrupts(logger, advice, work) {
  if (running.size === 0) process.on('SIGINT', interrupt);
  const entry = { logger, advice };
  running.add(entry);
  try {
    return await work();
  } finally {
    running.delete(entry);
    if (running.size === 0) process.removeListener('SIGINT', interrupt);
  }
}

function interrupt(signal) {
  const [{ logger, advice }] = running;
  process.removeListener(signal, interrupt);
  try {
    logger.warning(`interrupted: ${advice}`);
  } finally {
    // Another listener decides itself when the process ends.
    if (process.listenerCount(signal) === 0) process.kill(process.pid, signal);
  }
}

/**
 * Runs a native operation. All of its output arrives through `emit`, in one queue, so that the order is
 * kept. An exception of a logger or of `artifacts` must neither get lost nor stop the operation, which
 * therefore finishes and then rejects with it. An operation without an end of its own asks for the
 * interruption that stops it; `more` has an abort signal that stops it as well, and what to do when the user
 * interrupts. Its warnings are the first output.
 */
async function runNative(operation, request, context, given, { warnings = [], ...more } = {}) {
  const logger = cli().checkedLogger(given ?? cli().at(context, 'logger') ?? consoleLogger);
  const thrown = [];
  const pending = [];
  let restoreInterrupts = () => {};
  let started;
  const emit = (kind, text, value) => {
    if (kind === 'rootCertificates') return require('node:tls').rootCertificates.join('\n');
    if (kind === 'interruptible') {
      restoreInterrupts = stopOnInterrupt(started, more);
      return undefined;
    }
    const handled = dispatch(kind, text, value, context, logger);
    pending.push(handled.catch((error) => thrown.push(error)));
    return undefined;
  };
  for (const warning of warnings) emit('warning', warning);
  const call = () => (started = operation({ ...request, emit }));
  const outcome = await callNative(call).then(
    (result) => ({ result }),
    (error) => ({ error }),
  );
  restoreInterrupts();
  await Promise.all(pending);
  if (outcome.error) throw outcome.error;
  if (thrown.length > 0) throw thrown[0];
  return outcome.result;
}

/** Passes output to the context or logger. A rejected promise of these counts as an exception. */
async function dispatch(kind, text, value, context, logger) {
  switch (kind) {
    case 'artifact':
      return context.artifacts.save(text, value);
    case 'deleteArtifact':
      return context.artifacts.delete(text);
    case 'context':
      return cli().setField(context, text, value);
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

/**
 * The manifest's deployer, which the CLI sets. A dry run does not send the manifest either, and the CLI
 * ends with 0 after a failure of its own deployer, too.
 */
const manifest = {
  deployer: undefined,
  async deploy(context, logger) {
    return ofRun(context, async () => {
      const isDryRun = await callNative(binding.isDryRun);
      if (!isDryRun) return this.deployer.deploy(context, logger);
      logger.log('dry run: the manifest is not sent');
      return undefined;
    });
  },
};

module.exports = {
  assets,
  lambda,
  model,
  logs,
  deploy,
  operate,
  get manifest() {
    return manifest.deployer && manifest;
  },
  set manifest(deployer) {
    manifest.deployer = deployer;
  },
};
