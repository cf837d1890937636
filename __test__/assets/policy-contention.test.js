'use strict';

// Many targets add their statement to the policy of one bucket at the same time. S3 replaces a policy as
// a whole, and does not detect concurrent edits.

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { ACCOUNT } = require('../support/aws/strict-s3/server');
const { openStrictS3 } = require('../support/aws/use-strict-s3');
const { setVariables } = require('../support/environment');
const { createAssetProject, BUCKET } = require('../support/litexa/project');

const TARGETS = Array.from({ length: 32 }, (_, i) => `target${i}`);

for (const title of ['that exists', 'whose answers are slow']) {
  test(`32 targets at once all keep their statement in the policy of a bucket ${title}, without a warning`, async (t) => {
    const s3 = await openStrictS3(t);
    // On a slow machine, the account of 32 deployments takes longer than they wait for it.
    setVariables(t, { AWS_ACCOUNT_ID: ACCOUNT });
    s3.createBucket(BUCKET);
    if (title !== 'that exists') {
      let number = 0;
      const isOdd = () => number++ % 2 === 1;
      const fault = { kind: 'answer-slow', ms: 300, times: Infinity, when: isOdd };
      s3.addFault({ ...fault, operation: ['GetBucketPolicy', 'PutBucketPolicy'] });
    }
    const deployments = TARGETS.map(async (target) => {
      const project = createAssetProject(t, { 'default/meow.mp3': 'meow' });
      project.configureS3({ publicAccess: 'bucketPolicy' }, {}, target);
      return (await project.deployAssets({ target })).lines('warning');
    });
    assert.deepEqual((await Promise.all(deployments)).flat(), []);
    const { Statement } = JSON.parse(s3.buckets.get(BUCKET).policy);
    assert.deepEqual(
      Statement.map(({ Resource }) => Resource).sort(),
      TARGETS.map((target) => `arn:aws:s3:::${BUCKET}/cats/${target}/*`).sort(),
    );
  });
}
