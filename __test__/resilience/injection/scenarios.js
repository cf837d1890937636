'use strict';

// The deployments and commands to disturb. Together they make nearly every call that the module can make
// to change something. The steps of a scenario are made in order; only the last one is disturbed.

const { createCipheriv } = require('node:crypto');
const fs = require('node:fs');
const path = require('node:path');
const { buildProject } = require('../../support/litexa/project');

const MIB = 1024 * 1024;
const TARGET = 'beta';
const FUNCTION = 'cats_beta_litexa_handler';
const POLICIES = 'arn:aws:iam::aws:policy';

/** A file that is uploaded in three parts. */
const film = (letter) => Buffer.alloc(17 * MIB, letter);
const handler = (answer) =>
  `exports.handler = (event, context, callback) => callback(null, ${answer});\n`;
const rules = (seconds) => [
  { filter: ['*.txt'], params: { CacheControl: `max-age=${seconds}`, Metadata: { cut: 'final' } } },
];

const SMALL = { 'handler.js': handler(1), 'litexa/assets/meow.txt': 'meow' };
const FIRST = {
  files: { ...SMALL, 'litexa/assets/purr.txt': 'purr', 'litexa/assets/film.mp4': film('a') },
  options: {
    s3Configuration: { publicAccess: 'acl', deleteRemovedAssets: true, uploadParams: rules(60) },
    lambdaConfiguration: { MemorySize: 128, keepVersions: 1 },
    dynamoDbConfiguration: { timeToLive: { AttributeName: 'ttl', secondsToLive: 3600 } },
  },
};
const CHANGED = {
  files: {
    'handler.js': handler(2),
    'litexa/assets/meow.txt': 'meow, meow',
    'litexa/assets/purr.txt': null,
    'litexa/assets/film.mp4': film('b'),
  },
  options: {
    ...FIRST.options,
    s3Configuration: { ...FIRST.options.s3Configuration, uploadParams: rules(600) },
    lambdaConfiguration: { MemorySize: 256, keepVersions: 1 },
  },
  artifacts: { skillId: 'amzn1.ask.skill.cats' },
  // The deployment after the one that ends a roll-back deletes the version that was rolled back to.
  deploymentsToSettle: 2,
  // A roll-back.
  outOfBandChange: ({ client }) =>
    client.lambda(`${FUNCTION}/aliases/release-0`, {
      method: 'PUT',
      input: { FunctionVersion: '1' },
    }),
};
// The endpoint points to the version that is published, so that nothing is live before the end.
const atPublishedVersion = (answer, MemorySize) => ({
  files: { ...SMALL, 'handler.js': handler(answer) },
  options: { lambdaConfiguration: { endpointVersion: 'published', MemorySize } },
});
const FIRST_DEDICATED = {
  files: SMALL,
  options: {
    tags: { team: 'voice' },
    s3Configuration: { publicAccess: 'bucketPolicy' },
    dynamoDbConfiguration: {
      billingMode: 'PAY_PER_REQUEST',
      deletionProtection: true,
      pointInTimeRecovery: true,
    },
    iamConfiguration: { role: 'dedicated', policies: [`${POLICIES}/AmazonSNSFullAccess`] },
  },
};
const CHANGED_DEDICATED = {
  files: {},
  options: {
    tags: { team: 'audio' },
    s3Configuration: { publicAccess: 'none' },
    lambdaConfiguration: { LoggingConfig: { LogGroup: '/litexa/cats' } },
    dynamoDbConfiguration: {
      billingMode: 'PAY_PER_REQUEST',
      deletionProtection: false,
      pointInTimeRecovery: false,
      timeToLive: { AttributeName: 'ttl', enable: true },
    },
    iamConfiguration: {
      role: 'dedicated',
      policies: [`${POLICIES}/AmazonSNSFullAccess`, `${POLICIES}/AmazonSQSFullAccess`],
      permissionsBoundary: `${POLICIES}/AdministratorAccess`,
    },
  },
  outOfBandChange: ({ client }) =>
    client.iam('UpdateAssumeRolePolicy', {
      RoleName: FUNCTION,
      PolicyDocument: JSON.stringify({ Version: '2012-10-17', Statement: [] }),
    }),
};
// A package that is too large for a request to Lambda, so that it is uploaded to S3.
const STAGED = {
  files: { 'handler.js': handler(1), 'litexa/assets/meow.txt': 'meow' },
  options: { s3Configuration: { publicAccess: 'acl' } },
  dependencyBytes: 51 * MIB,
};

