'use strict';

// The role of a function: Lambda must be able to assume it, and needs rights of it.

const { AwsError, invalidParameter } = require('../errors');
const { isNew } = require('../resources');
const { evaluate, list, parseJson, statementsOf } = require('../../strict-s3/policy');

const CONSISTENCY =
  'https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot.html#troubleshoot_general_eventual-consistency';

const notAssumable = () =>
  invalidParameter('The role defined for the function cannot be assumed by Lambda.');

/** Refuses a request whose role, or that of the function as it is, cannot be that of the function. */
function checkRole(call, latest = {}) {
  const { Role = latest.Role, VpcConfig = latest.VpcConfig } = call.input;
  if (!call.input.Role && !call.input.VpcConfig) return;
  call.rule('role-of-account', Role);
  const role = [...call.iam.roles.values()].find(({ Arn }) => Arn === Role);
  call.rule('role-assumable', role);
  if (!role) return;
  call.rule('new-role-not-assumable', role);
  if (VpcConfig?.SubnetIds?.length > 0) call.rule('role-for-network', role);
}

function trustsLambda({ trust }) {
  return statementsOf(parseJson(trust)).some(
    ({ Effect, Principal, Action }) =>
      Effect === 'Allow' &&
      list(Principal?.Service).includes('lambda.amazonaws.com') &&
      list(Action).some((action) => /^(\*|sts:(\*|assumerole))$/i.test(action)),
  );
}

/** AWS's policies that allow to create network interfaces. */
const NETWORK_POLICIES =
  /:policy\/(AdministratorAccess|service-role\/AWSLambdaVPCAccessExecutionRole)$/;

function mayCreateInterfaces({ attached, inline }) {
  const request = { action: 'ec2:CreateNetworkInterface', resource: '*', context: {} };
  const allows = (text) => evaluate(parseJson(text), request) === 'Allow';
  return attached.some((arn) => NETWORK_POLICIES.test(arn)) || [...inline.values()].some(allows);
}

const RULES = [
  {
    name: 'role-of-account',
    rule: 'The role of a function is an ARN of IAM: else 400 ValidationException; that of another account is 403 AccessDeniedException.',
    source: 'https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunction.html',
    apply({ account, partition }, arn) {
      const pattern = /^arn:(aws[a-zA-Z-]*)?:iam::(\d{12}):role\/?[a-zA-Z_0-9+=,.@\-_/]+$/;
      const [, inPartition, inAccount] = pattern.exec(arn) ?? [];
      if (!inAccount) {
        const message = `1 validation error detected: Value '${arn}' at 'role' failed to satisfy constraint: Member must satisfy regular expression pattern: ${pattern.source}`;
        throw new AwsError(400, 'ValidationException', message);
      }
      if (inAccount === account && inPartition === partition) return;
      throw new AwsError(403, 'AccessDeniedException', 'Cross-account pass role is not allowed.');
    },
  },
  {
    name: 'role-assumable',
    rule: 'The role of a function exists and trusts lambda.amazonaws.com: else 400 InvalidParameterValueException.',
    source: 'https://docs.aws.amazon.com/lambda/latest/dg/lambda-intro-execution-role.html',
    apply(_, role) {
      if (!role || !trustsLambda(role)) throw notAssumable();
    },
  },
  {
    name: 'new-role-not-assumable',
    rule: 'Just after its creation, or the change of its trust policy, Lambda cannot assume a role: 400 InvalidParameterValueException.',
    source: CONSISTENCY,
    apply(_, role) {
      if (isNew(role.trustChanged, 'assume')) throw notAssumable();
    },
  },
  {
    name: 'role-for-network',
    rule: 'The role of a function in a VPC may create network interfaces; just after its policies were changed that is not known yet: 400 InvalidParameterValueException.',
    source: 'https://github.com/aws/aws-cdk/issues/7998',
    apply(_, role) {
      const isKnown = !role.policiesChanged || !isNew(role.policiesChanged, 'network');
      if (isKnown && mayCreateInterfaces(role)) return;
      throw invalidParameter(
        'The provided execution role does not have permissions to call CreateNetworkInterface on EC2',
      );
    },
  },
];

module.exports = { checkRole, RULES };
