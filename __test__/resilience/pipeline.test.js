'use strict';

// A pipeline: each run checks the project out anew, has no file of an earlier run but the committed
// artifacts, and signs in with the web identity of its job.

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { test } = require('node:test');
const { useAws } = require('../support/aws/use-aws');
const { deployInChild } = require('../support/litexa/deploy-child');
const { createProject } = require('../support/litexa/project');
const { tempDir } = require('../support/tmp');

const aws = useAws({ keepState: true });

/** A large file, during whose upload progress might be reported. */
const FILM = Buffer.alloc(40 * 1024 * 1024, 'film');

/** Opens an account in which a job's token is worth credentials. */
async function openAccount(t) {
  const account = await aws.openAccount(t);
  account.intercept(({ operation }) => {
    if (operation !== 'AssumeRoleWithWebIdentity') return undefined;
    return { status: 200, headers: { 'content-type': 'text/xml' }, body: credentials(account) };
  });
  return account;
}

const credentials = ({
  id,
}) => `<AssumeRoleWithWebIdentityResponse><AssumeRoleWithWebIdentityResult>
  <Credentials><AccessKeyId>${id}</AccessKeyId><SecretAccessKey>secret</SecretAccessKey>
  <SessionToken>session</SessionToken><Expiration>2126-01-01T00:00:00Z</Expiration></Credentials>
  </AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>`;

/** Starts a job: checks the project out, with the committed artifacts, and deploys it. */
function startJob(t, account, artifacts) {
  const project = createProject(t);
  project.configure({ beta: { s3Configuration: { bucketName: account.bucket } } });
  project.write('handler.js', 'exports.handler = async () => 1;\n');
  project.write('litexa/assets/meow.txt', 'meow');
  project.write('litexa/assets/film.mp4', FILM);
  if (artifacts) project.write('artifacts.json', artifacts);
  const token = path.join(tempDir(t), 'token');
  fs.writeFileSync(token, 'the token of the job');
  const { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, ...settings } = account.env;
  const job = {
    CI: 'true',
    AWS_WEB_IDENTITY_TOKEN_FILE: token,
    AWS_ROLE_ARN: `arn:aws:iam::${account.id}:role/ci`,
  };
  const { done } = deployInChild({ projectRoot: project.root, env: { ...settings, ...job } });
  return { done, artifacts: () => fs.readFileSync(project.path('artifacts.json'), 'utf8') };
}

async function outcomeOf({ done, artifacts }) {
  const { exit, error, lines, changes, stderr } = await done;
  assert.equal(exit, 0, error?.message ?? stderr);
  return { lines: lines.map(({ line }) => line), changes, artifacts: artifacts() };
}

test('the second run of a pipeline changes nothing, and no line is rewritten', async (t) => {
  const account = await openAccount(t);
  const first = await outcomeOf(startJob(t, account));
  assert.ok(account.count('AssumeRoleWithWebIdentity') > 0);
  assert.doesNotMatch(first.lines.join(''), /[\r\x1b]/);

  account.clearRequests();
  const second = await outcomeOf(startJob(t, account, first.artifacts));
  assert.deepEqual(account.writes(), []);
  assert.deepEqual(second.changes, []);
  assert.equal(second.artifacts, first.artifacts);
});

test('two concurrent runs of a pipeline succeed, and the next one changes nothing', async (t) => {
  const account = await openAccount(t);
  const runs = [startJob(t, account), startJob(t, account)];
  const [{ artifacts }, other] = await Promise.all(runs.map(outcomeOf));
  assert.deepEqual(JSON.parse(other.artifacts), JSON.parse(artifacts));

  account.clearRequests();
  await outcomeOf(startJob(t, account, artifacts));
  assert.deepEqual(account.writes(), []);
});
