'use strict';

// A dry run shows what the deployment after it does, for every deployment that other tests disturb.

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { after, before, describe, test } = require('node:test');
const { isWrite } = require('../support/aws/proxy');
const { openEnvironment } = require('./injection/environment');
const { DEPLOYMENTS } = require('./injection/scenarios');
const { changesOf } = require('./injection/written-changes');

let environment;
before(async () => (environment = await openEnvironment()));
after(() => environment?.stop());

/** Returns the content of all files below a folder. */
function filesIn(folder) {
  if (!fs.existsSync(folder)) return {};
  const entries = fs.readdirSync(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  const paths = files.map((entry) => path.join(entry.parentPath ?? entry.path, entry.name));
  return Object.fromEntries(paths.map((file) => [file, fs.readFileSync(file).toString('base64')]));
}

// Deployments mostly wait.
describe('a dry run', { concurrency: 2 }, () => {
  for (const scenario of DEPLOYMENTS) {
    test(`shows the changes of the deployment "${scenario}", and writes nothing`, async () => {
      const run = await environment.setUp(scenario);
      const files = filesIn(run.project.root);
      const account = await run.account.snapshot();

      const shown = await run.deployRecorded({ dryRun: true });
      assert.equal(shown.exit, 0, shown.error?.message ?? shown.stderr);
      assert.deepEqual(shown.requests.filter(isWrite), []);
      assert.deepEqual(await run.account.snapshot(), account);
      assert.deepEqual(filesIn(run.project.root), files);

      const made = await run.deployRecorded();
      assert.equal(made.exit, 0, made.error?.message ?? made.stderr);
      assert.ok(made.changes.length > 0);
      assert.deepEqual(shown.changes, made.changes);
      const actions = made.changes.map(({ iamAction, resource }) => `${iamAction} ${resource}`);
      assert.deepEqual(changesOf(made.requests).sort(), actions.sort());

      await run.settle();
      const again = await run.deployRecorded({ dryRun: true });
      assert.deepEqual(again.changes, []);
      await run.tearDown();
    });
  }
});
