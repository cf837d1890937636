'use strict';

// Every value of an option is accepted, or is an error that names the option.

const { testTable } = require('./harness');

testTable(require.resolve('./options.cases'));
