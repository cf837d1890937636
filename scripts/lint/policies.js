'use strict';

// Checks the IAM policies in docs: `node scripts/lint/policies.js [file…]`. The program `parliament`
// comes from PyPI; what it may report is listed below.

const fs = require('node:fs');
const path = require('node:path');
const { ROOT } = require('../lib/cargo');
const { run, runMain } = require('../lib/exec');
const { installFromPyPi, programOf, succeeds } = require('../lib/python');

const POLICIES = [
  'docs/iam-policy.json',
  'docs/iam-options-policy.json',
  'docs/iam-boundary.json',
  'docs/iam-operator-policy.json',
];

/** Findings that are right as they are, each with a part of parliament's report. */
const ACCEPTED = [
  {
    issue: 'RESOURCE_MISMATCH',
    about: 'logs:DescribeLogGroups',
    reason: 'AWS checks this action for the ARN of a log group, as the text of its refusals shows',
  },
  {
    issue: 'RESOURCE_STAR',
    about: 'logs:GetQueryResults',
    reason:
      'AWS does not offer it, nor logs:StopQuery, for a resource: both name a query by its ID',
  },
  {
    issue: 'PERMISSIONS_MANAGEMENT_ACTIONS',
    about: 'iam:attachrolepolicy',
    reason:
      'a deployer creates roles: boundaries and lists of policies limit them, as __test__/access/privilege-escalation.test.js shows',
  },
  {
    issue: 'PERMISSIONS_MANAGEMENT_ACTIONS',
    about: 'iam:deleterole',
    reason: 'an operator removes skills: roles and their policies can be deleted only, not written',
  },
  {
    issue: 'PRIVILEGE_ESCALATION',
    about: 'EditExistingLambdaFunctionWithRole',
    reason: "deploying is updating the code of functions, but only of Litexa's own",
  },
  {
    issue: 'RESOURCE_POLICY_PRIVILEGE_ESCALATION',
    about: 's3:PutBucketPolicy',
    reason: 'publicAccess "bucketPolicy" is a bucket policy, and the bucket is for public assets',
  },
];

/** Prints each finding of a policy as a line of JSON. Its own command line leaves a file behind. */
const PROGRAM = `
import json, sys, warnings
warnings.simplefilter('ignore')
from parliament import analyze_policy_string
policy = analyze_policy_string(sys.argv[1], ignore_private_auditors=True, include_community_auditors=True)
for finding in policy.findings:
    print(json.dumps({'issue': finding.issue, 'about': [finding.detail, finding.location]}, default=str))
`;

/** Fails with what parliament reports about the policies, other than what is accepted. */
async function checkPolicies(files = POLICIES) {
  const isUsable = (folder) => succeeds(programOf(folder, 'python'), ['-c', PROGRAM, '{}']);
  const folder = await installFromPyPi('parliament', isUsable, { log: console.log });
  const found = [];
  for (const file of files) found.push(...(await findingsIn(folder, path.resolve(ROOT, file))));
  const unexpected = found.filter((finding) => !ACCEPTED.some((one) => covers(one, finding)));
  if (unexpected.length > 0) throw new Error(unexpected.map(({ text }) => text).join('\n'));
  return ACCEPTED.filter((one) => !found.some((finding) => covers(one, finding)));
}

async function findingsIn(folder, file) {
  const policy = fs.readFileSync(file, 'utf8').replaceAll('myAccountId', '123456789012');
  const args = ['-c', PROGRAM, policy];
  const output = await run(programOf(folder, 'python'), args, { cwd: ROOT, quiet: true });
  return output
    .split('\n')
    .filter(Boolean)
    .map((line) => {
      const { issue, about } = JSON.parse(line);
      const place = path.relative(ROOT, file);
      return {
        issue,
        about: JSON.stringify(about),
        text: `${place}: ${issue} ${JSON.stringify(about)}`,
      };
    });
}

const covers = ({ issue, about }, finding) =>
  issue === finding.issue && finding.about.toLowerCase().includes(about.toLowerCase());

module.exports = { checkPolicies };

if (require.main === module) {
  runMain(async (files) => {
    const unused = await checkPolicies(files.length > 0 ? files : undefined);
    if (files.length === 0 && unused.length > 0) {
      throw new Error(`accepted, but not found: ${unused.map(({ issue }) => issue).join(', ')}`);
    }
  });
}
