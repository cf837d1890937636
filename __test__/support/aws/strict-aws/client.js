'use strict';

// Sends requests to a strict AWS, signed as wrongly as a case wants it.

const { ask } = require('../strict-s3/client');

const FUNCTIONS = '/2015-03-31/functions';

/** Returns the method and the path of an operation on functions, without its query. */
function lambdaPath(operation, { FunctionName: name, Name, StatementId, Resource }) {
  const one = `${FUNCTIONS}/${encodeURIComponent(name)}`;
  const tags = `/2017-03-31/tags/${encodeURIComponent(Resource)}`;
  return {
    CreateFunction: ['POST', FUNCTIONS],
    GetFunction: ['GET', one],
    GetFunctionConfiguration: ['GET', `${one}/configuration`],
    UpdateFunctionCode: ['PUT', `${one}/code`],
    UpdateFunctionConfiguration: ['PUT', `${one}/configuration`],
    DeleteFunction: ['DELETE', one],
    PublishVersion: ['POST', `${one}/versions`],
    ListVersionsByFunction: ['GET', `${one}/versions`],
    CreateAlias: ['POST', `${one}/aliases`],
    UpdateAlias: ['PUT', `${one}/aliases/${Name}`],
    ListAliases: ['GET', `${one}/aliases`],
    AddPermission: ['POST', `${one}/policy`],
    RemovePermission: ['DELETE', `${one}/policy/${StatementId}`],
    GetPolicy: ['GET', `${one}/policy`],
    Invoke: ['POST', `${one}/invocations`],
    TagResource: ['POST', tags],
    ListTags: ['GET', tags],
  }[operation];
}

/** Fields that are in the query of a request without a body, and the qualifier of all. */
function queryOf(method, { Qualifier, MaxItems, Marker }) {
  const fields = method === 'POST' ? { Qualifier } : { Qualifier, MaxItems, Marker };
  const given = Object.entries(fields).filter(([, value]) => value !== undefined);
  return given.length > 0 ? `?${new URLSearchParams(given)}` : '';
}

function lambdaRequest(operation, input) {
  const [method, path] = lambdaPath(operation, input);
  const { Qualifier: _, Payload, LogType, ...body } = input;
  return {
    method,
    path: path + queryOf(method, input),
    headers: { 'content-type': 'application/json', 'x-amz-log-type': LogType },
    body: Payload ?? (method === 'GET' || method === 'DELETE' ? '' : JSON.stringify(body)),
  };
}

const jsonRequest = (target, version) => (operation, input) => ({
  method: 'POST',
  path: '/',
  headers: {
    'content-type': `application/x-amz-json-${version}`,
    'x-amz-target': `${target}.${operation}`,
  },
  body: JSON.stringify(input),
});

const queryRequest = (Version) => (Action, input) => ({
  method: 'POST',
  path: '/',
  headers: { 'content-type': 'application/x-www-form-urlencoded' },
  body: new URLSearchParams({ Action, Version, ...input }).toString(),
});

const REQUESTS = {
  lambda: lambdaRequest,
  dynamodb: jsonRequest('DynamoDB_20120810', '1.0'),
  logs: jsonRequest('Logs_20140328', '1.1'),
  iam: queryRequest('2010-05-08'),
  sts: queryRequest('2011-06-15'),
};

/**
 * Sends one request and returns `{status, headers, body, code, message, output}`.
 *
 * @param {object} server what `startStrictAws` returned
 * @param {string} name the service and the operation, such as `lambda:CreateFunction`
 * @param {object} [input]
 * @param {object} [options] of `ask`
 */
async function invoke(server, name, input = {}, options = {}) {
  const [service, operation] = name.split(':');
  const { method, path, headers, body } = REQUESTS[service](operation, input);
  const answer = await ask(server, method, path, {
    service,
    body,
    ...options,
    headers: { ...headers, ...options.headers },
  });
  return answer.body.startsWith('{') ? { ...answer, ...readJson(answer) } : answer;
}

function readJson({ status, headers, body }) {
  const output = JSON.parse(body);
  if (status < 300) return { output };
  const code = headers['x-amzn-errortype'] ?? output.__type.split('#').pop();
  return { code, message: output.message ?? output.Message };
}

/** Sends requests one after another and returns the last answer. */
async function invokeAll(server, ...requests) {
  let answer;
  for (const [name, input, options] of requests) {
    answer = await invoke(server, name, input, options);
  }
  return answer;
}

module.exports = { invoke, invokeAll };
