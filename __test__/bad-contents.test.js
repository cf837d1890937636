'use strict';

// No asset and no installed package does worse than an error that names it.
// `MANY_FILES=100000 node --test __test__/bad-contents.test.js` packs as many files, and not 20,000.

const { testTable } = require('./support/bad-input');

testTable(require.resolve('./support/bad-contents'));
