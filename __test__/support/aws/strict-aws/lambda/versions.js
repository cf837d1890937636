'use strict';

// Publishes and lists versions.

const { AwsError, conflict, functionNotFound, invalidParameter } = require('../errors');
const { findFunction, functionToChange, newRevision } = require('./states');

const API = 'https://docs.aws.amazon.com/lambda/latest/api';

/** Fields that do not make a version differ from another one. */
const OF_NO_ACCOUNT = /^(FunctionArn|LastModified|LastUpdateStatus.*|RevisionId|State.*|Version)$/;

const contentOf = (configuration) =>
  JSON.stringify(configuration, (name, value) => (OF_NO_ACCOUNT.test(name) ? undefined : value));

/** Returns the configuration of a version or of the version of an alias. */
function versionOf(fn, qualifier = '$LATEST') {
  const { FunctionVersion = qualifier } = fn.aliases.get(qualifier) ?? {};
  if (FunctionVersion === '$LATEST') return fn.latest;
  const found = fn.versions.find(({ Version }) => Version === FunctionVersion);
  if (!found) throw functionNotFound(`${fn.arn}:${qualifier}`);
  return found;
}

/** Publishes what $LATEST is, and returns the version. */
function publish(call, fn) {
  const content = contentOf(fn.latest);
  const last = fn.versions.at(-1);
  if (last && call.rule('publish-unchanged', fn, content)) return last;
  fn.lastVersion += 1;
  const version = {
    ...fn.latest,
    Version: String(fn.lastVersion),
    FunctionArn: `${fn.arn}:${fn.lastVersion}`,
    RevisionId: newRevision(),
    Description: call.input.Description ?? fn.latest.Description,
    State: 'Active',
    StateReason: undefined,
    StateReasonCode: undefined,
  };
  fn.versions.push(version);
  fn.published = content;
  return version;
}

function publishVersion(call) {
  call.rule('new-function-not-found', findFunction(call));
  const fn = functionToChange(call);
  call.rule('revision-id', fn.latest.RevisionId);
  call.rule('publish-code-sha256', fn);
  return publish(call, fn);
}

function listVersionsByFunction(call) {
  const { latest, versions } = findFunction(call);
  return page(call, 'Versions', [latest, ...versions]);
}

/** Returns a page of a list as the fields of an answer. */
function page(call, name, all) {
  const { entries, NextMarker } = call.rule('lambda-pages', all) ?? { entries: all };
  return { [name]: entries, NextMarker };
}

const RULES = [
  {
    name: 'publish-unchanged',
    rule: 'Where neither code nor configuration have changed since the last version, PublishVersion answers with that one.',
    source: 'https://github.com/floci-io/floci/issues/2822',
    apply: (_, fn, content) => fn.published === content,
  },
  {
    name: 'publish-code-sha256',
    rule: 'PublishVersion that names another CodeSha256 than that of $LATEST is refused: 400 InvalidParameterValueException.',
    source: 'https://github.com/floci-io/floci/issues/2822',
    apply({ input: { CodeSha256 } }, { latest }) {
      if (!CodeSha256 || CodeSha256 === latest.CodeSha256) return;
      throw invalidParameter(
        `CodeSHA256 (${CodeSha256}) is different from current CodeSHA256 in $LATEST (${latest.CodeSha256}). Please try again with the CodeSHA256 in $LATEST.`,
      );
    },
  },
  {
    name: 'version-of-alias',
    rule: 'A version that an alias names is not deleted: 409 ResourceConflictException.',
    source: `${API}/API_DeleteFunction.html`,
    apply(_, { aliases }, version) {
      const names = [...aliases.values()]
        .filter(({ FunctionVersion }) => FunctionVersion === version)
        .map(({ Name }) => Name);
      if (names.length === 0) return;
      throw conflict(
        `Unable to delete version because the following aliases reference it: [${names.join(', ')}]`,
      );
    },
  },
  {
    name: 'lambda-pages',
    rule: 'Lists of Lambda come in pages of at most 50, or of MaxItems, with a NextMarker for the next one.',
    source: `${API}/API_ListVersionsByFunction.html`,
    apply({ input }, all) {
      const start = input.Marker ? Number(Buffer.from(input.Marker, 'base64')) : 0;
      if (!Number.isInteger(start)) {
        throw new AwsError(400, 'InvalidParameterValueException', 'Invalid Marker');
      }
      const end = start + Math.min(Number(input.MaxItems ?? 50), 50);
      const NextMarker = end < all.length ? Buffer.from(String(end)).toString('base64') : undefined;
      return { entries: all.slice(start, end), NextMarker };
    },
  },
];

module.exports = {
  page,
  publish,
  versionOf,
  OPERATIONS: { PublishVersion: publishVersion, ListVersionsByFunction: listVersionsByFunction },
  RULES,
};
