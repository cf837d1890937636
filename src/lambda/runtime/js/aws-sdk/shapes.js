'use strict';

// Converts the input and output of operations by their shapes. A shape is
// - a type: string, token, integer, number, boolean, timestamp, blob
// - { list: shape }, { map: shape }, or { members: { name: shape }, required: number }
// - the name of a structure of the model

/** The shapes of a service. */
class Model {
  constructor({ operations, structures }) {
    this.structures = structures;
    this.operations = operations;
  }

  /** Returns an operation's shapes, by its name in v2: `getItem`. */
  operation(method) {
    const name = method[0].toUpperCase() + method.slice(1);
    if (!Object.hasOwn(this.operations, name)) return undefined;
    const [input, output] = this.operations[name].map((shape) => this.shape(shape));
    const tokens = Object.keys(input.members).filter((key) => input.members[key] === 'token');
    return { name, input, output, tokens };
  }

  /** Returns a shape with what its kind needs: the structures that it names are looked up later. */
  shape(shape) {
    const structure = typeof shape === 'string' && this.structures[shape];
    if (structure) return { ...structure, name: shape, model: this };
    if (typeof shape === 'string') return { type: shape };
    return { ...shape, model: this };
  }
}

const NOT_PRESENT = Symbol('not present');

/** Converters from JavaScript to JSON, and back. Each gets no undefined, and no null but to JSON. */
const TO_JSON = {
  string: (value) => value,
  token: (value) => value,
  boolean: (value) => value,
  integer: (value) => parseInt(value, 10),
  number: parseFloat,
  timestamp: (value) => toDate(value).getTime() / 1000,
  blob(value) {
    if (typeof value === 'number') throw new Error(`Cannot base64 encode number ${value}`);
    return toBuffer(value).toString('base64');
  },
};

const FROM_JSON = {
  string: (value) => (value ? value.toString() : value),
  token: (value) => (value ? value.toString() : value),
  boolean: (value) => (typeof value === 'boolean' ? value : orNull(value, () => value === 'true')),
  integer: (value) => orNull(value, () => parseInt(value, 10)),
  number: (value) => orNull(value, () => parseFloat(value)),
  timestamp: (value) => orNull(value, () => toDate(value)),
  blob: (value) => orNull(value, () => Buffer.from(value, 'base64')),
};

function orNull(value, convert) {
  return value === null ? null : convert();
}

/** Returns the JSON of a value, without what its shape does not have. */
function serialize(shape, value) {
  if (value === undefined || value === null) return undefined;
  return walk(shape, value, {
    each: serialize,
    scalar: (type, scalar) => TO_JSON[type](scalar),
    missing: NOT_PRESENT,
  });
}

/** Returns the value of JSON, without what its shape does not have. */
function parse(shape, value) {
  if (value === undefined) return undefined;
  return walk(shape, value, {
    each: parse,
    scalar: (type, scalar) => FROM_JSON[type](scalar),
    missing: null,
  });
}

/**
 * Converts the members of a value.
 *
 * @param {{each: Function, scalar: Function, missing: any}} how `each` converts a member, `scalar` a
 *   value without members; `missing` takes the place of undefined in a list or map
 */
function walk(shape, value, how) {
  if (shape.type) return how.scalar(shape.type, value);
  if (value === null || value === undefined) return undefined;
  const convert = (memberShape, member) => how.each(shape.model.shape(memberShape), member);
  if (shape.list) return walkList(value, (member) => convert(shape.list, member), how);
  if (shape.map) return walkMap(value, (member) => convert(shape.map, member), how);
  return walkStructure(shape, value, convert);
}

function walkList(list, convert, { missing }) {
  return Object.values(list)
    .map(convert)
    .map((member) => (member === undefined ? missing : member))
    .filter((member) => member !== NOT_PRESENT);
}

function walkMap(map, convert, { missing }) {
  const result = {};
  for (const [key, member] of Object.entries(map)) {
    const converted = convert(member);
    const kept = converted === undefined ? missing : converted;
    // v2 loses such a key, too. Assigning it would change the result's prototype.
    if (kept !== NOT_PRESENT && key !== '__proto__') result[key] = kept;
  }
  return result;
}

function walkStructure({ members }, structure, convert) {
  const result = {};
  for (const [key, member] of Object.entries(structure)) {
    if (!Object.hasOwn(members, key)) continue;
    const converted = convert(members[key], member);
    if (converted !== undefined) result[key] = converted;
  }
  return result;
}

// v2 takes dates, ISO 8601, and seconds.
function toDate(value) {
  return typeof value === 'number' ? new Date(value * 1000) : new Date(value);
}

function toBuffer(value) {
  if (ArrayBuffer.isView(value)) {
    return Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  }
  return Buffer.from(value);
}

module.exports = { FROM_JSON, Model, parse, serialize, toBuffer, walk };
