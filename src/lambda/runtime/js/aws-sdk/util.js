'use strict';

// The helpers of v2's AWS.util that skills use, although v2 does not document them.

const { toV2Error } = require('./error');
const { toBuffer } = require('./shapes');

const copy = (object) => {
  if (object === null || object === undefined) return object;
  const result = {};
  for (const key in object) result[key] = object[key];
  return result;
};

const buffer = {
  toBuffer: (data, encoding) =>
    typeof data === 'string' ? Buffer.from(data, encoding) : toBuffer(data),
  alloc: Buffer.alloc,
  concat: Buffer.concat,
};

const base64 = {
  encode: (data) => buffer.toBuffer(data).toString('base64'),
  decode: (text) => Buffer.from(text, 'base64'),
};

const each = (object, call) => {
  for (const [key, value] of Object.entries(object)) if (call(key, value) === abort) break;
};

const arrayEach = (list, call) => {
  for (const [index, value] of Object.values(list).entries())
    if (call(value, index) === abort) break;
};

/** A callback of each() returns this to stop it. */
const abort = {};

/** Returns a class with features, and the constructor among them. The base class may be left out. */
function inherit(...given) {
  const [features, Base = Object] = given.reverse();
  class Derived extends (typeof Base === 'function' ? Base : Object) {
    constructor(...args) {
      super(...args);
      if (Object.hasOwn(features, 'constructor')) features.constructor.apply(this, args);
    }
  }
  const { constructor, ...methods } = features;
  Object.assign(Derived.prototype, methods);
  return Derived;
}

module.exports = {
  Buffer,
  abort,
  arrayEach,
  base64,
  buffer,
  copy,
  each,
  error: toV2Error,
  inherit,
  isBrowser: () => false,
  isNode: () => true,
  merge: (...objects) => Object.assign({}, ...objects),
  update: Object.assign,
  uuid: { v4: () => require('node:crypto').randomUUID() },
};
