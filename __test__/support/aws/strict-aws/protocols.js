'use strict';

// Reads requests and writes answers in the protocols of the services: REST with JSON (Lambda), JSON
// with a target header (DynamoDB, CloudWatch Logs), and queries with XML (IAM, STS).

const { AwsError } = require('./errors');
const { element } = require('../strict-s3/xml');

const unknownOperation = () =>
  new AwsError(400, 'UnknownOperationException', 'The operation is not known to this server');

function parseJson(raw) {
  if (raw.length === 0) return {};
  try {
    return JSON.parse(raw);
  } catch {
    throw new AwsError(400, 'SerializationException', 'Could not parse request body into json');
  }
}

/** The operations of Lambda: method, path, name, status of success. */
const LAMBDA_OPERATIONS = [
  ['POST', /^\/2015-03-31\/functions\/?$/, 'CreateFunction', 201],
  ['GET', /^\/2015-03-31\/functions\/?$/, 'ListFunctions'],
  ['GET', /^\/2015-03-31\/functions\/([^/]+)$/, 'GetFunction'],
  ['DELETE', /^\/2015-03-31\/functions\/([^/]+)$/, 'DeleteFunction', 204],
  ['PUT', /^\/2015-03-31\/functions\/([^/]+)\/code$/, 'UpdateFunctionCode'],
  ['GET', /^\/2015-03-31\/functions\/([^/]+)\/configuration$/, 'GetFunctionConfiguration'],
  ['PUT', /^\/2015-03-31\/functions\/([^/]+)\/configuration$/, 'UpdateFunctionConfiguration'],
  ['POST', /^\/2015-03-31\/functions\/([^/]+)\/versions$/, 'PublishVersion', 201],
  ['GET', /^\/2015-03-31\/functions\/([^/]+)\/versions$/, 'ListVersionsByFunction'],
  ['POST', /^\/2015-03-31\/functions\/([^/]+)\/aliases$/, 'CreateAlias', 201],
  ['GET', /^\/2015-03-31\/functions\/([^/]+)\/aliases$/, 'ListAliases'],
  ['GET', /^\/2015-03-31\/functions\/([^/]+)\/aliases\/([^/]+)$/, 'GetAlias'],
  ['PUT', /^\/2015-03-31\/functions\/([^/]+)\/aliases\/([^/]+)$/, 'UpdateAlias'],
  ['DELETE', /^\/2015-03-31\/functions\/([^/]+)\/aliases\/([^/]+)$/, 'DeleteAlias', 204],
  ['POST', /^\/2015-03-31\/functions\/([^/]+)\/policy$/, 'AddPermission', 201],
  ['GET', /^\/2015-03-31\/functions\/([^/]+)\/policy$/, 'GetPolicy'],
  ['DELETE', /^\/2015-03-31\/functions\/([^/]+)\/policy\/([^/]+)$/, 'RemovePermission', 204],
  ['POST', /^\/2015-03-31\/functions\/([^/]+)\/invocations$/, 'Invoke'],
  ['POST', /^\/2017-03-31\/tags\/([^/]+)$/, 'TagResource', 204],
  ['DELETE', /^\/2017-03-31\/tags\/([^/]+)$/, 'UntagResource', 204],
  ['GET', /^\/2017-03-31\/tags\/([^/]+)$/, 'ListTags'],
];

/** The field that the second part of a path is, where it is not Name. */
const SECOND_PART = { RemovePermission: 'StatementId' };

const lambda = {
  read({ method, pathname, query, raw }) {
    const found = LAMBDA_OPERATIONS.find(([verb, path]) => verb === method && path.test(pathname));
    if (!found) throw unknownOperation();
    const [, path, operation, status] = found;
    const [first, second] = path.exec(pathname).slice(1).map(decodeURIComponent);
    const fromPath = pathname.startsWith('/2017-03-31/tags')
      ? { Resource: first }
      : { ...(first && { FunctionName: first }) };
    if (second) fromPath[SECOND_PART[operation] ?? 'Name'] = second;
    // The body of an invocation is the event.
    const fromBody = operation === 'Invoke' ? {} : parseJson(raw);
    const input = { ...fromBody, ...Object.fromEntries(query), ...fromPath };
    if (query.has('tagKeys')) input.TagKeys = query.getAll('tagKeys');
    return { operation, status, input };
  },
  success(operation, output, requestId) {
    const headers = { 'content-type': 'application/json', 'x-amzn-requestid': requestId };
    if (operation === 'Invoke') {
      return { headers: { ...headers, ...output.headers }, body: output.payload };
    }
    return { headers, body: output === undefined ? '' : JSON.stringify(output) };
  },
  failure: ({ code, message, details }, requestId) => ({
    headers: {
      'content-type': 'application/json',
      'x-amzn-errortype': code,
      'x-amzn-requestid': requestId,
    },
    body: JSON.stringify({ Type: 'User', Message: message, ...details }),
  }),
};

