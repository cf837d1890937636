'use strict';

const { operate } = require('../lib/module');

module.exports = {
  summary: 'lists the published versions of the function, and what points to them',
  usage: 'versions [-d <target>]',
  lines: 'verbose',
  run: (io, context) => operate(context, { name: 'versions' }, io.logger),
  print: ({ versions }) => versions.join('\n') || 'no version was published yet',
};
