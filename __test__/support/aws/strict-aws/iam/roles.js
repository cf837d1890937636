'use strict';

// Roles.

const crypto = require('node:crypto');
const { AwsError, constraint } = require('../errors');
const { isNew, makeNew, roleArn } = require('../resources');
const { tagsOf } = require('../tags');
const { checkTrustPolicy } = require('./documents');
const { page } = require('./pages');

const API = 'https://docs.aws.amazon.com/IAM/latest/APIReference';

const noSuchRole = (name) =>
  new AwsError(404, 'NoSuchEntity', `The role with name ${name} cannot be found.`);

/** Returns the role that a request names, unless it is not there or not known everywhere yet. */
function roleOf(call) {
  const { RoleName } = call.input;
  const role = call.iam.roles.get(RoleName);
  if (!role) throw noSuchRole(RoleName);
  call.rule('new-role-not-found', role);
  return role;
}

function describe(call, role) {
  const { boundary, trust, tags, RoleName, Path, RoleId, Arn, CreateDate, Description } = role;
  const AssumeRolePolicyDocument = call.rule('documents-encoded', trust) ?? trust;
  return {
    Path,
    RoleName,
    RoleId,
    Arn,
    CreateDate,
    AssumeRolePolicyDocument,
    Description,
    MaxSessionDuration: 3600,
    PermissionsBoundary: boundary && {
      PermissionsBoundaryType: 'Policy',
      PermissionsBoundaryArn: boundary,
    },
    Tags: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })),
  };
}

function createRole(call) {
  const { RoleName, AssumeRolePolicyDocument, Description, Path = '/', Tags } = call.input;
  call.rule('role-name');
  call.rule('role-exists');
  checkTrustPolicy(call, AssumeRolePolicyDocument);
  const boundary = call.input.PermissionsBoundary;
  if (boundary) call.rule('boundary-exists', boundary);
  const role = makeNew(call, {
    Path,
    RoleName,
    RoleId: `AROA${crypto.randomBytes(8).toString('hex').toUpperCase()}`,
    Arn: roleArn(call, RoleName, Path),
    CreateDate: new Date(call.server.clock()).toISOString(),
    Description,
    boundary,
    trust: AssumeRolePolicyDocument,
    trustChanged: makeNew(call, {}),
    tags: tagsOf(Tags),
    attached: [],
    inline: new Map(),
  });
  call.iam.roles.set(RoleName, role);
  return { Role: describe(call, role) };
}

const getRole = (call) => ({ Role: describe(call, roleOf(call)) });

function listRoles(call) {
  const roles = [...call.iam.roles.values()].map((role) => describe(call, role));
  return page(call, 'Roles', roles);
}

function updateAssumeRolePolicy(call) {
  const role = roleOf(call);
  checkTrustPolicy(call, call.input.PolicyDocument);
  role.trust = call.input.PolicyDocument;
  role.trustChanged = makeNew(call, {});
}

function deleteRole(call) {
  const role = roleOf(call);
  call.rule('delete-conflict', role);
  call.iam.roles.delete(role.RoleName);
}

function putBoundary(call) {
  const role = roleOf(call);
  call.rule('boundary-exists', call.input.PermissionsBoundary);
  role.boundary = call.input.PermissionsBoundary;
}

function deleteBoundary(call) {
  roleOf(call).boundary = undefined;
}

function tagRole(call) {
  Object.assign(roleOf(call).tags, tagsOf(call.input.Tags));
}

function untagRole(call) {
  const role = roleOf(call);
  for (const key of call.input.TagKeys) delete role.tags[key];
}

function listRoleTags(call) {
  const tags = Object.entries(roleOf(call).tags).map(([Key, Value]) => ({ Key, Value }));
  return page(call, 'Tags', tags);
}

const RULES = [
  {
    name: 'role-name',
    rule: 'The name of a role has 1 to 64 characters of [\\w+=,.@-]: else 400 ValidationError.',
    source: `${API}/API_CreateRole.html`,
    apply({ input: { RoleName } }) {
      if (/^[\w+=,.@-]{1,64}$/.test(RoleName)) return;
      throw constraint(
        RoleName,
        'roleName',
        RoleName.length > 64
          ? 'have length less than or equal to 64'
          : 'satisfy regular expression pattern: [\\w+=,.@-]+',
        'ValidationError',
      );
    },
  },
  {
    name: 'role-exists',
    rule: 'A role that exists is not created again: 409 EntityAlreadyExists.',
    source: `${API}/API_CreateRole.html`,
    apply({ input: { RoleName }, iam }) {
      if (!iam.roles.has(RoleName)) return;
      const message = `Role with name ${RoleName} already exists.`;
      throw new AwsError(409, 'EntityAlreadyExists', message);
    },
  },
  {
    name: 'new-role-not-found',
    rule: 'Just after its creation a role is not found everywhere: 404 NoSuchEntity.',
    source:
      'https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot.html#troubleshoot_general_eventual-consistency',
    apply({ operation }, role) {
      if (isNew(role, operation)) throw noSuchRole(role.RoleName);
    },
  },
  {
    name: 'documents-encoded',
    rule: 'Policy documents in answers are URL-encoded (RFC 3986).',
    source: `${API}/API_GetRole.html`,
    apply: (_, text) =>
      encodeURIComponent(text).replace(
        /[!'()*]/g,
        (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
      ),
  },
  {
    name: 'delete-conflict',
    rule: 'A role that has policies is not deleted: 409 DeleteConflict.',
    source: `${API}/API_DeleteRole.html`,
    apply(_, { attached, inline }) {
      const must = attached.length > 0 ? 'detach all policies' : 'delete policies';
      if (attached.length + inline.size === 0) return;
      throw new AwsError(409, 'DeleteConflict', `Cannot delete entity, must ${must} first.`);
    },
  },
  {
    name: 'boundary-exists',
    rule: 'A permissions boundary is a managed policy that exists: else 404 NoSuchEntity.',
    source: `${API}/API_PutRolePermissionsBoundary.html`,
    apply({ iam }, arn) {
      if (iam.policies.has(arn) || /^arn:[\w-]+:iam::aws:policy\//.test(arn)) return;
      throw new AwsError(
        404,
        'NoSuchEntity',
        `Scope ARN: ${arn} does not exist or is not attachable.`,
      );
    },
  },
];

module.exports = {
  roleOf,
  OPERATIONS: {
    CreateRole: createRole,
    GetRole: getRole,
    ListRoles: listRoles,
    UpdateAssumeRolePolicy: updateAssumeRolePolicy,
    DeleteRole: deleteRole,
    PutRolePermissionsBoundary: putBoundary,
    DeleteRolePermissionsBoundary: deleteBoundary,
    TagRole: tagRole,
    UntagRole: untagRole,
    ListRoleTags: listRoleTags,
  },
  RULES: [...RULES, ...require('./pages').RULES],
};
