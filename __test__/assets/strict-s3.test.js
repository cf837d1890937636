'use strict';

// The strict S3 that other tests deploy to: each of its rules holds, and does nothing when it is
// switched off.

const { declareRuleTests } = require('../support/aws/rules/declare-tests');
const { SUITES } = require('../support/aws/rules/suites');

declareRuleTests(SUITES.s3);
