'use strict';

// For every rule at least one case: a request that meets it, and the answer; and requests that AWS
// accepts, which have no rule. The form is that of `judge`.

const CASES = [
  ...require('./signature'),
  ...require('./access'),
  ...require('./roles'),
  ...require('./policies'),
  ...require('./configuration'),
  ...require('./code'),
  ...require('./functions'),
  ...require('./aliases'),
  ...require('./invocations'),
  ...require('./tables'),
  ...require('./items'),
  ...require('./backups'),
  ...require('./log-groups'),
  ...require('./log-events'),
  ...require('./queries'),
  ...require('./live-tail'),
  ...require('./tags'),
  ...require('./faults'),
  ...require('./accepted'),
];

module.exports = { CASES };
