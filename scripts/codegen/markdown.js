'use strict';

// Renders the options' schema as Markdown, a table for each object.

const { optionsOf, resolved, typesOf, enumValues } = require('./schema');

/** Returns the table of an object such as `S3Configuration`, without objects that have their own. */
function table(root, place, own) {
  const rows = rowsOf(root, at(root, place), '', own);
  const lines = rows.map((cells) => `| ${cells.map(cell).join(' | ')} |`);
  return ['| option | values | default | meaning |', '| - | - | - | - |', ...lines].join('\n');
}

function at(root, place) {
  const [definition, ...keys] = place.split('.');
  const schema = definition === root.title ? root : root.definitions[definition];
  if (!schema) throw new Error(`the schema has no ${definition}`);
  return keys.reduce((holder, key) => resolved(root, holder.properties[key]), schema);
}

function rowsOf(root, schema, prefix, own) {
  return optionsOf(schema).flatMap(([key, property]) => {
    const definition = property.$ref?.split('/').at(-1);
    if (own.includes(definition)) return [];
    const target = resolved(root, property);
    if (definition && !target.title) return rowsOf(root, target, `${prefix}${key}.`, own);
    return [row(prefix + key, target)];
  });
}

function row(name, schema) {
  const { description, deprecationMessage } = schema;
  const meaning = [description, ...choices(schema), deprecationMessage].filter(Boolean).join(' ');
  return [`\`${name}\``, values(schema), standard(schema), meaning.replace(/\.$/, '')];
}

function choices(schema) {
  const meanings = schema.enumDescriptions ?? [];
  return enumValues(schema).map(
    (value, index) => meanings[index] && `${code(value)}: ${meanings[index]}`,
  );
}

function values(schema) {
  if (schema.title) return schema.title;
  if (schema.enum) return enumValues(schema).map(code).join(', ');
  if (schema.items?.enum) return `a list of ${enumValues(schema.items).map(code).join(', ')}`;
  if (schema.properties)
    return `\`{ ${optionsOf(schema)
      .map(([key]) => key)
      .join(', ')} }\``;
  if (typesOf(schema).includes('boolean')) return '`true`, `false`';
  const { minimum, maximum } = schema;
  return `${minimum.toLocaleString('en')} to ${maximum.toLocaleString('en')}`;
}

function standard(schema) {
  return schema.default === undefined ? (schema['x-default'] ?? '') : code(schema.default);
}

const code = (value) => `\`${JSON.stringify(value)}\``;

/** Escapes a cell's text. References to chapters of docs/credentials.md become links. */
function cell(text) {
  const linked = text.replace(/docs\/credentials\.md, (\w+)/g, (_, chapter) => {
    return `[${chapter}](credentials.md#${chapter.toLowerCase()})`;
  });
  return linked.replaceAll('|', '\\|');
}

module.exports = { table };
