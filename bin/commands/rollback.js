'use strict';

const { YES } = require('../lib/arguments');
const { operate } = require('../lib/module');
const { UsageError } = require('../lib/usage-error');

module.exports = {
  summary: 'points the endpoint to an earlier version of the function',
  usage: 'rollback [version | --undo] [--yes] [-d <target>]',
  positionals: ['[version]'],
  options: {
    undo: { type: 'boolean', description: 'points the endpoint to the newest code again' },
    ...YES,
  },
  notes: [
    'Without a version, it is the newest one before that has other code. `versions` lists them.',
    'A deployment leaves the endpoint there until it has other code.',
  ],
  lines: 'verbose',
  async run(io, context, { options, positionals }) {
    const wanted = { name: 'rollback', ...wantedOf(options, positionals) };
    const plan = await operate(context, { ...wanted, dryRun: true }, io.logger);
    if (!plan.isChange) return plan;
    for (const line of planLines(plan)) io.note(line);
    const target = context.projectInfo.variant;
    await io.confirm(target, question(plan));
    // The version that was confirmed, although a newer one may have been published since.
    const version = options.undo ? undefined : Number(plan.to.replace('version ', ''));
    const result = await operate(context, { ...wanted, version }, io.logger);
    return { ...result, undo: `litexa-deploy-aws rollback --undo -d ${target}` };
  },
  print(result) {
    const endpoint = `${result.function}:${result.alias}`;
    if (!result.isChange) return `${endpoint} points to ${result.to} already`;
    if (result.from === result.to) {
      const now = isRollback(result) ? 'stays there' : 'follows deployments';
      return `${endpoint} points to ${result.to} already, and ${now} from now on`;
    }
    return [
      `${endpoint} points to ${result.to}, not to ${result.from} anymore`,
      ...wayBack(result),
    ].join('\n');
  },
};

function wantedOf({ undo = false }, [text]) {
  if (text === undefined) return { undo };
  if (undo) throw new UsageError('a version and --undo are mutually exclusive');
  if (!/^[1-9]\d{0,14}$/.test(text)) {
    throw new UsageError(`the version must be a number that \`versions\` lists, but is "${text}"`);
  }
  return { version: Number(text) };
}

/** Whether it is not the end of one. */
const isRollback = ({ notRolledBack }) => notRolledBack.length > 0;

function question(plan) {
  const endpoint = `${plan.function}:${plan.alias}`;
  if (plan.from !== plan.to) return `points ${endpoint} to ${plan.to} instead of ${plan.from}`;
  return `marks ${endpoint} as ${isRollback(plan) ? '' : 'not '}rolled back to ${plan.to}`;
}

function planLines({ notRolledBack, warnings }) {
  return [
    ...(notRolledBack.length > 0 ? [`These stay as they are: ${notRolledBack.join('; ')}.`] : []),
    ...warnings.map((warning) => `warning: ${warning}`),
  ];
}

/** Returns the commands that undo a roll-back, and that point the endpoint to where it pointed. */
function wayBack(result) {
  const { from, wayBack: command, undo } = result;
  const note = command.includes("'") ? ' (in cmd.exe, without the single quotes)' : '';
  return [
    ...(isRollback(result) && command !== undo ? [`Back to the newest code: ${undo}`] : []),
    `Back to ${from}: ${command}${note}`,
  ];
}
