'use strict';

// Answers lists page by page.

const { AwsError } = require('../errors');

const RULES = [
  {
    name: 'iam-pages',
    rule: 'Lists of IAM come in pages of MaxItems, 100 unless given, with IsTruncated and a Marker for the next one.',
    source: 'https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListAttachedRolePolicies.html',
    apply({ input, server }, entries) {
      const max = Number(input.MaxItems ?? server.iamPageSize ?? 100);
      const start = input.Marker ? Number(Buffer.from(input.Marker, 'base64')) : 0;
      if (!Number.isInteger(start)) {
        throw new AwsError(400, 'ValidationError', `Invalid Marker ${input.Marker}.`);
      }
      const end = start + max;
      const isTruncated = end < entries.length;
      const Marker = isTruncated ? Buffer.from(String(end)).toString('base64') : undefined;
      return { entries: entries.slice(start, end), IsTruncated: isTruncated, Marker };
    },
  },
];

/** Returns a page of a list as the fields of an answer. */
function page(call, name, all) {
  const whole = { entries: all, IsTruncated: false };
  const { entries, ...others } = call.rule('iam-pages', all) ?? whole;
  return { [name]: entries, ...others };
}

module.exports = { page, RULES };
