'use strict';

// For every rule at least one case: a request that meets it, and the answer; and requests that S3
// accepts, which have no rule. A case is `{rule?, title, options?, given?, request, answer}`: `options`
// of the server, `given(server)` prepares it, `request(server)` resolves to the answer that is judged.

const CASES = [
  ...require('./signature'),
  ...require('./content'),
  ...require('./access'),
  ...require('./buckets'),
  ...require('./objects'),
  ...require('./multipart'),
  ...require('./listing'),
  ...require('./versions'),
  ...require('./answers'),
  ...require('./faults'),
  ...require('./accepted'),
  ...require('./accepted-reads'),
];

module.exports = { CASES };