const jsonProtocol = (version, namespace) => {
  const headers = (requestId) => ({
    'content-type': `application/x-amz-json-${version}`,
    'x-amzn-requestid': requestId,
  });
  return {
    read({ headers: { 'x-amz-target': target = '' }, raw }) {
      return { operation: target.split('.').pop(), input: parseJson(raw) };
    },
    success: (_, output = {}, requestId) => ({
      headers: headers(requestId),
      body: JSON.stringify(output),
    }),
    failure: ({ code, message, details }, requestId) => ({
      headers: headers(requestId),
      body: JSON.stringify({ __type: `${namespace}${code}`, message, ...details }),
    }),
  };
};

const queryProtocol = (namespace) => {
  const document = (name, content) => `<${name} xmlns="${namespace}">${content}</${name}>`;
  const headers = (requestId) => ({ 'content-type': 'text/xml', 'x-amzn-requestid': requestId });
  return {
    read({ raw }) {
      const { Action, Version: _, ...input } = parseForm(raw.toString());
      return { operation: Action, input };
    },
    success: (operation, output, requestId) => ({
      headers: headers(requestId),
      body: document(
        `${operation}Response`,
        (output ? `<${operation}Result>${toXml(output)}</${operation}Result>` : '') +
          `<ResponseMetadata>${element('RequestId', requestId)}</ResponseMetadata>`,
      ),
    }),
    failure: ({ status, code, message }, requestId) => ({
      headers: headers(requestId),
      body: document(
        'ErrorResponse',
        `<Error>${toXml({ Type: status < 500 ? 'Sender' : 'Receiver', Code: code, Message: message })}</Error>` +
          element('RequestId', requestId),
      ),
    }),
  };
};

/** `A=1&Tags.member.1.Key=k` as `{A: '1', Tags: [{Key: 'k'}]}`. */
function parseForm(text) {
  const root = {};
  for (const [name, value] of new URLSearchParams(text)) {
    const parts = name.split('.').filter((part) => part !== 'member');
    const last = parts.pop();
    let at = root;
    for (const part of parts) at = at[part] ??= {};
    at[last] = value;
  }
  return asLists(root);
}

function asLists(value) {
  if (value === null || typeof value !== 'object') return value;
  const entries = Object.entries(value).map(([name, one]) => [name, asLists(one)]);
  const isList = entries.length > 0 && entries.every(([name]) => /^\d+$/.test(name));
  return isList ? entries.map(([, one]) => one) : Object.fromEntries(entries);
}

function toXml(fields) {
  const write = (name, value) => {
    if (value === undefined) return '';
    if (Array.isArray(value)) {
      return `<${name}>${value.map((one) => write('member', one)).join('')}</${name}>`;
    }
    if (value !== null && typeof value === 'object') return `<${name}>${toXml(value)}</${name}>`;
    return element(name, String(value));
  };
  return Object.entries(fields)
    .map(([name, value]) => write(name, value))
    .join('');
}

/** By the names that requests are signed for: `{read(call), success(…), failure(…)}`. */
const PROTOCOLS = {
  lambda,
  dynamodb: jsonProtocol('1.0', 'com.amazonaws.dynamodb.v20120810#'),
  logs: jsonProtocol('1.1', ''),
  iam: queryProtocol('https://iam.amazonaws.com/doc/2010-05-08/'),
  sts: queryProtocol('https://sts.amazonaws.com/doc/2011-06-15/'),
};

module.exports = { PROTOCOLS, unknownOperation };
