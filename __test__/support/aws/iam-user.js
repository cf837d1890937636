'use strict';

// Creates IAM users with a policy, and signs in as one.

const fs = require('node:fs');
const path = require('node:path');
const { useEnvironment } = require('../environment');
const { element } = require('../xml');

const DOCS = path.join(__dirname, '..', '..', '..', 'docs');

/** The policies of those who deploy: the one that all need, and the one for options. */
const POLICIES = ['iam-policy.json', 'iam-options-policy.json'].map((name) =>
  path.join(DOCS, name),
);

/** Returns the statements of both. */
function documentedStatements() {
  return POLICIES.flatMap((file) => JSON.parse(fs.readFileSync(file, 'utf8')).Statement);
}

/**
 * Creates an IAM user that may do what the statements allow.
 *
 * @returns {Promise<{accessKeyId: string, secretAccessKey: string}>}
 */
async function createUser(client, Statement, UserName = 'deployer') {
  const PolicyDocument = JSON.stringify({ Version: '2012-10-17', Statement });
  await client.iam('CreateUser', { UserName });
  await client.iam('PutUserPolicy', { UserName, PolicyName: 'deploy', PolicyDocument });
  const xml = await client.iam('CreateAccessKey', { UserName });
  return {
    accessKeyId: element(xml, 'AccessKeyId'),
    secretAccessKey: element(xml, 'SecretAccessKey'),
  };
}

/**
 * Creates an IAM user with the documented policy and signs in as that user until the test's end.
 *
 * @param {object} t the test
 * @param {{client: object, env: object}} aws an emulator that enforces IAM policies
 * @param {object} [how]
 * @param {string} [how.bucket] replaces the policy's `myBucketName`
 * @param {(statement: object) => boolean} [how.isWanted] selects statements
 * @param {(statement: object) => object} [how.asSupported] removes the parts of a statement that the
 *   emulator does not support
 */
async function signInAsDeployer(t, { client, env }, how = {}) {
  const { bucket = 'cats-assets', isWanted = () => true, asSupported = (one) => one } = how;
  const text = JSON.stringify(documentedStatements().filter(isWanted).map(asSupported))
    .replaceAll('myAccountId', '123456789012')
    .replaceAll('myBucketName', bucket);
  const { accessKeyId, secretAccessKey } = await createUser(client, JSON.parse(text));
  t.after(
    useEnvironment({
      ...env,
      AWS_ACCESS_KEY_ID: accessKeyId,
      AWS_SECRET_ACCESS_KEY: secretAccessKey,
    }),
  );
}

module.exports = { createUser, documentedStatements, signInAsDeployer };
