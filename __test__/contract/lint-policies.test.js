'use strict';

// The check of IAM policies, on one mistake of each kind.

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { test } = require('node:test');
const { checkPolicies } = require('../../scripts/lint/policies');
const { tempDir } = require('../support/tmp');

const ROLE = 'arn:aws:iam::myAccountId:role/cats';

/** Creates a file with a policy of one statement, until the test `t` ends. */
function policyFile(t, statement) {
  const file = path.join(tempDir(t, 'policies'), 'policy.json');
  const policy = { Version: '2012-10-17', Statement: [{ Effect: 'Allow', ...statement }] };
  fs.writeFileSync(file, JSON.stringify(policy));
  return file;
}

for (const [kind, issue, statement] of [
  ['an action that does not exist', 'UNKNOWN_ACTION', { Action: 'iam:FrobRole', Resource: ROLE }],
  [
    'a condition that the action does not have',
    'UNKNOWN_CONDITION_FOR_ACTION',
    {
      Action: 'iam:GetRole',
      Resource: ROLE,
      Condition: { StringEquals: { 'iam:PassedToService': 'lambda.amazonaws.com' } },
    },
  ],
  [
    'a resource that the action does not have',
    'RESOURCE_MISMATCH',
    { Action: 's3:GetObject', Resource: 'arn:aws:s3:::cats' },
  ],
  [
    'rights to change those of users',
    'PRIVILEGE_ESCALATION',
    { Action: 'iam:CreateAccessKey', Resource: 'arn:aws:iam::myAccountId:user/*' },
  ],
]) {
  test(`${kind} is rejected`, async (t) => {
    await assert.rejects(checkPolicies([policyFile(t, statement)]), ({ message }) =>
      message.includes(issue),
    );
  });
}

test('the policies in docs are accepted, and each accepted finding is there', async () => {
  assert.deepEqual(await checkPolicies(), []);
});
