'use strict';

// Finds and loads the config of a Litexa project, as the Litexa CLI does.

const fs = require('node:fs');
const { createRequire, Module } = require('node:module');
const path = require('node:path');
const { DeployError } = require('../../errors');
const { errorMessage } = require('../../to-plain-data');
const { findCore, missingCompiler } = require('./litexa-core');
const { didYouMean } = require('./nearest');
const { UsageError } = require('./usage-error');

const invalid = (message) => new DeployError('INVALID_CONFIG', message);

/** The names of a config, in the order in which the CLI prefers them. */
const FILES = ['coffee', 'js', 'json', 'ts'].map((kind) => `litexa.config.${kind}`);

/** Returns the path of the config in a folder or above it; undefined if there is none. */
function findConfig(folder) {
  const found = FILES.map((name) => path.join(folder, name)).find((file) => fs.existsSync(file));
  const parent = path.dirname(folder);
  return found ?? (parent === folder ? undefined : findConfig(parent));
}

/**
 * Loads the config of the project that a folder belongs to.
 *
 * @returns {object} the config, with `root`, `name` and `file`
 */
function loadConfig(folder) {
  const file = findConfig(path.resolve(folder));
  if (!file) {
    throw invalid(
      `${folder} does not belong to a Litexa project: neither it nor a folder above it has a litexa.config.coffee, .js, .json or .ts. Change into the folder of a project`,
    );
  }
  const root = path.dirname(file);
  const exported = load(file);
  if (kindOf(exported) !== 'an object') {
    throw invalid(
      `the config must be an object, but ${file} has ${kindOf(exported)}. The Litexa CLI takes objects only`,
    );
  }
  if (exported.deployments === undefined && exported.default?.deployments) {
    throw invalid(
      `${file} has a default export, which the Litexa CLI does not read. Write "export =" or "module.exports ="`,
    );
  }
  const name = exported.name ?? path.basename(root);
  if (typeof name !== 'string') {
    throw invalid(
      `name in ${file} must be a string, but is ${kindOf(name)}. Write the project's name`,
    );
  }
  return { ...exported, name, root, file };
}

function kindOf(value) {
  if (value === null || value === undefined) return String(value);
  if (Array.isArray(value)) return 'a list';
  if (typeof value !== 'object') return `a ${typeof value}`;
  return typeof value.then === 'function' ? 'a promise' : 'an object';
}

function load(file) {
  try {
    return LOADERS[path.extname(file)](file);
  } catch (cause) {
    if (cause?.code === 'MISSING_COMPILER') throw cause;
    const message = `loading ${file} failed: ${cause?.message ?? errorMessage(cause)}${placeOf(cause, file)}`;
    throw new DeployError('INVALID_CONFIG', message, { cause });
  }
}

/** Returns where a stack begins, with the file unless it is the config; '' if it does not show that. */
function placeOf(error, file) {
  // Lines of the result of compiling differ from those of the file.
  if (!/\.js(on)?$/.test(file)) return '';
  const [, place, line] =
    /(?:^|[ (])(\/[^\n()]*?|[A-Za-z]:\\[^\n()]*?):(\d+)/m.exec(String(error?.stack)) ?? [];
  if (!line || place.includes('node_modules')) return '';
  return place === file ? ` (line ${line})` : ` (${place}, line ${line})`;
}

const LOADERS = {
  '.json': (file) => parseJson(fs.readFileSync(file, 'utf8').replace(/^\uFEFF/, '')),
  '.js': (file) => createRequire(file)(file),
  '.coffee'(file) {
    compilerOf(file, 'coffeescript').register();
    return createRequire(file)(file);
  },
  // The CLI writes the result beside the config, where it then hides later changes of the config.
  '.ts'(file) {
    const { ModuleKind, ScriptTarget, transpileModule } = compilerOf(file, 'typescript');
    const { outputText } = transpileModule(fs.readFileSync(file, 'utf8'), {
      compilerOptions: { target: ScriptTarget.ES5, module: ModuleKind.CommonJS },
    });
    const module = new Module(file);
    module.filename = file;
    module.paths = Module._nodeModulePaths(path.dirname(file));
    module._compile(outputText, file);
    return module.exports;
  },
};

/** Parses JSON. An error names the line, which Node.js does from 22 on. */
function parseJson(text) {
  try {
    return JSON.parse(text);
  } catch (error) {
    const [, position] = / at position (\d+)$/.exec(error.message) ?? [];
    if (!position) throw error;
    const line = text.slice(0, Number(position)).split('\n').length;
    throw new SyntaxError(`${error.message} (line ${line})`);
  }
}

/** Returns a compiler that the Litexa CLI has. */
function compilerOf(file, name) {
  const core = findCore(path.dirname(file));
  if (core) return core.require(name);
  throw missingCompiler(`loading ${file}`);
}

/**
 * Returns the options of a deployment target.
 *
 * @throws {UsageError} if the config has others only; `INVALID_CONFIG` if it is wrong
 */
function targetOptions({ file, deployments }, target) {
  if (kindOf(deployments) !== 'an object') {
    throw invalid(`${file} has no deployments. Add an object with the options of each target`);
  }
  const names = Object.keys(deployments);
  if (names.length === 0)
    throw invalid(`${file} has no deployment target ${target}: deployments is empty. Add it`);
  if (!names.includes(target)) {
    const known = `it has ${names.join(', ')}`;
    const hint = didYouMean(target, names) || ' Choose one by -d <target>';
    throw new UsageError(`${file} has no deployment target ${target}; ${known}.${hint}`);
  }
  if (kindOf(deployments[target]) !== 'an object') {
    throw invalid(`deployments.${target} in ${file} must be an object`);
  }
  try {
    return { name: target, ...deployments[target] };
  } catch (cause) {
    throw invalid(`reading deployments.${target} in ${file} failed: ${errorMessage(cause)}`);
  }
}

module.exports = { FILES, findConfig, loadConfig, targetOptions };
