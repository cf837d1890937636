'use strict';

// Reads the request for the native module from the CLI's live context. Missing and invalid fields are
// reported by name before anything begins.

const path = require('node:path');
const { describe, errorMessage, toPlainData } = require('./to-plain-data');

const ARTIFACTS = [
  'assets-root',
  'deployedIconAssets',
  'dynamoDBARN',
  'iamRole-litexa_handler_lambda',
  'lambdaARN',
  'required-assets',
  'skillId',
];

/** The options of a target that are read. Of other keys, only the names are passed on. */
const OPTIONS = [
  'S3BucketName',
  'awsProfile',
  'awsRegion',
  'dynamoDbConfiguration',
  'iamConfiguration',
  'lambdaConfiguration',
  'logsConfiguration',
  'overrideAssetsRoot',
  's3Configuration',
];

/** Returns the request for pulling logs. */
function logsRequest(context) {
  return { ...target(context), logsRoot: folder(context, 'logsRoot') };
}

/** Returns the part of a request that deployments of assets and handler share. */
function deployRequest(context) {
  return {
    ...target(context),
    deployRoot: folder(context, 'deployRoot'),
    cache: at(context, 'cache') !== false,
    persistentStore: at(context, 'enablePersistentStore') !== false,
    artifacts: artifacts(context),
  };
}

/** Returns the project, and the options of its deployment target. */
function target(context) {
  const root = folder(context, 'projectRoot', 'projectInfo.root');
  const name = text(context, 'projectInfo.name');
  const variant = text(context, 'projectInfo.variant', 'deploymentName');
  const litexaRoot = has(context, 'projectInfo.litexaRoot')
    ? folder(context, 'projectInfo.litexaRoot')
    : path.join(root, 'litexa');
  return { project: { name, variant, root, litexaRoot }, options: options(context) };
}

/** Returns the options as JSON text, which the native module reads within limits. */
function options(context) {
  if (!has(context, 'deploymentOptions')) return '{}';
  const given = field(context, 'an object', isObject, 'deploymentOptions');
  const names = reading('deploymentOptions', () => Object.keys(given));
  const value = (name) => toPlainData(name, () => given[name], invalidOption, variablesToText);
  return JSON.stringify(
    Object.fromEntries(names.map((name) => [name, OPTIONS.includes(name) ? value(name) : null])),
  );
}

// Environment variables are strings, and only JavaScript can convert its values to them.
function variablesToText(place, value) {
  const isVariable = place.startsWith('lambdaConfiguration.Environment.Variables.');
  return isVariable && !['function', 'symbol'].includes(typeof value) ? '' + value : value;
}

function artifacts(context) {
  const store = required(context, 'artifacts');
  for (const method of ['get', 'save', 'delete']) {
    field(context, 'a function', isFunction, `artifacts.${method}`);
  }
  const known = (key) => [
    key,
    toPlainData(`artifacts.get('${key}')`, () => store.get(key), invalid),
  ];
  return {
    currentVersion: has(context, 'artifacts.currentVersion')
      ? field(context, 'a whole number', isCount, 'artifacts.currentVersion')
      : 0,
    known: JSON.stringify(Object.fromEntries(ARTIFACTS.map(known))),
  };
}

/** Returns the asset files of each language. */
function languages(context) {
  const place = 'projectInfo.languages';
  if (!has(context, place)) return [];
  const found = field(context, 'an object', isObject, place);
  return reading(place, () => Object.entries(found)).map(([name, language]) => ({
    name,
    assets: files(language, 'assets', `${place}.${name}.`),
    convertedAssets: files(language, 'convertedAssets', `${place}.${name}.`),
  }));
}

function files(language, kind, prefix) {
  if (!has(language, kind, prefix)) return { root: '', files: [] };
  const root = field(language, 'a string', isText, `${kind}.root`, prefix);
  const names = field(language, 'a list of strings', isTexts, `${kind}.files`, prefix);
  return { root, files: reading(`${prefix}${kind}.files`, () => [...names]) };
}

/** Returns the compiled skill. Errors of the compiler have a location, and reach the CLI unchanged. */
async function handler(context) {
  field(context, 'a function', isFunction, 'skill.toLambda');
  const source = await context.skill.toLambda();
  if (isText(source)) return source;
  throw invalid(
    `skill.toLambda() must return the handler's source, but returned ${describe(source)}`,
  );
}

/** Returns the logger after checking that it has all methods. */
function checkedLogger(given) {
  for (const method of ['log', 'verbose', 'warning', 'error']) {
    field({ logger: given }, 'a function', isFunction, `logger.${method}`);
  }
  return given;
}

/** Sets a field of the context, for modules that run after this one. */
function setField(context, name, value) {
  try {
    context[name] = value;
  } catch (error) {
    throw invalid(`${name} of the context cannot be set: ${errorMessage(error)}`);
  }
}

function text(context, place, otherwise) {
  const found = has(context, place) || !otherwise ? place : otherwise;
  return field(context, 'a string', isText, found);
}

function folder(context, place, otherwise) {
  const found = has(context, place) || !otherwise ? place : otherwise;
  return field(context, "a folder's path", isFilled, found);
}

/** Returns the value at a place such as `projectInfo.name` after checking its kind. */
function field(holder, wanted, isWanted, place, prefix = '') {
  const value = required(holder, place, prefix);
  if (reading(prefix + place, () => isWanted(value))) return value;
  throw invalid(`${prefix}${place} of the context must be ${wanted}, but is ${describe(value)}`);
}

function required(holder, place, prefix = '') {
  const value = at(holder, place, prefix);
  if (value !== undefined && value !== null) return value;
  throw invalid(`the context has no ${prefix}${place}, which the Litexa CLI should set`);
}

function has(holder, place, prefix) {
  return (at(holder, place, prefix) ?? undefined) !== undefined;
}

/** Returns the value at a place of a live object, whose getters and proxies may throw. */
function at(holder, place, prefix = '') {
  const step = (value, name) => value?.[name];
  return reading(prefix + place, () => place.split('.').reduce(step, holder));
}

function reading(place, read) {
  try {
    return read();
  } catch (error) {
    throw invalid(`${place} of the context cannot be read: ${errorMessage(error)}`);
  }
}

const isText = (value) => typeof value === 'string';
const isFilled = (value) => isText(value) && value !== '';
const isFunction = (value) => typeof value === 'function';
const isObject = (value) => typeof value === 'object' && !Array.isArray(value);
const isCount = (value) => Number.isInteger(value) && value >= 0 && value < 2 ** 32;
// Not `every`, which skips the gaps of a sparse array.
const isTexts = (value) =>
  Array.isArray(value) && value.findIndex((entry) => !isText(entry)) === -1;

const invalid = (message) => Object.assign(new Error(message), { code: 'INVALID_CONTEXT' });
const invalidOption = (message) => Object.assign(new Error(message), { code: 'INVALID_OPTION' });

module.exports = {
  at,
  checkedLogger,
  deployRequest,
  handler,
  languages,
  logsRequest,
  setField,
};
