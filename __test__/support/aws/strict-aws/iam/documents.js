'use strict';

// Checks policy documents as IAM does.

const { AwsError } = require('../errors');
const { list, parseJson, statementsOf } = require('../../strict-s3/policy');

const GRAMMAR = 'https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html';

const malformed = (message) => new AwsError(400, 'MalformedPolicyDocument', message);

/** Refuses a trust policy that IAM would not store. */
function checkTrustPolicy(call, text) {
  call.rule('policy-syntax', text);
  call.rule('trust-policy-size', text);
  const statements = statementsOf(parseJson(text));
  call.rule('trust-policy-form', statements);
  call.rule('trust-policy-principal', statements);
}

/** Refuses an inline or managed policy that IAM would not store. */
function checkIdentityPolicy(call, text) {
  call.rule('policy-syntax', text);
  const statements = statementsOf(parseJson(text));
  call.rule('identity-policy-form', statements);
  call.rule('policy-partition', statements);
}

/** The names of services in principals: those of Lambda are the same in all partitions. */
const SERVICE = /^[a-z0-9-]+(\.[a-z0-9-]+)*\.amazonaws\.com$/;

const RULES = [
  {
    name: 'policy-syntax',
    rule: 'A policy is JSON with a Version of IAM and statements that have Effect and Action: else 400 MalformedPolicyDocument.',
    source: GRAMMAR,
    apply(_, text) {
      const document = parseJson(text);
      if (!document) throw malformed('This policy contains invalid Json');
      const isVersion = [undefined, '2008-10-17', '2012-10-17'].includes(document.Version);
      const statements = statementsOf(document);
      const isComplete = ({ Effect, Action, NotAction }) =>
        ['Allow', 'Deny'].includes(Effect) && (Action ?? NotAction);
      if (isVersion && statements.length > 0 && statements.every(isComplete)) return;
      throw malformed('Syntax errors in policy.');
    },
  },
  {
    name: 'trust-policy-size',
    rule: 'A trust policy has at most 2,048 characters: else 409 LimitExceeded.',
    source: 'https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html',
    apply(_, text) {
      if (text.replace(/\s/g, '').length <= 2048) return;
      throw new AwsError(409, 'LimitExceeded', 'Cannot exceed quota for ACLSizePerRole: 2048');
    },
  },
  {
    name: 'trust-policy-form',
    rule: 'The statements of a trust policy have a Principal and no Resource: else 400 MalformedPolicyDocument.',
    source: GRAMMAR,
    apply(_, statements) {
      for (const { Principal, NotPrincipal, Resource } of statements) {
        if (Resource) throw malformed('Has prohibited field Resource');
        if (!Principal && !NotPrincipal) {
          throw malformed('Missing required field Principal');
        }
      }
    },
  },
  {
    name: 'trust-policy-principal',
    rule: 'The principals of a trust policy exist: lambda.amazonaws.com in every partition, and ARNs of the own one: else 400 MalformedPolicyDocument.',
    source: 'https://github.com/aws/aws-cdk/issues/2198',
    apply({ partition }, statements) {
      for (const { Principal } of statements) {
        for (const service of list(Principal?.Service)) {
          if (!SERVICE.test(service)) {
            throw malformed(`Invalid principal in policy: "SERVICE":"${service}"`);
          }
        }
        for (const principal of list(Principal?.AWS)) {
          const isKnown =
            /^(\*|\d{12})$/.test(principal) || principal.startsWith(`arn:${partition}:`);
          if (!isKnown) throw malformed(`Invalid principal in policy: "AWS":"${principal}"`);
        }
      }
    },
  },
  {
    name: 'identity-policy-form',
    rule: 'The statements of a policy of a role have a Resource and no Principal: else 400 MalformedPolicyDocument.',
    source: GRAMMAR,
    apply(_, statements) {
      for (const { Principal, Resource, NotResource } of statements) {
        if (Principal) throw malformed('Policy document should not specify a principal.');
        if (!Resource && !NotResource) throw malformed('Policy statement must contain resources.');
        for (const resource of list(Resource)) {
          if (/^(\*|arn:[^:]*:[^:]*:[^:]*:[^:]*:.+)$/.test(resource)) continue;
          throw malformed(`Resource ${resource} must be in ARN format or "*".`);
        }
      }
    },
  },
  {
    name: 'policy-partition',
    rule: 'The resources of a policy are in the partition of the account: else 400 MalformedPolicyDocument, which names the partition and the resource.',
    source: 'https://github.com/aws/chalice/issues/777',
    apply({ partition }, statements) {
      for (const resource of statements.flatMap(({ Resource }) => list(Resource))) {
        const [, given] = /^arn:([^:]*)/.exec(resource) ?? [];
        if (given === undefined || given === partition || given === '*') continue;
        throw malformed(`Partition "${given}" is not valid for resource "${resource}".`);
      }
    },
  },
];

module.exports = { checkTrustPolicy, checkIdentityPolicy, RULES };
