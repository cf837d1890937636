'use strict';

// No asset and no installed package does worse than an error that names it.
// `MANY_FILES=100000 node --test __test__/invalid-input/assets-and-packages.test.js` packs as many files, and not 20,000.

const { testTable } = require('./harness');

testTable(require.resolve('./assets-and-packages.cases'));
