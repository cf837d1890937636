'use strict';

// Every argument of the module is accepted, or is an error that names the invalid field.

const { testTable } = require('./harness');

testTable(require.resolve('./context.cases'));
