'use strict';

// Converts JavaScript values to DynamoDB's attribute values and back, by the rules of v2's
// DocumentClient. v3 differs: it throws on undefined and on numbers that JavaScript cannot
// represent exactly.

const SET_TYPES = { string: 'String', number: 'Number' };
const SET_KEYS = { String: 'SS', Number: 'NS', Binary: 'BS' };

/** A set, as v2 accepts and returns it. */
class DynamoDBSet {
  wrapperName = 'Set';

  constructor(list, { validate = false } = {}) {
    this.values = [].concat(list);
    this.type = setTypeOf(this.values[0]);
    if (!this.type) {
      throw setError('InvalidSetType', 'Sets can contain string, number, or binary values');
    }
    if (validate && this.values.some((value) => setTypeOf(value) !== this.type)) {
      throw setError('InvalidType', `${this.type} Set contains values of another type`);
    }
  }

  toJSON() {
    return this.values;
  }
}

/** Returns the attribute value, or undefined if DynamoDB cannot represent the value. */
function toAttribute(value, options) {
  if (value === null) return { NULL: true };
  switch (typeof value) {
    case 'string':
      return options.convertEmptyValues && value === '' ? { NULL: true } : { S: value };
    case 'number':
    case 'bigint':
      return { N: String(value) };
    case 'boolean':
      return { BOOL: value };
    case 'object':
      return objectToAttribute(value, options);
    default:
      return undefined;
  }
}

function objectToAttribute(value, options) {
  if (isBinary(value)) {
    return options.convertEmptyValues && value.byteLength === 0
      ? { NULL: true }
      : { B: toBuffer(value) };
  }
  if (value.wrapperName === 'Set') return setToAttribute(value, options);
  if (Array.isArray(value)) {
    return { L: value.map((item) => toAttribute(item, options)).filter(isPresent) };
  }
  return { M: mapToAttributes(value, options) };
}

// Inherited properties are included, as in v2.
function mapToAttributes(map, options) {
  const attributes = {};
  for (const key in map) {
    const attribute = toAttribute(map[key], options);
    if (isPresent(attribute)) attributes[key] = attribute;
  }
  return attributes;
}

function setToAttribute({ type, values }, { convertEmptyValues }) {
  const kept = convertEmptyValues ? values.filter(isNotEmpty) : values;
  if (kept.length === 0 && convertEmptyValues) return { NULL: true };
  const convert = { Number: String, Binary: toBuffer }[type] || ((value) => value);
  return { [SET_KEYS[type]]: kept.map(convert) };
}

function fromAttribute(attribute) {
  const [[type, value]] = Object.entries(attribute).filter(([, member]) => isPresent(member));
  switch (type) {
    case 'M':
      return Object.fromEntries(
        Object.entries(value).map(([key, member]) => [key, fromAttribute(member)]),
      );
    case 'L':
      return value.map(fromAttribute);
    case 'N':
      return Number(value);
    case 'NULL':
      return null;
    case 'B':
      return Buffer.from(value);
    case 'NS':
      return new DynamoDBSet(value.map(Number));
    case 'BS':
      return new DynamoDBSet(value.map((bytes) => Buffer.from(bytes)));
    case 'SS':
      return new DynamoDBSet(value);
    default:
      return value;
  }
}

function setTypeOf(value) {
  return isBinary(value) ? 'Binary' : SET_TYPES[typeof value];
}

function setError(code, message) {
  return Object.assign(new Error(message), { name: code, code });
}

function isBinary(value) {
  return ArrayBuffer.isView(value) || value instanceof ArrayBuffer;
}

function toBuffer(value) {
  return ArrayBuffer.isView(value)
    ? Buffer.from(value.buffer, value.byteOffset, value.byteLength)
    : Buffer.from(value);
}

function isNotEmpty(value) {
  return isBinary(value) ? value.byteLength > 0 : value !== '';
}

function isPresent(value) {
  return value !== undefined;
}

module.exports = { DynamoDBSet, fromAttribute, toAttribute };
