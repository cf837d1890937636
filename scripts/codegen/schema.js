'use strict';

// How the generators read the options' schema.

/** The definition that a schema refers to, or itself. */
function resolved(root, schema) {
  return schema.$ref ? root.definitions[schema.$ref.split('/').at(-1)] : schema;
}

/** The keys of AWS' own that are refused are in the schema for their errors only. */
const isRefused = (property) => property.not !== undefined;

/** An object's options, without those that are refused. */
function optionsOf(schema) {
  return Object.entries(schema.properties ?? {}).filter(([, property]) => !isRefused(property));
}

const typesOf = ({ type }) => [type ?? []].flat();
const isNullable = (schema) =>
  typesOf(schema).includes('null') || (schema.enum ?? []).includes(null);

/** What an enumeration holds, without null. */
const words = (schema) => (schema.enum ?? []).filter((word) => word !== null);

/** A value as it is written in code: `{ filter: ['*.mp3'] }`. */
function literal(value) {
  if (typeof value === 'string') return `'${value.replace(/[\\']/g, '\\$&')}'`;
  if (Array.isArray(value)) return `[${value.map(literal).join(', ')}]`;
  if (value === null || typeof value !== 'object') return String(value);
  const name = (key) => (/^[A-Za-z_$][\w$]*$/.test(key) ? key : literal(key));
  const entries = Object.entries(value).map(([key, inner]) => `${name(key)}: ${literal(inner)}`);
  return entries.length > 0 ? `{ ${entries.join(', ')} }` : '{}';
}

module.exports = { isNullable, isRefused, literal, optionsOf, resolved, typesOf, words };
