'use strict';

// Converts JavaScript values to DynamoDB's attribute values and back. v3 differs: it throws on
// undefined and on numbers that JavaScript cannot represent exactly.

const DynamoDBSet = require('./set');
const NumberValue = require('./number-value');
const { toBuffer } = require('./shapes');
const { typeOf } = require('./type-of');

const SET_KEYS = { String: 'SS', Number: 'NS', Binary: 'BS' };

const TO_ATTRIBUTE = {
  String: (value, options) => (isEmptied(value, options) ? { NULL: true } : { S: value }),
  Binary: (value, options) => (isEmptied(value, options) ? { NULL: true } : { B: value }),
  Number: (value) => ({ N: value.toString() }),
  NumberValue: (value) => ({ N: value.toString() }),
  // v2 stores an empty map.
  BigInt: (value) => ({ N: value.toString() }),
  Boolean: (value) => ({ BOOL: value }),
  null: () => ({ NULL: true }),
  Array: (list, options) => ({ L: list.map((member) => input(member, options)) }),
  Set: setToAttribute,
  undefined: () => undefined,
  Function: () => undefined,
};

const FROM_ATTRIBUTE = {
  S: String,
  N: toNumber,
  B: toBuffer,
  BOOL: (value) => value === true || value === 'true' || value === 'TRUE',
  NULL: () => null,
  L: (list, options) => Array.from(list, (member) => output(member, options)),
  M: (map, options) => mapValues(map, (member) => output(member, options)),
  SS: (list) => new DynamoDBSet(Array.from(list, String)),
  NS: (list, options) => new DynamoDBSet(Array.from(list, (member) => toNumber(member, options))),
  BS: (list) => new DynamoDBSet(Array.from(list, toBufferOnly)),
};

/** Returns the attribute value, or undefined if DynamoDB cannot represent the value. */
function input(value, options = {}) {
  const type = typeOf(value);
  if (Object.hasOwn(TO_ATTRIBUTE, type)) return TO_ATTRIBUTE[type](value, options || {});
  return { M: withoutUndefined(mapValues(value, (member) => input(member, options))) };
}

function output(attribute, options = {}) {
  for (const type in attribute) {
    if (Object.hasOwn(FROM_ATTRIBUTE, type))
      return FROM_ATTRIBUTE[type](attribute[type], options || {});
  }
  return undefined;
}

function setToAttribute(set, { convertEmptyValues }) {
  const key = SET_KEYS[set.type];
  // A Set of JavaScript, which v2 does not know.
  if (!key) return convertEmptyValues ? { NULL: true } : {};
  const values = convertEmptyValues ? set.values.filter(isNotEmpty) : set.values;
  if (values.length === 0 && convertEmptyValues) return { NULL: true };
  return { [key]: key === 'NS' ? values.map((value) => value.toString()) : values };
}

const isEmptied = (value, { convertEmptyValues }) => convertEmptyValues && value.length === 0;

const isNotEmpty = (value) => value.length !== 0;

const toBufferOnly = (value) => toBuffer(value);

function toNumber(value, { wrapNumbers } = {}) {
  return wrapNumbers ? new NumberValue(value) : Number(value);
}

// Inherited properties are included, as in v2.
function mapValues(map, convert) {
  const result = {};
  for (const key in map) {
    if (key !== '__proto__') result[key] = convert(map[key]);
  }
  return result;
}

function withoutUndefined(map) {
  for (const key of Object.keys(map)) if (map[key] === undefined) delete map[key];
  return map;
}

const Converter = {
  input,
  output,
  marshall: (item, options) => Converter.input(item, options).M,
  unmarshall: (item, options) => Converter.output({ M: item }, options),
};

module.exports = Converter;
