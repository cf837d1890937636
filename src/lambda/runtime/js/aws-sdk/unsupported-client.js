'use strict';

// Every path inside aws-sdk v2 that the shim does not have resolves to this file, such as
// require('aws-sdk/clients/s3').

const { unsupportedClass } = require('./unsupported');

module.exports = unsupportedClass('A file inside aws-sdk');
