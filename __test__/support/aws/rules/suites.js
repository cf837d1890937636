'use strict';

// The strict servers with their rules and cases.

/** `{title, start, RULES, CASES}` by name; `start` starts a server. */
const SUITES = {
  s3: {
    title: 'The strict S3',
    start: require('../strict-s3/server').startStrictS3,
    RULES: require('../strict-s3/rules').RULES,
    CASES: require('../strict-s3/cases').CASES,
  },
  aws: {
    title: 'The strict AWS',
    start: require('../strict-aws/server').startStrictAws,
    RULES: require('../strict-aws/rules').RULES,
    CASES: require('../strict-aws/cases').CASES,
  },
};

module.exports = { SUITES };
