'use strict';

// Answers in the emulator's place the requests of which it ignores a part: it carries them out although AWS
// would not.

const { request } = require('../http');
const { jsonError } = require('./errors');

/**
 * Returns an interceptor for a proxy in front of the emulator. The strict servers have these rules themselves.
 *
 * @param {{endpoint: string, server?: object}} emulator
 */
function unsupportedConditions({ endpoint, server }) {
  if (server) return undefined;
  return async ({ operation, path, headers, body }) => {
    const answer = { UpdateFunctionCode: dryRun, PublishVersion: otherState }[operation];
    if (!answer) return undefined;
    const [, version, , name] = path.split('/');
    // In the account of the request, which its signature names.
    const { authorization } = headers;
    const url = `${endpoint}/${version}/functions/${name}/configuration`;
    const found = await request('GET', url, { headers: { authorization } });
    if (found.status !== 200) return undefined;
    return answer(body.length > 0 ? JSON.parse(body) : {}, JSON.parse(found.body));
  };
}

// https://docs.aws.amazon.com/lambda/latest/api/API_UpdateFunctionCode.html#lambda-UpdateFunctionCode-request-DryRun
function dryRun({ DryRun }, latest) {
  return DryRun ? { status: 200, body: JSON.stringify(latest) } : undefined;
}

// https://docs.aws.amazon.com/lambda/latest/api/API_PublishVersion.html#API_PublishVersion_RequestBody
function otherState({ CodeSha256, RevisionId }, latest) {
  if (RevisionId && RevisionId !== latest.RevisionId) {
    return jsonError(412, 'PreconditionFailedException', 'The RevisionId provided does not match');
  }
  if (!CodeSha256 || CodeSha256 === latest.CodeSha256) return undefined;
  return jsonError(
    400,
    'InvalidParameterValueException',
    `CodeSHA256 (${CodeSha256}) is different from current CodeSHA256 in $LATEST (${latest.CodeSha256}).`,
  );
}

module.exports = { unsupportedConditions };
