'use strict';

const { YES } = require('../lib/arguments');
const { operate } = require('../lib/module');
const { printableData } = require('../lib/printable');

/** The effects of a change that are shown. */
const MAX_EFFECTS = 20;

module.exports = {
  summary: 'removes everything that the target has on AWS, except for what is shared',
  usage: 'remove [--table] [--yes] [-d <target>]',
  lines: 'stdout',
  options: {
    table: {
      type: 'boolean',
      description: 'removes the table with the state of all users, too, after a backup',
    },
    ...YES,
  },
  notes: [
    'Shows what will be removed, and asks for the name of the target. After a failure, run it again.',
  ],
  async run(io, context, { options }) {
    const command = { name: 'remove', table: options.table ?? false };
    const { changes, kept } = await operate(context, command, io.logger);
    const shown = preview(printableData({ changes, kept }));
    // With --json, what is asked for has to be shown as well.
    if (io.json) io.note(shown);
    else io.print(shown);
    const target = context.deploymentName;
    const what = changes.length > 0 ? 'the target' : 'the local records of the target';
    await io.confirm(target, `removes ${what} ${target} of ${context.projectInfo.name}`);
    return operate(context, { ...command, confirmed: changes }, io.logger);
  },
  print({ changes, kept }) {
    if (changes.length === 0) return undefined;
    return kept.length > 0 ? 'removed, except for what is left alone' : 'everything was removed';
  },
};

/** Returns what would be removed, and what stays, as text. */
function preview({ changes, kept }) {
  const removed = changes.flatMap(({ description, effects }) => [
    `  - ${description}`,
    ...effects.slice(0, MAX_EFFECTS).map((effect) => `      ${effect}`),
  ]);
  return [
    ...(removed.length > 0 ? ['to remove:', ...removed] : ['nothing to remove on AWS']),
    ...(kept.length > 0 ? ['left alone:', ...kept.map((line) => `  - ${line}`)] : []),
  ].join('\n');
}
