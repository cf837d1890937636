'use strict';

// Whatever is passed to the module, it answers with an error that names the place, or does its work.

const { testTable } = require('./harness');

testTable(require.resolve('./context.cases'));
