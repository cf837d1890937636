'use strict';

// Every path inside of aws-sdk v2, such as require('aws-sdk/clients/s3'), ends up here.

const { notIncluded } = require('./not-included');

throw notIncluded('A file inside of aws-sdk');
