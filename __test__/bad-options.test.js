'use strict';

// No value of an option, whatever it is, gets further than an error that names the option.

const { testTable } = require('./support/bad-input');

testTable(require.resolve('./support/bad-options'));
