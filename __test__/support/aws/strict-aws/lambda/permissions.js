'use strict';

// The policies of functions and aliases: who may invoke them.

const { AwsError, conflict, constraint, invalidParameter } = require('../errors');
const { functionOf } = require('../resources');
const { findFunction, newRevision } = require('./states');

const API = 'https://docs.aws.amazon.com/lambda/latest/api';

const noPolicy = () =>
  new AwsError(404, 'ResourceNotFoundException', 'The resource you requested does not exist.');

/** The policy of the function or alias that a request names, `{statements, revision}`. */
function policyOf(call, fn) {
  const { qualifier = '' } = functionOf(call);
  if (!fn.policies.has(qualifier)) fn.policies.set(qualifier, { statements: [] });
  return fn.policies.get(qualifier);
}

function principalOf({ partition }, principal) {
  if (principal === '*') return '*';
  if (/^\d{12}$/.test(principal)) return { AWS: `arn:${partition}:iam::${principal}:root` };
  return principal.startsWith('arn:') ? { AWS: principal } : { Service: principal };
}

/** Returns the statement that Lambda makes of a request. */
function statementOf(call, fn) {
  const { StatementId, Action, Principal, EventSourceToken, SourceAccount, SourceArn } = call.input;
  const { qualifier } = functionOf(call);
  const equals = {
    ...(EventSourceToken && { 'lambda:EventSourceToken': EventSourceToken }),
    ...(SourceAccount && { 'AWS:SourceAccount': SourceAccount }),
  };
  const Condition = {
    ...(Object.keys(equals).length > 0 && { StringEquals: equals }),
    ...(SourceArn && { ArnLike: { 'AWS:SourceArn': SourceArn } }),
  };
  return {
    Sid: StatementId,
    Effect: 'Allow',
    Principal: principalOf(call, Principal),
    Action,
    Resource: qualifier ? `${fn.arn}:${qualifier}` : fn.arn,
    ...(Object.keys(Condition).length > 0 && { Condition }),
  };
}

function addPermission(call) {
  const fn = findFunction(call);
  call.rule('new-function-not-found', fn);
  call.rule('permission-qualifier', fn);
  call.rule('statement-id');
  call.rule('permission-principal');
  const policy = policyOf(call, fn);
  call.rule('revision-id', policy.revision ?? fn.latest.RevisionId);
  call.rule('statement-exists', policy);
  const statement = statementOf(call, fn);
  call.rule('function-policy-size', [...policy.statements, statement]);
  policy.statements.push(statement);
  policy.revision = newRevision();
  return { Statement: JSON.stringify(statement) };
}

function removePermission(call) {
  const policy = policyOf(call, findFunction(call));
  const { StatementId } = call.input;
  const index = policy.statements.findIndex(({ Sid }) => Sid === StatementId);
  if (index < 0) {
    const message = `Statement ${StatementId} is not found in resource policy.`;
    throw new AwsError(404, 'ResourceNotFoundException', message);
  }
  policy.statements.splice(index, 1);
  policy.revision = newRevision();
}

function getPolicy(call) {
  const { statements, revision } = policyOf(call, findFunction(call));
  if (statements.length === 0) call.rule('policy-not-found');
  const document = { Version: '2012-10-17', Id: 'default', Statement: statements };
  return { Policy: JSON.stringify(document), RevisionId: revision };
}

const RULES = [
  {
    name: 'permission-qualifier',
    rule: 'A permission is added to an alias or a version that exists: else 404 ResourceNotFoundException.',
    source: `${API}/API_AddPermission.html`,
    apply(call, { arn, aliases, versions }) {
      const { qualifier } = functionOf(call);
      const isThere =
        !qualifier ||
        aliases.has(qualifier) ||
        versions.some(({ Version }) => Version === qualifier);
      if (isThere) return;
      const message = `Cannot find alias arn: ${arn}:${qualifier}`;
      throw new AwsError(404, 'ResourceNotFoundException', message);
    },
  },
  {
    name: 'statement-id',
    rule: 'A statement ID has 1 to 100 letters, digits, _ and -: else 400 ValidationException.',
    source: `${API}/API_AddPermission.html`,
    apply({ input: { StatementId } }) {
      if (/^[a-zA-Z0-9-_]{1,100}$/.test(StatementId)) return;
      const pattern = 'satisfy regular expression pattern: ([a-zA-Z0-9-_]+)';
      throw constraint(StatementId, 'statementId', pattern);
    },
  },
  {
    name: 'permission-principal',
    rule: 'A principal is a service with the suffix .amazonaws.com or .amazon.com, in all partitions, an account or *: else 400 InvalidParameterValueException.',
    source: 'https://github.com/serverless/serverless/issues/5365',
    apply({ input: { Principal } }) {
      if (/^(\*|\d{12}|arn:.*|[a-z0-9.-]+\.amazon(aws)?\.com)$/.test(Principal)) return;
      throw invalidParameter(
        'The provided principal was invalid. Please check the principal and try again.',
      );
    },
  },
  {
    name: 'statement-exists',
    rule: 'A statement ID that the policy has is not added again: 409 ResourceConflictException.',
    source: 'https://github.com/hashicorp/terraform-provider-aws/issues/3312',
    apply({ input: { StatementId } }, { statements }) {
      if (!statements.some(({ Sid }) => Sid === StatementId)) return;
      throw conflict(
        `The statement id (${StatementId}) provided already exists. Please provide a new statement id, or remove the existing statement.`,
      );
    },
  },
  {
    name: 'function-policy-size',
    rule: 'The policy of a function or alias has at most 20 KB: else 400 PolicyLengthExceededException.',
    source: 'https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html',
    apply(_, statements) {
      const size = JSON.stringify({ Version: '', Id: '', Statement: statements }).length;
      if (size <= 20480) return;
      const message = `The final policy size (${size}) is bigger than the limit (20480).`;
      throw new AwsError(400, 'PolicyLengthExceededException', message);
    },
  },
  {
    name: 'policy-not-found',
    rule: 'A policy without statements is not there: GetPolicy is 404 ResourceNotFoundException.',
    source: `${API}/API_GetPolicy.html`,
    apply() {
      throw noPolicy();
    },
  },
];

module.exports = {
  OPERATIONS: {
    AddPermission: addPermission,
    RemovePermission: removePermission,
    GetPolicy: getPolicy,
  },
  RULES,
};
