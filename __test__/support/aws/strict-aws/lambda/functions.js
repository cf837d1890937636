'use strict';

// Creates, reads, changes and deletes functions.

const { conflict, functionNotFound } = require('../errors');
const { functionOf, makeNew } = require('../resources');
const { takeFault } = require('../../strict-s3/faults');
const { readCode } = require('./code');
const { checkConfiguration, defaults, retiredFor, settingsOf } = require('./configuration');
const { checkRole } = require('./role');
const { findFunction, functionToChange, look, newRevision, startUpdate } = require('./states');
const { publish, versionOf } = require('./versions');

const API = 'https://docs.aws.amazon.com/lambda/latest/api';

function createFunction(call) {
  const { input, server, place } = call;
  checkConfiguration(call);
  call.rule('function-exists');
  const { name, arn } = functionOf(call);
  const code = readCode(call);
  checkRole(call);
  const architectures = input.Architectures ? { Architectures: input.Architectures } : {};
  const latest = {
    FunctionName: name,
    FunctionArn: arn,
    ...defaults(name),
    ...settingsOf(input),
    ...architectures,
    ...code,
    Version: '$LATEST',
    RevisionId: newRevision(),
    LastModified: new Date(server.clock()).toISOString().replace('Z', '+0000'),
    State: 'Pending',
    StateReason: 'The function is being created.',
    StateReasonCode: 'Creating',
  };
  const fn = makeNew(call, { name, arn, latest, versions: [], lastVersion: 0 });
  Object.assign(fn, { aliases: new Map(), policies: new Map(), tags: { ...input.Tags } });
  Object.assign(fn, { looksLeft: server.lag, outcome: server.creationOutcome });
  place.functions.set(name, fn);
  if (!input.Publish) return { ...latest };
  const version = publish(call, fn);
  const { State, StateReason, StateReasonCode } = latest;
  return { ...version, State, StateReason, StateReasonCode, ...call.rule('arn-of-created', fn) };
}

/** The configuration as the caller sees it. */
function shown(call, configuration) {
  const error = configuration.Environment && call.rule('undecryptable-variables');
  return error ? { ...configuration, Environment: { Error: error } } : { ...configuration };
}

function getFunctionConfiguration(call) {
  const fn = findFunction(call);
  const { qualifier } = functionOf(call);
  look(call, fn);
  return shown(call, versionOf(fn, qualifier));
}

function getFunction(call) {
  const Configuration = getFunctionConfiguration(call);
  const { tags } = findFunction(call);
  return { Configuration, Code: { RepositoryType: 'S3' }, Tags: tags };
}

const listFunctions = ({ place }) => ({
  Functions: [...place.functions.values()].map(({ latest }) => latest),
});

function updateFunctionCode(call) {
  const fn = functionToChange(call);
  const { Architectures, DryRun, Publish } = call.input;
  call.rule('code-of-retired-runtime', fn.latest);
  call.rule('revision-id', fn.latest.RevisionId);
  const changes = { ...readCode(call), ...(Architectures && { Architectures }) };
  if (DryRun) {
    const answer = call.rule('dry-run', fn, changes);
    if (answer) return answer;
  }
  Object.assign(fn.latest, changes);
  startUpdate(call, fn);
  return Publish ? publish(call, fn) : shown(call, fn.latest);
}

function updateFunctionConfiguration(call) {
  call.rule('configuration-request-size');
  checkConfiguration(call);
  const fn = functionToChange(call);
  call.rule('revision-id', fn.latest.RevisionId);
  checkRole(call, fn.latest);
  Object.assign(fn.latest, settingsOf(call.input));
  startUpdate(call, fn);
  return shown(call, fn.latest);
}

function deleteFunction(call) {
  const fn = findFunction(call);
  const { qualifier, name, arn } = functionOf(call);
  if (!qualifier) {
    call.place.functions.delete(name);
    return;
  }
  const version = fn.versions.find(({ Version }) => Version === qualifier);
  if (!version) throw functionNotFound(`${arn}:${qualifier}`);
  call.rule('version-of-alias', fn, qualifier);
  fn.versions.splice(fn.versions.indexOf(version), 1);
}

function tagResource(call) {
  Object.assign(findFunction(call).tags, call.input.Tags);
}

function untagResource(call) {
  const { tags } = findFunction(call);
  for (const key of call.input.TagKeys) delete tags[key];
}

const listTags = (call) => ({ Tags: findFunction(call).tags });

const RULES = [
  {
    name: 'function-exists',
    rule: 'A function that exists is not created again: 409 ResourceConflictException.',
    source: `${API}/API_CreateFunction.html`,
    apply(call) {
      const { name } = functionOf(call);
      if (call.place.functions.has(name)) throw conflict(`Function already exist: ${name}`);
    },
  },
  {
    name: 'arn-of-created',
    rule: 'CreateFunction with Publish answers with the ARN of the function, without the version; UpdateFunctionCode with Publish with that of the version.',
    source: 'https://github.com/floci-io/floci/pull/2825',
    apply: (_, { arn }) => ({ FunctionArn: arn }),
  },
  {
    name: 'code-of-retired-runtime',
    rule: 'UpdateFunctionCode of a function whose runtime cannot be updated with anymore is refused: 400 InvalidParameterValueException; its configuration may be changed.',
    source: 'https://dev.classmethod.jp/articles/lambda-function-update-block-phase',
    apply: (call, { Runtime }) => retiredFor(call, Runtime),
  },
  {
    name: 'dry-run',
    rule: 'UpdateFunctionCode with DryRun checks everything and changes nothing.',
    source: `${API}/API_UpdateFunctionCode.html`,
    apply: (call, fn, changes) => ({ ...shown(call, fn.latest), ...changes }),
  },
  {
    name: 'undecryptable-variables',
    rule: 'A caller who may not decrypt the variables gets an error in their place (fault `undecryptable-variables`).',
    source: `${API}/API_EnvironmentError.html`,
    apply(call) {
      if (!takeFault(call, 'undecryptable-variables')) return undefined;
      return {
        ErrorCode: 'AccessDeniedException',
        Message: `Lambda was unable to decrypt your environment variables because the KMS access was denied. User: ${call.caller.arn} is not authorized to perform: kms:Decrypt`,
      };
    },
  },
];

module.exports = {
  OPERATIONS: {
    CreateFunction: createFunction,
    GetFunction: getFunction,
    GetFunctionConfiguration: getFunctionConfiguration,
    ListFunctions: listFunctions,
    UpdateFunctionCode: updateFunctionCode,
    UpdateFunctionConfiguration: updateFunctionConfiguration,
    DeleteFunction: deleteFunction,
    TagResource: tagResource,
    UntagResource: untagResource,
    ListTags: listTags,
  },
  RULES,
};
