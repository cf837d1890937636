'use strict';

// The strict servers with their rules and cases.

/** `{title, documentation, start, RULES, CASES}` by name; `start` starts a server. */
const SUITES = {
  s3: {
    title: 'The strict S3',
    documentation: 'strict-s3.md',
    start: require('../strict-s3/server').startStrictS3,
    RULES: require('../strict-s3/rules').RULES,
    CASES: require('../strict-s3/cases').CASES,
  },
  aws: {
    title: 'The strict AWS',
    documentation: 'strict-aws.md',
    start: require('../strict-aws/server').startStrictAws,
    RULES: require('../strict-aws/rules').RULES,
    CASES: require('../strict-aws/cases').CASES,
  },
};

module.exports = { SUITES };
