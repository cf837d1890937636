'use strict';

// The journal of a package in S3 may come from someone else with the project's files: only packages of
// the target's own function are deleted.

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { assertMentions } = require('../support/assertions');
const { useAws } = require('../support/aws/use-aws');
const { createProject, NAMES } = require('../support/litexa/project');

const aws = useAws();

const JOURNAL = '.deploy/beta/staged-package.json';
const DIGEST = `${'a'.repeat(43)}-`;
const OWN = `.litexa-deploy-aws/${NAMES.function}-${DIGEST}.zip`;

for (const [bucket, key, isDeleted] of [
  ['cats-assets', OWN, true],
  ['cats-assets', 'cats/beta/default/meow.mp3', false],
  ['cats-assets', `.litexa-deploy-aws/dogs_beta_litexa_handler-${DIGEST}.zip`, false],
  ['dogs-assets', 'x.zip', false],
]) {
  test(`a journal of a staged package ${isDeleted ? 'deletes' : 'does not delete'} ${bucket}/${key}`, async (t) => {
    await aws.client.createBucket(bucket);
    await aws.client.putObject(bucket, key, 'zip');
    const project = createProject(t);
    project.write(JOURNAL, JSON.stringify({ bucket, region: 'us-east-1', key }));
    const { logger } = await project.deployHandler();
    assert.deepEqual(await aws.client.listObjects(bucket), isDeleted ? [] : [key]);
    if (!isDeleted) assertMentions(logger.lines('warning').join('\n'), key, NAMES.function);

    aws.clearRequests();
    const next = await project.deployHandler();
    assert.equal(aws.count('DeleteObject'), 0);
    assert.ok(!next.logger.lines('warning').some((line) => line.includes(key)));
  });
}
