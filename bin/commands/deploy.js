'use strict';

const { deploy } = require('../lib/module');
const { withSkill } = require('../lib/skill');
const diff = require('./diff');

module.exports = {
  summary: 'deploys assets and handler as `litexa deploy` does, without the manifest and the model',
  usage: 'deploy [--dry-run] [--no-cache] [-d <target>]',
  options: {
    'dry-run': { type: 'boolean', description: 'shows what would change, as diff does' },
    'no-cache': { type: 'boolean', description: 'reads every local file again' },
  },
  notes: ['The manifest and the model belong to the Litexa CLI: `litexa deploy` sends them, too.'],
  lines: 'stdout',
  async run(io, context, { options }) {
    if (options['dry-run']) return diff.run(io, context);
    const { context: complete, core } = await withSkill(context);
    if (!core) {
      throw new Error(
        'deploying needs the compiler of the Litexa CLI, which was not found. Install @litexa/core in the project or globally, or put its folder into NODE_PATH',
      );
    }
    await prepare(core, complete, io.logger);
    const { changes } = await deploy({ ...complete, cache: !options['no-cache'] }, io.logger);
    io.note('the manifest and the model were not sent: `litexa deploy` does');
    return { changes };
  },
  // Without a dry run, the lines of the log have shown them.
  print: ({ changes }, io, { options }) => (options['dry-run'] ? diff.print({ changes }, io) : ''),
};

/** Does what the CLI does before it calls this module: notes the deployment, and converts the assets. */
async function prepare(core, context, logger) {
  const git = await core.require('./src/deployment/git').getCurrentState();
  context.artifacts.save('lastDeployment', {
    date: new Date().toLocaleString(),
    deploymentTypes: { lambda: true, assets: true, model: false, manifest: false },
    git,
    coreVersion: core.version,
  });
  await core.require('./src/deployment/assets').convertAssets(context, logger);
}
