'use strict';

// The check of workflows, on one mistake of each kind.

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { test } = require('node:test');
const { checkWorkflows } = require('../../scripts/lint/workflows');
const { tempDir } = require('../support/tmp');

const PINNED = 'actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1 # v7.0.1';

/** Creates a workflow of one job, until the test `t` ends. */
function workflowFile(t, { steps, permissions = '{}' }) {
  const file = path.join(tempDir(t, 'workflows'), 'workflow.yml');
  const lines = [
    'name: Cats',
    'on: issues',
    `permissions: ${permissions}`,
    'concurrency: { group: cats, cancel-in-progress: true }',
    'jobs:',
    '  cats:',
    '    name: Cats',
    '    runs-on: ubuntu-24.04',
    '    steps:',
    ...steps.map((step) => `      - ${step}`),
  ];
  fs.writeFileSync(file, `${lines.join('\n')}\n`);
  return file;
}

for (const [kind, finding, workflow] of [
  ['a step with an unknown key', 'input does not match', { steps: ['runs: ls'] }],
  ['an action without a commit', 'unpinned-uses', { steps: ['uses: some/action@v1'] }],
  [
    'an expression within a script',
    'template-injection',
    { steps: ['run: echo "${{ github.event.issue.title }}"'] },
  ],
  ['credentials that stay in the checkout', 'artipacked', { steps: [`uses: ${PINNED}`] }],
  ['all permissions', 'excessive-permissions', { permissions: 'write-all', steps: ['run: ls'] }],
]) {
  test(`${kind}: rejected`, async (t) => {
    await assert.rejects(checkWorkflows([workflowFile(t, workflow)]), ({ message }) =>
      message.includes(finding),
    );
  });
}

test('a workflow without mistakes is accepted', async (t) => {
  await checkWorkflows([workflowFile(t, { steps: ['run: ls'] })]);
});

test("the project's own workflows are accepted", () => checkWorkflows());
