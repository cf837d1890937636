'use strict';

const { operate } = require('../lib/module');
const { shortTime, table } = require('../lib/table');

/** The characters of a digest that are shown. */
const SHORT_DIGEST = 8;

module.exports = {
  summary: 'lists the published versions of the function, and what points to them',
  usage: 'versions [-d <target>]',
  notes: [
    'A version whose code is that of $LATEST, which was deployed last, has a * after the code.',
  ],
  lines: 'verbose',
  run: (io, context) => operate(context, { name: 'versions' }, io.logger),
  print({ function: name, versions, latestCodeSha256, latestAliases }) {
    const latest = {
      version: '$LATEST',
      date: '',
      description: '',
      codeSha256: latestCodeSha256,
      runtime: '',
      aliases: latestAliases,
      hasLatestCode: true,
    };
    const rows = [latest, ...versions].map((version) => [
      String(version.version),
      version.date && shortTime(version.date),
      version.runtime,
      `${version.codeSha256.slice(0, SHORT_DIGEST)}${version.hasLatestCode ? '*' : ''}`,
      version.aliases.map(aliasText).join(', '),
      version.description.replaceAll(/\s+/g, ' '),
    ]);
    const head = ['version', 'date (UTC)', 'runtime', 'code', 'aliases', 'description'];
    const none = versions.length === 0 ? [`${name} has not published a version`] : [];
    return [...table(head, rows), ...none].join('\n');
  },
};

const aliasText = ({ name, share }) =>
  share < 1 ? `${name} (${Math.round(share * 100)} %)` : name;
