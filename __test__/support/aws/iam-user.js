'use strict';

// Somebody who may do what docs/iam-policy.json says, and nothing else.

const fs = require('node:fs');
const path = require('node:path');
const { useEnvironment } = require('./emulator');

const POLICY = path.join(__dirname, '..', '..', '..', 'docs', 'iam-policy.json');

/**
 * Makes an IAM user with the policy and signs in as that user until the test's end.
 *
 * @param {object} t the test
 * @param {{aws: object, env: object}} cloud an emulator that judges what IAM users may do
 * @param {object} [how]
 * @param {string} [how.bucket] stands for the policy's `myBucketName`
 * @param {(statement: object) => boolean} [how.isWanted] chooses statements
 * @param {(statement: object) => object} [how.judged] what of a statement the emulator understands
 */
async function signInDeployer(t, { aws, env }, how = {}) {
  const { bucket = 'cats-assets', isWanted = () => true, judged = (statement) => statement } = how;
  const text = fs.readFileSync(POLICY, 'utf8').replaceAll('myAccountId', '123456789012');
  const policy = JSON.parse(text.replaceAll('myBucketName', bucket));
  const Statement = policy.Statement.filter(isWanted).map(judged);
  const PolicyDocument = JSON.stringify({ ...policy, Statement });
  const UserName = 'deployer';
  await aws.iam('CreateUser', { UserName });
  await aws.iam('PutUserPolicy', { UserName, PolicyName: 'deploy', PolicyDocument });
  const xml = await aws.iam('CreateAccessKey', { UserName });
  const field = (name) => new RegExp(`<${name}>([^<]*)<`).exec(xml)[1];
  t.after(
    useEnvironment({
      ...env,
      AWS_ACCESS_KEY_ID: field('AccessKeyId'),
      AWS_SECRET_ACCESS_KEY: field('SecretAccessKey'),
    }),
  );
}

module.exports = { signInDeployer };