// Removes a target with an incomplete upload.
const REMOVED = {
  command: { name: 'remove', table: true },
  outOfBandChange: ({ client, bucket }) =>
    client.s3('POST', `/${bucket}/cats/beta/default/film.mp4?uploads`),
};

// The endpoint serves the newest code of two versions, then the older one, and the newest one again.
const answering = (answer) => ({ files: { ...SMALL, 'handler.js': handler(answer) }, options: {} });
const ROLLED_BACK = { command: { name: 'rollback', version: 1 } };
const UNDONE = { command: { name: 'rollback', undo: true } };

// Requests to a handler that writes an item for each device.
const REMEMBERING = {
  files: {
    ...SMALL,
    'handler.js': fs.readFileSync(path.join(__dirname, 'remembering-handler.js'), 'utf8'),
  },
  options: {},
};
const invoked = (input, keep) => ({
  command: { name: 'invoke', input, locale: 'en-US', keep },
});
const LAUNCH = { type: 'launch' };
const INTENT = { type: 'intent', name: 'Next' };

const SCENARIOS = {
  first: [FIRST],
  changed: [FIRST, CHANGED],
  'changed, published version': [atPublishedVersion(1, 128), atPublishedVersion(2, 256)],
  'first, dedicated role': [FIRST_DEDICATED],
  'changed, dedicated role': [FIRST_DEDICATED, CHANGED_DEDICATED],
  staged: [STAGED],
  removed: [FIRST_DEDICATED, REMOVED],
  'rolled back': [answering(1), answering(2), ROLLED_BACK],
  'rolled back, undone': [answering(1), answering(2), ROLLED_BACK, UNDONE],
  invoked: [REMEMBERING, invoked(LAUNCH, false)],
  'invoked, kept session': [REMEMBERING, invoked(LAUNCH, true), invoked(INTENT, true)],
};

/** The scenarios whose last step is a deployment. */
const DEPLOYMENTS = Object.keys(SCENARIOS).filter((name) => !SCENARIOS[name].at(-1).command);

/** Creates a project for an account. `advance` changes both to the state before the next deployment. */
function createScenarioProject(account) {
  const project = buildProject({ target: TARGET });
  return {
    ...project,
    async advance({ files = {}, options, artifacts = {}, dependencyBytes, outOfBandChange }) {
      for (const [name, content] of Object.entries(files)) project.write(name, content);
      if (dependencyBytes) addDependency(project, dependencyBytes);
      const s3Configuration = { bucketName: account.bucket, ...options?.s3Configuration };
      if (options) project.configure({ [TARGET]: { ...options, s3Configuration } });
      for (const [key, value] of Object.entries(artifacts)) project.saveArtifact(key, value);
      await outOfBandChange?.(account);
    },
  };
}

/** Adds a dependency of bytes that cannot be compressed, and are the same each time. */
function addDependency(project, size) {
  const noise = createCipheriv('aes-128-ctr', Buffer.alloc(16), Buffer.alloc(16));
  project.installPackage('noise/package.json', '{"name":"noise","version":"1.0.0"}');
  project.installPackage('noise/noise.bin', noise.update(Buffer.alloc(size)));
  project.write('litexa/package.json', '{"dependencies":{"noise":"1.0.0"}}');
}

module.exports = { DEPLOYMENTS, SCENARIOS, createScenarioProject, TARGET };
