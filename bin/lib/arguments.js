'use strict';

// Reads the arguments of a command.

const { parseArgs } = require('node:util');
const { didYouMean } = require('./nearest');
const { UsageError } = require('./usage-error');

/** The options of every command. */
const COMMON_OPTIONS = {
  deployment: {
    type: 'string',
    short: 'd',
    value: 'target',
    default: 'development',
    description: 'the deployment target; default: development',
  },
  json: { type: 'boolean', description: 'prints the result as JSON, and nothing else on stdout' },
  verbose: { type: 'boolean', short: 'v', description: 'shows every line of the log, on stderr' },
  help: { type: 'boolean', short: 'h', description: 'shows this help' },
};

/** The option of commands that ask. */
const YES = {
  yes: { type: 'boolean', short: 'y', description: 'confirms what the command asks' },
};

/** Splits the arguments into the name of the command, undefined if there is none, and the others. */
function splitCommand(argv) {
  const { tokens } = tokensOf(argv, { ...COMMON_OPTIONS, version: { type: 'boolean' } });
  const command = tokens.find(({ kind }) => kind === 'positional');
  if (!command) return { name: undefined, rest: argv };
  return { name: command.value, rest: argv.filter((_, at) => at !== command.index) };
}

/**
 * Returns the options by their names, and the positional arguments of a command.
 *
 * @param {object} command its `options` are those of `parseArgs`, where `value` names the value in the
 *   help, `choices` lists the allowed ones, and `read` converts the text. Its `positionals` are names
 *   such as `<file>`, `[version]` and `[slot=value …]`
 * @param {string[]} argv
 * @throws {UsageError}
 */
function parseArguments(command, argv) {
  const declared = { ...command.options, ...COMMON_OPTIONS };
  const { tokens, values, positionals } = tokensOf(argv, declared);
  const given = tokens.filter(({ kind }) => kind === 'option');
  for (const token of given) checkOption(token, declared);
  checkRepetitions(given, declared);
  const options = Object.fromEntries(
    Object.entries(declared).map(([name, option]) => [
      name,
      valueOf(name, option, values[name] ?? option.default),
    ]),
  );
  if (!options.help) checkPositionals(command.positionals ?? [], positionals);
  return { options, positionals };
}

function tokensOf(args, declared) {
  const options = Object.fromEntries(
    Object.entries(declared).map(([name, { type, short, multiple = false }]) => [
      name,
      short ? { type, short, multiple } : { type, multiple },
    ]),
  );
  return parseArgs({ args, options, strict: false, allowPositionals: true, tokens: true });
}

function checkOption({ name, rawName, value, inlineValue }, declared) {
  const option = Object.hasOwn(declared, name) ? declared[name] : undefined;
  if (!option) {
    const names = Object.keys(declared).map((known) => `--${known}`);
    throw new UsageError(`unknown option ${rawName}.${didYouMean(rawName, names)}`);
  }
  if (option.type === 'boolean' && value !== undefined) {
    throw new UsageError(`${rawName} takes no value, but has "${value}"`);
  }
  if (option.type !== 'string') return;
  const isMissing = value === undefined || value === '' || (!inlineValue && value.startsWith('-'));
  if (isMissing) throw new UsageError(`${rawName} needs a value: ${rawName} <${option.value}>`);
}

function checkRepetitions(given, declared) {
  const isSingle = (name) => declared[name].type === 'string' && !declared[name].multiple;
  const names = given.map(({ name }) => name).filter(isSingle);
  const repeated = names.find((name, at) => names.indexOf(name) !== at);
  if (repeated) throw new UsageError(`--${repeated} is given more than once`);
}

function valueOf(name, option, value) {
  if (value === undefined) return undefined;
  const texts = option.multiple ? value : [value];
  const read = texts.map((text) => {
    if (option.choices && !option.choices.includes(text)) {
      const allowed = option.choices.join(', ');
      const hint = didYouMean(text, option.choices);
      throw new UsageError(`--${name} must be one of ${allowed}, but is "${text}".${hint}`);
    }
    return option.read ? option.read(text, `--${name}`) : text;
  });
  return option.multiple ? read : read[0];
}

function checkPositionals(declared, given) {
  const takesMany = declared.some((name) => name.includes('…'));
  const missing = declared.filter((name) => name.startsWith('<'))[given.length];
  if (missing) throw new UsageError(`${missing} is missing`);
  if (given.length > declared.length && !takesMany) {
    throw new UsageError(`unexpected argument "${given[declared.length]}"`);
  }
}

/** Reads a whole number within bounds, for `read` of an option. */
function wholeNumber(min, max) {
  return (text, place) => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= min && value <= max) return value;
    throw new UsageError(`${place} must be a whole number from ${min} to ${max}, but is "${text}"`);
  };
}

/** Reads a text of a pattern, for `read` of an option. `example` shows one. */
function textLike(pattern, example) {
  return (text, place) => {
    if (pattern.test(text)) return text;
    throw new UsageError(`${place} must be of the form ${example}, but is "${text}"`);
  };
}

module.exports = { COMMON_OPTIONS, YES, parseArguments, splitCommand, textLike, wholeNumber };
