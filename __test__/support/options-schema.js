'use strict';

// Validates configurations by the schema of litexa.config.json, and lists its options.

const Ajv = require('ajv');
const schema = require('../../litexa.config.schema.json');
const { optionsOf, resolved } = require('../../scripts/codegen/schema');

/** Keywords for editors and for the generators of this project; they validate nothing. */
const ANNOTATIONS = [
  'deprecationMessage',
  'doNotSuggest',
  'enumDescriptions',
  'errorMessage',
  'x-default',
  'x-in-code',
];

const ajv = new Ajv({ strict: true, strictRequired: false, strictTypes: false, allErrors: true });
ajv.addVocabulary(ANNOTATIONS);
ajv.addSchema(schema, 'config');

/** Returns the errors of a whole config, as lines. */
function problemsOf(config) {
  return problems('config', config);
}

/** Returns the errors of a deployment target, as lines. */
function problemsOfTarget(target) {
  return problems('config#/definitions/DeploymentTarget', target);
}

function problems(reference, value) {
  const validate = ajv.getSchema(reference);
  if (validate(value)) return [];
  return validate.errors.map(({ instancePath, message }) => `${instancePath} ${message}`);
}

/**
 * Returns the options at and below a definition, those of list entries included.
 *
 * @returns {{ place: string, schema: object, required: boolean }[]} `place` as in `a.list[0].b`
 */
function optionsAt(definition, prefix = '') {
  const { properties, required = [] } = definition;
  return optionsOf({ properties }).flatMap(([key, property]) => {
    const target = resolved(schema, property);
    const place = prefix + key;
    const own = { place, schema: target, required: required.includes(key) };
    const entries = target.items && resolved(schema, target.items);
    const below = entries?.properties ? optionsAt(entries, `${place}[0].`) : [];
    return [own, ...optionsAt(target, `${place}.`), ...below];
  });
}

const targetOptions = optionsAt(schema.definitions.DeploymentTarget);

module.exports = { ajv, optionsAt, problemsOf, problemsOfTarget, schema, targetOptions };
