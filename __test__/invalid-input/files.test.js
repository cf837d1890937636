'use strict';

// No file of a project, whatever is in it or in its place, does worse than an error that names it.

const { testTable } = require('./harness');

testTable(require.resolve('./files.cases'));
