'use strict';

// Every path inside aws-sdk v2, such as require('aws-sdk/clients/s3'), resolves to this file.

const { unsupported } = require('./unsupported');

throw unsupported('A file inside aws-sdk');
