'use strict';

// Answers Lambda's operations on functions, aliases and policies. As with AWS, the response to a change
// has the status "in progress". The next read has the result, so clients must ask, but never wait.

const crypto = require('node:crypto');
const { ServiceError, jsonResponse } = require('./json-service');

const REGION = 'arn:aws:lambda:us-east-1:123456789012:function';

function lambda() {
  const functions = new Map();
  const find = (name) => {
    if (!functions.has(name))
      throw new ServiceError('ResourceNotFoundException', 'no function', 404);
    return functions.get(name);
  };

  const operations = {
    CreateFunction(name, { input }) {
      const { Code, Publish, FunctionName, ...configuration } = input;
      const created = { configuration, aliases: new Map(), policies: new Map(), version: 1 };
      functions.set(FunctionName, created);
      setCode(created, Code);
      return { ...describe(FunctionName, created), State: 'Pending' };
    },
    GetFunctionConfiguration: (name) => describe(name, find(name)),
    GetFunction: (name) => ({ Configuration: describe(name, find(name)), Code: {} }),
    UpdateFunctionConfiguration(name, { input }) {
      Object.assign(find(name).configuration, input);
      return { ...describe(name, find(name)), LastUpdateStatus: 'InProgress' };
    },
    UpdateFunctionCode(name, { input }) {
      setCode(find(name), input);
      find(name).version++;
      return { ...describe(name, find(name)), LastUpdateStatus: 'InProgress' };
    },
    PublishVersion(name, { input: { CodeSha256 } }) {
      const published = find(name);
      if (CodeSha256 !== published.sha256)
        throw new ServiceError('InvalidParameterValueException', 'CodeSHA256 differs', 400);
      published.version++;
      return describe(name, published);
    },
    ListAliases: (name) => ({ Aliases: [...find(name).aliases.values()] }),
    GetAlias(name, { alias }) {
      const found = find(name).aliases.get(alias);
      if (!found) throw new ServiceError('ResourceNotFoundException', 'no alias', 404);
      return found;
    },
    CreateAlias(name, { input }) {
      const alias = { ...input, AliasArn: `${REGION}:${name}:${input.Name}`, RevisionId: '1' };
      find(name).aliases.set(input.Name, alias);
      return alias;
    },
    UpdateAlias(name, { alias, input }) {
      return Object.assign(find(name).aliases.get(alias), input);
    },
    GetPolicy(name, { qualifier }) {
      const statements = find(name).policies.get(qualifier);
      if (!statements?.length)
        throw new ServiceError('ResourceNotFoundException', 'no policy', 404);
      return { Policy: JSON.stringify({ Version: '2012-10-17', Statement: statements }) };
    },
    AddPermission(name, { qualifier, input }) {
      const statement = statementOf(input, `${REGION}:${name}:${qualifier}`);
      const { policies } = find(name);
      policies.set(qualifier, [...(policies.get(qualifier) ?? []), statement]);
      return { Statement: JSON.stringify(statement) };
    },
    RemovePermission(name, { qualifier, statement }) {
      const { policies } = find(name);
      const others = policies.get(qualifier).filter(({ Sid }) => Sid !== statement);
      policies.set(qualifier, others);
    },
    ListVersionsByFunction: (name) => ({
      Versions: [{ Version: '$LATEST' }, { Version: String(find(name).version) }],
    }),
  };

  return ({ method, pathname, query, body }) => {
    const [, , , name, kind = '', item] = pathname.split('/').map(decodeURIComponent);
    const operation = OPERATIONS[`${method} ${kind}${item ? '/' : ''}`];
    if (!operation) return undefined;
    const text = body.text();
    const target = operation === 'CreateFunction' ? undefined : name;
    const input = text ? JSON.parse(text) : {};
    const parsed = { input, alias: item, statement: item, qualifier: query.get('Qualifier') };
    return jsonResponse(operation, () => operations[operation](target, parsed));
  };
}

/** Operations by method and path after the function's name, with `/` for a further segment. */
const OPERATIONS = {
  'POST ': 'CreateFunction',
  'GET ': 'GetFunction',
  'GET configuration': 'GetFunctionConfiguration',
  'PUT configuration': 'UpdateFunctionConfiguration',
  'PUT code': 'UpdateFunctionCode',
  'GET aliases': 'ListAliases',
  'GET aliases/': 'GetAlias',
  'POST aliases': 'CreateAlias',
  'PUT aliases/': 'UpdateAlias',
  'GET policy': 'GetPolicy',
  'POST policy': 'AddPermission',
  'DELETE policy/': 'RemovePermission',
  'GET versions': 'ListVersionsByFunction',
  'POST versions': 'PublishVersion',
};

function setCode(created, { ZipFile }) {
  const zip = Buffer.from(ZipFile, 'base64');
  created.codeSize = zip.length;
  created.sha256 = crypto.createHash('sha256').update(zip).digest('base64');
}

function describe(FunctionName, { configuration, sha256, codeSize, version }) {
  return {
    PackageType: 'Zip',
    Architectures: ['x86_64'],
    ...configuration,
    FunctionName,
    FunctionArn: `${REGION}:${FunctionName}`,
    CodeSha256: sha256,
    CodeSize: codeSize,
    Version: String(version),
    State: 'Active',
    LastUpdateStatus: 'Successful',
  };
}

function statementOf({ StatementId, Action, Principal, EventSourceToken }, Resource) {
  const Condition = EventSourceToken && {
    StringEquals: { 'lambda:EventSourceToken': EventSourceToken },
  };
  const Service = { Service: Principal };
  return { Sid: StatementId, Effect: 'Allow', Principal: Service, Action, Resource, Condition };
}

module.exports = { lambda };
