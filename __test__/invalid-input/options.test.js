'use strict';

// No value of an option, whatever it is, gets further than an error that names the option.

const { testTable } = require('./harness');

testTable(require.resolve('./options.cases'));
