'use strict';

// Reads the options' schema for the generators.

/** Returns the definition that a schema refers to, or the schema itself. */
function resolved(root, schema) {
  return schema.$ref ? root.definitions[schema.$ref.split('/').at(-1)] : schema;
}

/** Whether a key is in the schema for its error message only, as unsupported AWS parameters are. */
const isUnsupported = (property) => property.not !== undefined;

/** Returns the supported options of an object. */
function optionsOf(schema) {
  return Object.entries(schema.properties ?? {}).filter(([, property]) => !isUnsupported(property));
}

/** Returns the keys of an object that are refused. */
function unsupportedOf(schema) {
  return Object.entries(schema.properties ?? {}).filter(([, property]) => isUnsupported(property));
}

const typesOf = ({ type }) => [type ?? []].flat();
const isNullable = (schema) =>
  typesOf(schema).includes('null') || (schema.enum ?? []).includes(null);

/** Returns the values of an enumeration, without null. */
const enumValues = (schema) => (schema.enum ?? []).filter((value) => value !== null);

/** Returns a value as TypeScript source: `{ filter: ['*.mp3'] }`. */
function literal(value) {
  if (typeof value === 'string') return `'${value.replace(/[\\']/g, '\\$&')}'`;
  if (Array.isArray(value)) return `[${value.map(literal).join(', ')}]`;
  if (value === null || typeof value !== 'object') return String(value);
  const name = (key) => (/^[A-Za-z_$][\w$]*$/.test(key) ? key : literal(key));
  const entries = Object.entries(value).map(([key, inner]) => `${name(key)}: ${literal(inner)}`);
  return entries.length > 0 ? `{ ${entries.join(', ')} }` : '{}';
}

module.exports = {
  enumValues,
  isNullable,
  isUnsupported,
  literal,
  optionsOf,
  resolved,
  typesOf,
  unsupportedOf,
};
