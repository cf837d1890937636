'use strict';

// Packages that npm installs run in the function. `npm run test:installers` tries the other installers.

const assert = require('node:assert/strict');
const { after, before, test } = require('node:test');
const { npmCommand } = require('../../scripts/lib/npm');
const { useAws } = require('../support/aws/use-aws');
const { layoutsOf } = require('../support/installers/layouts');
const { PACKAGES } = require('../support/installers/packages');
const { startRegistry } = require('../support/installers/registry');
const { deployAndRun, install, writeSkill } = require('../support/installers/skill');

const aws = useAws();

let registry;
before(async () => (registry = await startRegistry(PACKAGES)));
after(() => registry.stop());

/** Installs the layout with this name with the npm of this machine. */
async function installed(t, name) {
  const layout = layoutsOf(['npm here']).find((one) => one.name === `npm here, ${name}`);
  const project = writeSkill(layout, registry.url);
  t.after(project.remove);
  await install(layout, project, npmCommand());
  return { layout, project };
}

for (const name of ['hoisted', 'linked', 'workspace']) {
  test(`a package runs whose dependencies npm installed: ${name}`, async (t) => {
    const { layout, project } = await installed(t, name);
    const all = await deployAndRun(layout, project);
    const production = { packageConfiguration: { include: 'production' } };
    const { logger } = await deployAndRun(layout, project, production);
    assert.doesNotMatch(logger.lines('log').join('\n'), /would be left out/);
    if (name === 'workspace') return;
    const line =
      /packaged .* with packageConfiguration\.include "production", .+ would be left out/;
    assert.match(all.logger.lines('log').join('\n'), line);
  });
}

test('a dependency of a dependency that is not installed stops the deployment before any change', async (t) => {
  const { project } = await installed(t, 'hoisted');
  project.write('litexa/node_modules/leaf', null);
  const { error } = await project.failToDeployHandler();
  assert.equal(error.code, 'INVALID_PACKAGE');
  assert.match(
    error.message,
    /leaf \(required by (top|@scope\/tool)@1\.0\.0\)\. Run `npm install` in litexa/,
  );
  assert.deepEqual(aws.writes(), []);
});
