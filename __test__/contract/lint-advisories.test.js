'use strict';

// The check of npm's advisories, on reports as `npm audit --json` prints them
// (https://docs.npmjs.com/cli/v11/commands/npm-audit).

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { unaccepted } = require('../../scripts/lint/advisories');
const { devDependencies } = require('../../package.json');

const advisory = (name) => ({
  source: 1,
  name,
  dependency: name,
  title: 'it is slow',
  url: 'https://github.com/advisories/GHSA-0000-0000-0000',
  severity: 'high',
  range: '<2.0.0',
});

const reportOf = (vulnerabilities) => ({ auditReportVersion: 2, vulnerabilities });

test('a report without vulnerabilities is accepted', () => {
  assert.deepEqual(unaccepted(reportOf({})), []);
});

test('an advisory is reported once, with its address, also if others depend on the package', () => {
  const found = unaccepted(
    reportOf({
      prettier: { name: 'prettier', via: [advisory('prettier'), 'fast-uri'] },
      ajv: { name: 'ajv', via: ['fast-uri'] },
      'fast-uri': { name: 'fast-uri', via: [advisory('fast-uri'), advisory('fast-uri')] },
    }),
  );
  assert.equal(found.length, 2);
  assert.match(found[0], /^fast-uri <2\.0\.0: it is slow \(high, https:.*GHSA-0000-0000-0000\)$/);
  assert.match(found[1], /^prettier /);
});

test('packages whose version is the point are accepted, and what depends on them', () => {
  const found = unaccepted(
    reportOf({
      minimatch: { name: 'minimatch', via: [advisory('minimatch')] },
      uuid: { name: 'uuid', via: [advisory('uuid')] },
      'aws-sdk': { name: 'aws-sdk', via: [advisory('aws-sdk'), 'uuid'] },
    }),
  );
  assert.deepEqual(found, []);
  assert.equal(devDependencies.minimatch, '3.1.2');
});
