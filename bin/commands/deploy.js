'use strict';

const { missingCompiler } = require('../lib/litexa-core');
const { deploy, isDryRun, recordingFailure } = require('../lib/module');
const { withSkill } = require('../lib/skill');
const { ensureAllowed, problemLines, verify, versionBefore } = require('../lib/verify');
const { UsageError } = require('../lib/usage-error');
const diff = require('./diff');

module.exports = {
  summary: 'deploys assets and handler as `litexa deploy` does, without the manifest and the model',
  usage: 'deploy [--dry-run | --verify] [--no-cache] [-d <target>]',
  options: {
    'dry-run': { type: 'boolean', description: 'shows what would change, as diff does' },
    verify: {
      type: 'boolean',
      description:
        'launches the skill afterwards; if it does not answer, rolls it back, and ends with 1',
    },
    'no-cache': { type: 'boolean', description: 'reads every local file again' },
  },
  notes: ['The manifest and the model belong to the Litexa CLI: `litexa deploy` sends them, too.'],
  // The result of a dry run has the changes that its lines show.
  lines: ({ 'dry-run': isDryRun }) => (isDryRun ? diff.lines : 'stdout'),
  async run(io, context, { options }) {
    const { verify: mustVerify } = options;
    const isDryByVariable = await isDryRun();
    if (mustVerify) ensureNotDry(options, isDryByVariable);
    if (options['dry-run']) return diff.run(io, context, { options });
    if (mustVerify) ensureKept(context, { keepVersions: 2 });
    const { context: complete, core } = await withSkill(context);
    if (!core) throw missingCompiler('deploying');
    const before = mustVerify ? await versionBefore(io, complete) : undefined;
    if (before) ensureKept(context, before);
    if (mustVerify) await ensureAllowed(io, complete);
    if (!isDryByVariable) await recordBeginning(core, complete);
    const { changes, staysRolledBack } = await recordingFailure(complete, async () => {
      await core.require('./src/deployment/assets').convertAssets(complete, io.logger);
      return deploy({ ...complete, cache: !options['no-cache'] }, io.logger);
    });
    io.note('the manifest and the model were not sent: `litexa deploy` does');
    if (!mustVerify) return { changes, staysRolledBack };
    const verification = await verify(io, complete, { before, changes, staysRolledBack });
    reportProblem(verification, io);
    return { changes, ...verification };
  },
  // Without a dry run, the lines of the log have shown them.
  print(result, io, { options }) {
    if (options['dry-run']) return diff.print(result, io);
    if (!options.verify || isNotLive(result)) return '';
    return io.style.green(`verified: ${result.invocation.endpoint} answers a launch`);
  },
  exitCode: (result) => (isNotLive(result) ? 1 : 0),
};

/** Whether the endpoint was verified, and does not answer with what was deployed: a pipeline must not go on. */
const isNotLive = (result) => Boolean(result.invocation) && problemLines(result).length > 0;

/** Reports as an error that the skill does not answer, with what to know about a roll-back. */
function reportProblem(verification, { logger }) {
  for (const line of problemLines(verification)) logger.error(line);
  for (const warning of verification.rollback?.warnings ?? []) logger.warning(warning);
}

/** Checks that there is a deployment to verify. */
function ensureNotDry({ 'dry-run': isOption }, isVariable) {
  if (!isOption && !isVariable) return;
  const name = isOption ? '--dry-run' : 'LITEXA_DEPLOY_DRY_RUN=1';
  throw new UsageError(`${name} and --verify are mutually exclusive`);
}

/** Checks that the deployment does not delete the version to go back to, which needs as many of them. */
function ensureKept({ deploymentOptions }, { version, keepVersions }) {
  if ((deploymentOptions.lambdaConfiguration?.keepVersions ?? Infinity) >= keepVersions) return;
  const deleted = version === undefined ? 'the version' : `version ${version}, which is the one`;
  throw new UsageError(
    `--verify needs lambdaConfiguration.keepVersions of ${keepVersions} or more, or none: otherwise the deployment deletes ${deleted} to go back to`,
  );
}

/** Records the deployment as the CLI does before it converts the assets, and calls this module. */
async function recordBeginning(core, context) {
  const git = await core.require('./src/deployment/git').getCurrentState();
  const now = new Date();
  context.artifacts.save('lastDeployment', {
    date: now.toLocaleString(),
    // The CLI has the local time only.
    time: now.toISOString(),
    deploymentTypes: { lambda: true, assets: true, model: false, manifest: false },
    git,
    coreVersion: core.version,
  });
}
