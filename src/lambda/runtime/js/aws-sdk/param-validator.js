'use strict';

// Checks parameters before they are sent, unless `paramValidation` is false.

const { newError } = require('./error');

const ISO_TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?Z$/;

/** For each type: whether a value has it, and its name in messages. */
const TYPES = {
  string: [(value) => typeof value === 'string', 'a string'],
  token: [(value) => typeof value === 'string', 'a string'],
  boolean: [(value) => typeof value === 'boolean', 'a boolean'],
  integer: [isNumber, 'a number'],
  number: [isNumber, 'a number'],
  timestamp: [isTime, 'a Date object, ISO-8601 string, or a UNIX timestamp'],
  blob: [isBlob, 'a string, Buffer, Stream, Blob, or typed array object'],
};

const isNumberText = (value) => typeof value === 'string' && String(parseFloat(value)) === value;

function isNumber(value) {
  return typeof value === 'number' || isNumberText(value);
}

function isTime(value) {
  return value instanceof Date || typeof value === 'number' || ISO_TIME.test(value);
}

function isBlob(value) {
  return typeof value === 'string' || typeof value.byteLength === 'number';
}

/** Throws an error that names every parameter that is missing, unknown or of another type. */
function validate(shape, params) {
  const errors = [...faults(shape, params || {}, 'params')];
  if (errors.length === 0) return;
  if (errors.length === 1) throw errors[0];
  const list = errors.join('\n* ');
  const message = `There were ${errors.length} validation errors:\n* ${list}`;
  throw newError('MultipleValidationErrors', message, { errors });
}

function* faults(shape, value, path) {
  if (shape.members) return yield* structureFaults(shape, value, path);
  if (value === null || value === undefined) return;
  if (shape.list) yield* listFaults(shape, value, path);
  else if (shape.map) yield* mapFaults(shape, value, path);
  else {
    const [isOfType, name] = TYPES[shape.type];
    if (!isOfType(value)) yield wrongType(path, name);
  }
}

function* structureFaults({ members, required = 0, model }, value, path) {
  if (value === null || value === undefined) return;
  if (typeof value !== 'object') yield wrongType(path, 'a structure');
  for (const name of Object.keys(members).slice(0, required)) {
    if (value[name] === undefined || value[name] === null) {
      yield newError('MissingRequiredParameter', `Missing required key '${name}' in ${path}`);
    }
  }
  for (const [name, member] of Object.entries(value)) {
    if (Object.hasOwn(members, name)) {
      yield* faults(model.shape(members[name]), member, `${path}.${name}`);
    } else if (member !== undefined && member !== null) {
      yield newError('UnexpectedParameter', `Unexpected key '${name}' found in ${path}`);
    }
  }
}

function* listFaults({ list, model }, value, path) {
  if (!Array.isArray(value)) return yield wrongType(path, 'an Array');
  const shape = model.shape(list);
  for (const [index, member] of value.entries()) yield* faults(shape, member, `${path}[${index}]`);
}

function* mapFaults({ map, model }, value, path) {
  if (typeof value !== 'object') return yield wrongType(path, 'a map');
  const shape = model.shape(map);
  for (const [key, member] of Object.entries(value)) {
    yield* faults(shape, member, `${path}['${key}']`);
  }
}

function wrongType(path, name) {
  return newError('InvalidParameterType', `Expected ${path} to be ${name}`);
}

module.exports = { validate };
