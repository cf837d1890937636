'use strict';

// Aliases of versions.

const { AwsError, conflict, constraint, functionNotFound } = require('../errors');
const { findFunction, newRevision, otherRevision } = require('./states');
const { page } = require('./versions');

const API = 'https://docs.aws.amazon.com/lambda/latest/api';

function createAlias(call) {
  const fn = findFunction(call);
  const { Name, FunctionVersion, Description = '' } = call.input;
  call.rule('new-function-not-found', fn);
  call.rule('alias-name');
  call.rule('alias-exists', fn);
  call.rule('alias-version', fn, FunctionVersion);
  const alias = { AliasArn: `${fn.arn}:${Name}`, Name, FunctionVersion, Description };
  alias.RevisionId = newRevision();
  fn.aliases.set(Name, alias);
  return alias;
}

function findAlias(call) {
  const fn = findFunction(call);
  const { Name } = call.input;
  const alias = fn.aliases.get(Name);
  if (alias) return { fn, alias };
  throw new AwsError(404, 'ResourceNotFoundException', `Cannot find alias arn: ${fn.arn}:${Name}`);
}

const getAlias = (call) => findAlias(call).alias;

function updateAlias(call) {
  const { fn, alias } = findAlias(call);
  const { FunctionVersion = alias.FunctionVersion, Description = alias.Description } = call.input;
  call.rule('alias-revision', alias);
  call.rule('alias-version', fn, FunctionVersion);
  const RoutingConfig = routing(call.input.RoutingConfig ?? alias.RoutingConfig);
  return Object.assign(alias, {
    FunctionVersion,
    Description,
    RoutingConfig,
    RevisionId: newRevision(),
  });
}

/** Returns the weights of other versions; nothing if there are none. */
function routing({ AdditionalVersionWeights = {} } = {}) {
  const isEmpty = Object.keys(AdditionalVersionWeights).length === 0;
  return isEmpty ? undefined : { AdditionalVersionWeights };
}

function deleteAlias(call) {
  const fn = findFunction(call);
  fn.aliases.delete(call.input.Name);
}

function listAliases(call) {
  const { aliases } = findFunction(call);
  const { FunctionVersion: wanted } = call.input;
  const isWanted = ({ FunctionVersion }) => !wanted || FunctionVersion === wanted;
  return page(call, 'Aliases', [...aliases.values()].filter(isWanted));
}

const RULES = [
  {
    name: 'alias-revision',
    rule: 'UpdateAlias that names a RevisionId other than the current one, which each update changes, is refused: 412 PreconditionFailedException.',
    source: `${API}/API_UpdateAlias.html`,
    apply({ input: { RevisionId } }, alias) {
      if (RevisionId && RevisionId !== alias.RevisionId) throw otherRevision();
    },
  },
  {
    name: 'alias-name',
    rule: 'The name of an alias has 1 to 128 letters, digits, _ and -, and not digits only: else 400 ValidationException.',
    source: `${API}/API_CreateAlias.html`,
    apply({ input: { Name } }) {
      if (/^(?!^[0-9]+$)([a-zA-Z0-9-_]{1,128})$/.test(Name)) return;
      const pattern = '(?!^[0-9]+$)([a-zA-Z0-9-_]+)';
      throw constraint(Name, 'name', `satisfy regular expression pattern: ${pattern}`);
    },
  },
  {
    name: 'alias-exists',
    rule: 'An alias that exists is not created again: 409 ResourceConflictException.',
    source: `${API}/API_CreateAlias.html`,
    apply({ input: { Name } }, { arn, aliases }) {
      if (aliases.has(Name)) throw conflict(`Alias already exists: ${arn}:${Name}`);
    },
  },
  {
    name: 'alias-version',
    rule: 'An alias names $LATEST or a version that exists: else 404 ResourceNotFoundException.',
    source: `${API}/API_UpdateAlias.html`,
    apply(_, { arn, versions }, version) {
      const exists = version === '$LATEST' || versions.some(({ Version }) => Version === version);
      if (!exists) throw functionNotFound(`${arn}:${version}`);
    },
  },
];

module.exports = {
  OPERATIONS: {
    CreateAlias: createAlias,
    GetAlias: getAlias,
    UpdateAlias: updateAlias,
    DeleteAlias: deleteAlias,
    ListAliases: listAliases,
  },
  RULES,
};
