'use strict';

const { deploy } = require('../lib/module');
const { missingCompiler } = require('../lib/litexa-core');
const { withSkill } = require('../lib/skill');

/** The exit code of --detailed-exitcode with changes, as that of `terraform plan`. */
const HAS_CHANGES = 2;

/** The objects of an action that are listed one by one; more are counted. */
const MAX_LISTED_OBJECTS = 20;

const SYMBOLS = { create: '+', update: '~', delete: '-' };
const COLORS = { create: 'green', update: 'yellow', delete: 'red' };

module.exports = {
  summary: 'shows what a deployment would change, without changing anything',
  usage: 'diff [--detailed-exitcode] [-d <target>]',
  options: {
    'detailed-exitcode': {
      type: 'boolean',
      description: 'ends with 0 without changes, 1 after a failure, and 2 with changes',
    },
  },
  notes: [
    'The skill is compiled by the Litexa CLI. Where that is not installed, the code is not compared.',
    'Converters of assets do not run: converted files are those of the last deployment.',
  ],
  lines: 'verbose',
  async run(io, context, { options }) {
    const { context: complete, core } = await withSkill(context);
    // Otherwise, a change of the code alone would end with 0.
    if (!core && options['detailed-exitcode']) throw missingCompiler('diff --detailed-exitcode');
    if (!core) {
      io.note('the Litexa CLI was not found, so the code is not compared: install @litexa/core');
    }
    const { region, account, changes } = await deploy({ ...complete, dryRun: true }, io.logger);
    return { region, account, changes, isCodeCompared: Boolean(core) };
  },
  print: (result, io) => `${placeText(result)}\n${describe(result, io)}`,
  exitCode: ({ changes }, { options }) =>
    options['detailed-exitcode'] && changes.length > 0 ? HAS_CHANGES : 0,
};

function placeText({ region, account }) {
  return account ? `region ${region}, account ${account}` : `region ${region}`;
}

/** Returns the changes by the types of their resources. */
function describe({ changes, isCodeCompared = true }, { style }) {
  const other = isCodeCompared ? '' : ' of anything but the code, which was not compared';
  if (changes.length === 0) return `no changes${other}`;
  const byType = groups(changes, ({ resourceType }) => resourceType);
  const lines = [...byType].flatMap(([type, ofType]) => [
    style.bold(type),
    ...[...groups(ofType, ({ action }) => action)].flatMap(([, same]) => linesOf(same, style)),
  ]);
  const count = (action) => changes.filter((change) => change.action === action).length;
  const summary = `${count('create')} to create, ${count('update')} to update, ${count('delete')} to delete`;
  return [...lines, '', summary].join('\n');
}

function groups(changes, keyOf) {
  const found = new Map();
  for (const change of changes) {
    found.set(keyOf(change), [...(found.get(keyOf(change)) ?? []), change]);
  }
  return found;
}

/** Returns the lines of changes with the same action and type. Many objects are counted. */
function linesOf(changes, style) {
  const [{ action, resourceType, description }] = changes;
  const symbol = style[COLORS[action]](SYMBOLS[action]);
  if (resourceType === 'AWS::S3::Object' && changes.length > MAX_LISTED_OBJECTS) {
    return [`  ${symbol} ${changes.length} objects, such as ${description}`];
  }
  return changes.flatMap((change) => [
    `  ${symbol} ${change.description}`,
    ...change.effects.map((effect) => `      ${effect}`),
  ]);
}

module.exports.describe = describe;
