'use strict';

// Writes the help of the executable and of its commands.

const { COMMON_OPTIONS } = require('./arguments');

const PROGRAM = 'litexa-deploy-aws';
const MANUAL = 'docs/operating.md';

/** Returns the help of the executable. */
function generalHelp(commands) {
  const rows = Object.entries(commands).map(([name, { summary }]) => [name, summary]);
  return [
    `usage: ${PROGRAM} <command> [-d <target>] [options]`,
    '',
    'Operates a Litexa skill on AWS, in the folder of its project.',
    '',
    ...table(rows),
    '',
    `${PROGRAM} <command> --help shows the options of a command; ${MANUAL} describes them.`,
    'Exit codes: 0 done, 1 failed, 2 wrong usage, 130 ended by Ctrl-C.',
  ].join('\n');
}

/** Returns the help of a command. */
function commandHelp(name, { summary, usage, options = {}, notes = [] }) {
  return [
    `usage: ${PROGRAM} ${usage ?? name}`,
    '',
    `${name}: ${summary}`,
    '',
    ...table(Object.entries({ ...options, ...COMMON_OPTIONS }).map(optionRow)),
    ...notes.flatMap((note) => ['', note]),
  ].join('\n');
}

function optionRow([name, { short, value, description }]) {
  const start = short ? `-${short}, --${name}` : `--${name}`;
  return [value ? `${start} <${value}>` : start, description];
}

function table(rows) {
  const width = Math.max(...rows.map(([first]) => first.length));
  return rows.map(([first, second]) => `  ${first.padEnd(width)}  ${second}`);
}

module.exports = { PROGRAM, commandHelp, generalHelp };
