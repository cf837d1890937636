'use strict';

// Generates the shapes of DynamoDB's and CloudWatch's operations for the shim of aws-sdk version 2,
// from those in the clients of version 3, and the names of all other classes of version 2:
//
//   node scripts/codegen/service-models.js [--check]

const fs = require('node:fs');
const path = require('node:path');
const { ROOT } = require('../lib/cargo');
const { runMain } = require('../lib/exec');

const FOLDER = path.join(ROOT, 'src', 'lambda', 'runtime', 'js', 'aws-sdk', 'models');

/** The kinds of shapes in version 3's schemas, which are arrays that begin with them. */
const [LIST, MAP, STRUCTURE, UNION, OPERATION] = [1, 2, 3, 4, 9];

/** Types without members, by their numbers in version 3. */
const TYPES = { 0: 'string', 1: 'number', 2: 'boolean', 4: 'timestamp', 21: 'blob' };

/** A type's number plus one of these is a list or map of that type. */
const [LIST_OF, MAP_OF] = [64, 128];

/** The trait of a member for which the SDK chooses a value, among others in a bit mask. */
const IDEMPOTENCY_TOKEN = 0b100;

/** Operations of version 3 that version 2 does not have are left out. */
function modelOf(client, real) {
  const structures = {};
  const operations = {};
  const methods = new Map(Object.values(real).map((operation) => [operation.name, operation]));
  for (const schema of Object.values(client)) {
    if (!Array.isArray(schema) || schema[0] !== OPERATION) continue;
    const [, , name, , input, output] = schema;
    if (methods.has(name)) {
      const shapes = [shapeOf(input, structures), shapeOf(output, structures)];
      const { input: realInput, output: realOutput } = methods.get(name);
      operations[name] = [
        withIntegers(shapes[0], realInput, structures),
        withIntegers(shapes[1], realOutput, structures),
      ];
    }
  }
  return { operations: sorted(operations), structures: sorted(structures) };
}

function shapeOf(schema, structures) {
  const resolved = typeof schema === 'function' ? schema() : schema;
  if (typeof resolved === 'number') return scalarOf(resolved);
  if (resolved === 'unit') return { members: {} };
  if (typeof resolved[1] !== 'string') return memberOf(resolved, structures);
  const [kind, , , , first, second] = resolved;
  if (kind === LIST) return { list: shapeOf(first, structures) };
  if (kind === MAP) return { map: shapeOf(second, structures) };
  if (kind !== STRUCTURE && kind !== UNION) throw new Error(`unknown kind of shape ${kind}`);
  return structureOf(resolved, structures);
}

function structureOf([, , name, , names = [], schemas = [], required = 0], structures) {
  if (!structures[name]) {
    structures[name] = {};
    const members = names.map((key, at) => [key, shapeOf(schemas[at], structures)]);
    Object.assign(structures[name], { members: Object.fromEntries(members) });
    if (required > 0) structures[name].required = required;
  }
  return name;
}

/** A member with traits is an array of its schema and a bit mask or an object of traits. */
function memberOf([schema, traits], structures) {
  const isToken = typeof traits === 'number' && (traits & IDEMPOTENCY_TOKEN) !== 0;
  return isToken ? 'token' : shapeOf(schema, structures);
}

function scalarOf(number) {
  if (number >= MAP_OF) return { map: scalarOf(number - MAP_OF) };
  if (number >= LIST_OF) return { list: scalarOf(number - LIST_OF) };
  if (!TYPES[number]) throw new Error(`unknown type ${number} in a schema of version 3`);
  return TYPES[number];
}

/** Returns a shape with the integers that version 2 distinguishes from other numbers. */
function withIntegers(shape, real, structures) {
  if (!real) return shape;
  if (shape === 'number') return real.type === 'integer' ? 'integer' : 'number';
  if (shape.list) return { list: withIntegers(shape.list, real.member, structures) };
  if (shape.map) return { map: withIntegers(shape.map, real.value, structures) };
  const structure = structures[shape];
  if (!structure || structure.isComplete) return shape;
  Object.defineProperty(structure, 'isComplete', { value: true });
  for (const [name, member] of Object.entries(structure.members)) {
    structure.members[name] = withIntegers(member, real.members[name], structures);
  }
  return shape;
}

function sorted(object) {
  return Object.fromEntries(Object.entries(object).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Returns the operations of a service in version 2, with their shapes. */
function operationsOf(Service) {
  return new Service({ region: 'us-east-1' }).api.operations;
}

/** Returns the names of the classes of version 2 that the shim does not have. */
function otherClasses(AWS, shim) {
  const names = Object.keys(AWS).filter(
    (name) => /^[A-Z]/.test(name) && typeof AWS[name] === 'function',
  );
  const own = new Set(Object.keys(shim));
  const others = new Set(require(path.join(FOLDER, 'other-classes.json')));
  return names.filter((name) => !own.has(name) || others.has(name)).sort();
}

function generate() {
  const AWS = require('aws-sdk');
  const shim = require(path.dirname(FOLDER));
  const client = (name) => require(`@aws-sdk/client-${name}`);
  return {
    'dynamodb.json': modelOf(client('dynamodb'), operationsOf(AWS.DynamoDB)),
    'cloudwatch.json': modelOf(client('cloudwatch'), operationsOf(AWS.CloudWatch)),
    'other-classes.json': otherClasses(AWS, shim),
  };
}

function main([mode]) {
  process.env.AWS_SDK_JS_SUPPRESS_MAINTENANCE_MODE_MESSAGE = '1';
  for (const [name, content] of Object.entries(generate())) {
    const file = path.join(FOLDER, name);
    const text = `${JSON.stringify(content)}\n`;
    if (fs.readFileSync(file, 'utf8') === text) continue;
    if (mode === '--check') {
      throw new Error(`${name} is outdated: run \`node scripts/codegen/service-models.js\``);
    }
    fs.writeFileSync(file, text);
    console.log(`wrote ${path.relative(ROOT, file)}`);
  }
}

runMain(main);
