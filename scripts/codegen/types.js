'use strict';

// Renders the options' schema as TypeScript: a declaration for the config and for each definition.

const { isNullable, literal, optionsOf, resolved, typesOf, enumValues } = require('./schema');

const COLUMNS = 100;

/** Returns all declarations. Prettier formats them afterwards. */
function declarations(root) {
  const named = Object.entries(root.definitions).filter(([, schema]) => !schema.then);
  return [[root.title, root], ...named]
    .map(([name, schema]) => declaration(root, name, schema))
    .join('\n\n');
}

function declaration(root, name, schema) {
  const text = comment(schema, 2);
  const parents = (schema.allOf ?? []).filter(({ $ref }) => $ref).map((part) => type(root, part));
  if (schema.anyOf) return `${text}type ${name} = ${object(root, schema)}`;
  const heritage = parents.length > 0 ? ` extends ${parents.join(', ')}` : '';
  return `${text}interface ${name}${heritage} ${members(root, schema)}`;
}

/** Returns the type of a value. A nullable definition has a name, to which its users add null. */
function type(root, schema) {
  const target = resolved(root, schema);
  if (target.then) return type(root, target.then);
  const name = schema.$ref?.split('/').at(-1) ?? anonymous(root, schema);
  const others = schema['x-in-code'] ? `${schema['x-in-code']} | ` : '';
  return `${others}${name}${isNullable(target) && name !== 'null' ? ' | null' : ''}`;
}

function anonymous(root, schema) {
  if ('const' in schema) return literal(schema.const);
  if (schema.enum) return enumValues(schema).map(literal).join(' | ');
  const kinds = typesOf(schema).filter((kind, _, all) => kind !== 'null' || all.length === 1);
  return kinds.map((kind) => ofKind(root, kind, schema)).join(' | ');
}

function ofKind(root, kind, schema) {
  if (kind === 'array') return list(root, schema);
  if (kind === 'object') return object(root, schema);
  return kind === 'integer' ? 'number' : kind;
}

function list(root, { items, minItems, maxItems }) {
  if (maxItems === 0) return '[]';
  const item = type(root, items);
  return minItems === 1 && maxItems === 1 ? `[${item}]` : `(${item})[]`;
}

function object(root, schema) {
  const { additionalProperties: others, anyOf } = schema;
  if (!schema.properties)
    return `Record<string, ${others === true ? 'unknown' : type(root, others)}>`;
  if (!anyOf) return members(root, schema);
  const variants = anyOf.map((variant) => members(root, variant));
  return `${members(root, schema)} & (${variants.join(' | ')})`;
}

function members(root, schema) {
  const required = schema.required ?? [];
  const lines = optionsOf(schema).map(([key, property]) => {
    const about = property.$ref ? resolved(root, property) : property;
    const name = /^\w+$/.test(key) ? key : literal(key);
    const optional = required.includes(key) ? '' : '?';
    return `${comment(about, 4)}${name}${optional}: ${type(root, property)};`;
  });
  return `{\n${[...lines, ...indexSignature(root, schema)].join('\n')}\n}`;
}

function indexSignature(root, { additionalProperties: others }) {
  if (!others) return [];
  if (others === true) return ['/** Not read by this module. */\n[other: string]: unknown;'];
  return [`[other: string]: ${type(root, others)} | undefined;`];
}

/** Returns the comment that editors show: description, choices, default, an example. */
function comment(schema, indent) {
  const { description, deprecationMessage, default: value, examples } = schema;
  const standard = value === undefined ? schema['x-default'] : literal(value);
  const paragraphs = [
    description,
    ...enumValues(schema).map((value, index) => choice(value, schema.enumDescriptions?.[index])),
    standard && `@default ${standard}`,
    examples && `@example ${literal(examples[0])}`,
    deprecationMessage && `@deprecated ${deprecationMessage}`,
  ].filter(Boolean);
  const lines = paragraphs.flatMap((text) => wrapped(text, COLUMNS - indent - ' * '.length));
  if (lines.length === 0) return '';
  return lines.length === 1 ? `/** ${lines[0]} */\n` : `/**\n * ${lines.join('\n * ')}\n */\n`;
}

const choice = (value, meaning) => meaning && `- ${literal(value)}: ${meaning}`;

/** Wraps a text at spaces. Examples stay on one line, because they are code. */
function wrapped(text, columns) {
  if (text.startsWith('@')) return [text.replaceAll('*/', '*\\/')];
  const lines = [''];
  for (const word of text.split(' ')) {
    const longer = `${lines.at(-1)} ${word}`.trim();
    if (longer.length <= columns) lines[lines.length - 1] = longer;
    else lines.push(word);
  }
  return lines;
}

module.exports = { declarations };
