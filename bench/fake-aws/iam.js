'use strict';

// Answers IAM's operations on roles.

const { xml } = require('./xml');

function iam() {
  const roles = new Map();

  const operations = {
    GetRole: ({ RoleName }) => ({ Role: describe(roles.get(RoleName)) }),
    CreateRole({ RoleName, AssumeRolePolicyDocument: trust }) {
      roles.set(RoleName, { name: RoleName, trust, attached: new Set(), own: new Map() });
      return { Role: describe(roles.get(RoleName)) };
    },
    UpdateAssumeRolePolicy({ RoleName, PolicyDocument }) {
      roles.get(RoleName).trust = PolicyDocument;
    },
    ListAttachedRolePolicies({ RoleName }) {
      const member = [...roles.get(RoleName).attached].map((PolicyArn) => ({
        PolicyName: PolicyArn.split('/').pop(),
        PolicyArn,
      }));
      return { AttachedPolicies: { member }, IsTruncated: 'false' };
    },
    AttachRolePolicy({ RoleName, PolicyArn }) {
      roles.get(RoleName).attached.add(PolicyArn);
    },
    DetachRolePolicy({ RoleName, PolicyArn }) {
      roles.get(RoleName).attached.delete(PolicyArn);
    },
  };

  return ({ body }) => {
    const { Action: operation, ...input } = Object.fromEntries(new URLSearchParams(body.text()));
    if (operation !== 'CreateRole' && !roles.has(input.RoleName)) {
      const Error = { Type: 'Sender', Code: 'NoSuchEntity', Message: 'The role cannot be found.' };
      return { operation, status: 404, body: xml({ ErrorResponse: { Error } }) };
    }
    const result = operations[operation]?.(input);
    if (!(operation in operations)) return undefined;
    const document = { [`${operation}Response`]: { [`${operation}Result`]: result ?? '' } };
    return { operation, headers: { 'content-type': 'text/xml' }, body: xml(document) };
  };
}

function describe({ name, trust }) {
  return {
    Path: '/',
    RoleName: name,
    RoleId: 'AROA0123456789',
    Arn: `arn:aws:iam::123456789012:role/${name}`,
    CreateDate: '2026-01-01T00:00:00Z',
    AssumeRolePolicyDocument: encodeURIComponent(trust),
  };
}

module.exports = { iam };
