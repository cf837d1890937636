'use strict';

// Assertions on messages and log lines. Their wording may change, so tests check which keys, files,
// resources and IAM actions they name, and the messages of AWS that they contain.

const assert = require('node:assert/strict');

const IAM_ACTION = /\b(?:cloudwatch|dynamodb|iam|lambda|logs|s3):[A-Z]\w+/;

/** Fails unless `text` contains each part: a string literally, a regular expression by a match. */
function assertMentions(text, ...parts) {
  for (const part of parts) {
    const isThere = part instanceof RegExp ? part.test(text) : text.includes(part);
    assert.ok(isThere, `${part} is missing in: ${text}`);
  }
}

/** Matches a hint to allow an IAM action. */
const hintFor = (action) => new RegExp(`\\b(?:allow|grant)\\b.*\\b${action}\\b`, 'i');

/** Whether a line reports a missing permission. */
const isDenial = (line) => line.includes('AccessDenied') || IAM_ACTION.test(line);

module.exports = { assertMentions, hintFor, isDenial };
