'use strict';

// The deployments that are disturbed: between them they make nearly every call that a deployment
// can make. Each has a history, which is deployed undisturbed, before the one that counts.

const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { Artifacts } = require('../../support/litexa/context');
const { removeProject } = require('../../support/litexa/project');

const MIB = 1024 * 1024;
const TARGET = 'beta';
const FUNCTION = 'cats_beta_litexa_handler';
const POLICIES = 'arn:aws:iam::aws:policy';

/** Goes up in three parts. */
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
  // Somebody has rolled back.
  behindOurBack: ({ aws }) =>
    aws.lambda(`${FUNCTION}/aliases/release-0`, { method: 'PUT', input: { FunctionVersion: '1' } }),
};
const FIRST_DEDICATED = {
  files: SMALL,
  options: {
    s3Configuration: { publicAccess: 'bucketPolicy' },
    dynamoDbConfiguration: { billingMode: 'PAY_PER_REQUEST' },
    iamConfiguration: { role: 'dedicated', policies: [`${POLICIES}/AmazonSNSFullAccess`] },
  },
};
const CHANGED_DEDICATED = {
  files: {},
  options: {
    s3Configuration: { publicAccess: 'none' },
    lambdaConfiguration: { LoggingConfig: { LogGroup: '/litexa/cats' } },
    dynamoDbConfiguration: {
      billingMode: 'PAY_PER_REQUEST',
      timeToLive: { AttributeName: 'ttl', enable: true },
    },
    iamConfiguration: {
      role: 'dedicated',
      policies: [`${POLICIES}/AmazonSNSFullAccess`, `${POLICIES}/AmazonSQSFullAccess`],
    },
  },
  behindOurBack: ({ aws }) =>
    aws.iam('UpdateAssumeRolePolicy', {
      RoleName: FUNCTION,
      PolicyDocument: JSON.stringify({ Version: '2012-10-17', Statement: [] }),
    }),
};
// More than a request to Lambda holds, so that the package goes through S3.
const STAGED = {
  files: { 'handler.js': handler(1), 'litexa/assets/meow.txt': 'meow' },
  options: { s3Configuration: { publicAccess: 'acl' } },
  dependency: 51 * MIB,
};

/** What a deployment is, and what was deployed before it. */
const SCENARIOS = {
  first: [FIRST],
  changed: [FIRST, CHANGED],
  'first, dedicated role': [FIRST_DEDICATED],
  'changed, dedicated role': [FIRST_DEDICATED, CHANGED_DEDICATED],
  staged: [STAGED],
};

/** A project in a folder of its own, for an account. */
function makeProject(account) {
  const root = fs.mkdtempSync(path.join(os.tmpdir(), 'litexa-sweep-'));
  return {
    root,
    /** Brings project and account to what is to be deployed next. */
    async advance({ files, options, artifacts = {}, dependency, behindOurBack }) {
      for (const [name, content] of Object.entries(files)) put(path.join(root, name), content);
      if (dependency) addDependency(path.join(root, 'litexa'), dependency);
      configure(root, options, account.bucket);
      const store = () => new Artifacts(path.join(root, 'artifacts.json'), TARGET);
      for (const [key, value] of Object.entries(artifacts)) store().save(key, value);
      await behindOurBack?.(account);
    },
    remove: () => removeProject(root),
  };
}

function put(file, content) {
  if (content === null) return fs.rmSync(file);
  fs.mkdirSync(path.dirname(file), { recursive: true });
  return fs.writeFileSync(file, content);
}

/** Bytes that do not get smaller, the same ones each time. */
function addDependency(litexa, size) {
  const { createCipheriv } = require('node:crypto');
  const noise = createCipheriv('aes-128-ctr', Buffer.alloc(16), Buffer.alloc(16));
  put(path.join(litexa, 'package.json'), '{"dependencies":{"noise":"1.0.0"}}');
  put(path.join(litexa, 'node_modules/noise/package.json'), '{"name":"noise","version":"1.0.0"}');
  put(path.join(litexa, 'node_modules/noise/noise.bin'), noise.update(Buffer.alloc(size)));
}

function configure(root, options, bucketName) {
  const s3Configuration = { bucketName, ...options.s3Configuration };
  const target = { module: '@litexa/deploy-aws', ...options, s3Configuration };
  const config = { name: 'cats', deployments: { [TARGET]: target } };
  put(path.join(root, 'litexa.config.json'), JSON.stringify(config));
}

module.exports = { SCENARIOS, makeProject, TARGET };
