'use strict';

// Runs a command: arguments in, an exit code out.

const path = require('node:path');
const { name: MODULE } = require('../../package.json');
const { DeployError } = require('../../errors');
const { parseArguments, splitCommand } = require('./arguments');
const { commands } = require('../commands');
const { loadContext } = require('./context');
const { PROGRAM, commandHelp, generalHelp } = require('./help');
const { createIo } = require('./io');
const { didYouMean } = require('./nearest');
const { printableData } = require('./printable');
const { UsageError } = require('./usage-error');

const EXIT = { done: 0, failed: 1, wrongUsage: 2 };

/** Runs the command that the arguments name, and sets the exit code of the process. */
async function main(argv) {
  // A config and the CLI's compiler may print anything: stdout is for results.
  console.log = console.info = console.error;
  const code = await exitCodeOf(argv);
  // The module sets that of an interruption, or 1 after a failure, which may be wrong usage. A config may set one, too.
  process.exitCode = Math.max(process.exitCode ?? 0, code);
}

async function exitCodeOf(argv) {
  const { name, rest } = splitCommand(argv);
  // Also if the arguments are wrong, which are then not read.
  const io = createIo({ json: argv.includes('--json') });
  // It has the exit codes of `terraform plan`, where 2 stands for changes.
  const wrongUsage = argv.includes('--detailed-exitcode') ? EXIT.failed : EXIT.wrongUsage;
  try {
    if (name === 'help') return await helpOf(rest);
    return name === undefined ? withoutCommand(argv) : await runCommand(name, rest);
  } catch (error) {
    report(error, name, io);
    return error instanceof UsageError ? wrongUsage : EXIT.failed;
  }
}

function withoutCommand(argv) {
  const is = (...names) => argv.some((argument) => names.includes(argument));
  const { print, note } = createIo({});
  if (is('--version', '-V')) print(require('../../package.json').version);
  else if (is('--help', '-h')) print(generalHelp(commands));
  else {
    const [unknown] = argv;
    if (unknown !== undefined) throw new UsageError(`no command, only ${unknown}`);
    note(generalHelp(commands));
    return EXIT.wrongUsage;
  }
  return EXIT.done;
}

/** Runs `help`, or `help <command>`. */
function helpOf([command]) {
  return command === undefined ? withoutCommand(['--help']) : runCommand(command, ['--help']);
}

async function runCommand(name, argv) {
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (!command) {
    throw new UsageError(`unknown command ${name}.${didYouMean(name, Object.keys(commands))}`);
  }
  const args = parseArguments(command, argv);
  const io = createIo(args.options, linesOf(command, args.options));
  if (args.options.help) {
    createIo({}).print(commandHelp(name, command));
    return EXIT.done;
  }
  const target = args.options.deployment;
  const context = command.needsProject === false ? undefined : await loadContext(target, io.logger);
  if (context) reportOtherModule(context, io.logger);
  const result = await command.run(io, context, args);
  if (io.json) io.printJson(result ?? {});
  else io.print(command.print?.(printableData(result), io, args));
  return command.exitCode?.(result, args) ?? EXIT.done;
}

/** Reports a target that the Litexa CLI deploys with another module. The CLI joins its name to a folder's path. */
function reportOtherModule({ deploymentName, deploymentOptions: { module } }, logger) {
  if (typeof module !== 'string') return;
  const name = path.posix.normalize(module);
  if (name === MODULE || name.startsWith(`${MODULE}/`)) return;
  logger.warning(
    `the config deploys ${deploymentName} with the module ${module}, not with ${MODULE}. Change "module" if that is a mistake`,
  );
}

function linesOf({ lines }, options) {
  return typeof lines === 'function' ? lines(options) : lines;
}

/** Prints an error, as JSON on stdout as well if that is wanted. */
function report(error, name, io) {
  const isUsage = error instanceof UsageError;
  const message = error?.message ?? String(error);
  const location = locationOf(error);
  io.logger.error(location ? `${placeOf(location)}: ${error.name}: ${message}` : message);
  if (isUsage)
    io.note(`${PROGRAM} ${Object.hasOwn(commands, name) ? `${name} ` : ''}--help shows the usage`);
  else if (error instanceof DeployError) io.note(`See ${error.url}`);
  if (io.json) io.printJson({ error: { code: error?.code, message, url: error?.url, location } });
}

/** Returns where the compiler of the Litexa CLI has found an error; undefined for other errors. */
function locationOf(error) {
  if (!error?.location) return undefined;
  const { source, start } = error.location;
  return { source, line: start?.line, column: start?.column };
}

/** Returns a place in a source as the Litexa CLI prints it. */
const placeOf = ({ source = 'unknown file', line = '?', column = '?' }) =>
  `${source}[${line}:${column}]`;

module.exports = { main };
