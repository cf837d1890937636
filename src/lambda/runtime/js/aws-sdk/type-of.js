'use strict';

/** Names of classes that hold bytes, also if they are of another realm or a package. */
const BINARY =
  /^(Buffer|File|Blob|ArrayBuffer|DataView|(Int|Uint|Float|BigInt|BigUint)(8|16|32|64)(Clamped)?Array)$/;

/** Returns the type by which v2 decides how to store a value: a class's name, or null or undefined. */
function typeOf(value) {
  if (value === null) return 'null';
  if (value === undefined) return 'undefined';
  if (isBinary(value)) return 'Binary';
  const { constructor, wrapperName } = value;
  if (constructor) return wrapperName || constructor.name;
  return typeof value === 'object' ? 'Object' : 'undefined';
}

function isBinary(value) {
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) return true;
  return Boolean(value.constructor) && BINARY.test(value.constructor.name);
}

module.exports = { typeOf };
