'use strict';

// Every file of a project is accepted, or is an error that names it, whatever its content and type.

const { testTable } = require('./harness');

testTable(require.resolve('./files.cases'));
