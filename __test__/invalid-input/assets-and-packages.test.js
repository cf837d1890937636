'use strict';

// Every asset and every installed package is deployed, or is an error that names it.
// `MANY_FILES=100000` in the environment packages that many files instead of 20,000.

const { testTable } = require('./harness');

testTable(require.resolve('./assets-and-packages.cases'));
