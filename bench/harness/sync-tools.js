'use strict';

// Those that bring a folder of assets to a bucket, each to a bucket of its own, so that they can
// take turns.

const fs = require('node:fs');
const path = require('node:path');
const { NAME, forgetDeployments, makeProject } = require('../fixtures');
const { keyOf } = require('../fake-aws/start');

const PREFIX = `${NAME}/development/default/`;

/** What reads only; all other operations change something. */
const READS = /^(Get|Head|List|Describe|Filter)/;

/**
 * @param {object} bench
 * @param {string} assets a folder
 * @param {{only?: string[]}} [which] names of sides; all that are there otherwise
 */
function syncers(bench, assets, { only } = {}) {
  const { sink, peers } = bench;
  const has = (name) => peers.some((peer) => peer.name === name && peer.version);
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
        ...[assets, `sink:${bucketOf('rclone')}/${PREFIX}`],
      ],
      env: rcloneEnvironment(sink),
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
      env: sink.env(side.name),
      bucket: bucketOf(side.name),
      forget() {},
      ...side,
      after: async (run) => ({ ...(await traces(sink, side.name)), ...(await side.after?.(run)) }),
    }));
}

/** What the sink has seen of a run. */
async function traces(sink, name) {
  const cpu = await sink.cpu();
  const asked = await sink.asked();
  await sink.forget();
  const unknown = asked.find(({ status }) => status === 501);
  if (unknown)
    throw new Error(`${name} asked for what the sink does not know: ${unknown.operation}`);
  const writes = asked.filter(({ operation }) => !READS.test(operation));
  return {
    sink: cpu,
    requests: asked.length,
    listed: asked.filter(({ operation }) => operation === 'ListObjectsV2').length,
    writes: writes.length,
    written: writes.map(({ operation, pathname }) => `${operation} ${pathname}`),
    contents: await sink.contents(bucketOf(name)),
  };
}

function bucketOf(side) {
  return `bench-${side.replace(/\W+/g, '-')}`;
}

function rcloneEnvironment(sink) {
  return {
    ...sink.env('rclone'),
    RCLONE_CONFIG: '/dev/null',
    RCLONE_CONFIG_SINK_TYPE: 's3',
    RCLONE_CONFIG_SINK_PROVIDER: 'Minio', // with 'AWS' it looks for the bucket's own host name
    RCLONE_CONFIG_SINK_LIST_VERSION: '2',
    RCLONE_CONFIG_SINK_ENV_AUTH: 'true',
    RCLONE_CONFIG_SINK_REGION: 'us-east-1',
    RCLONE_CONFIG_SINK_ENDPOINT: sink.endpoint,
    RCLONE_CONFIG_SINK_ACL: 'public-read',
    RCLONE_CONFIG_SINK_NO_CHECK_BUCKET: 'true',
  };
}

/** A deployment module, in a project whose assets are the given ones. */
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
    forget: () => forgetDeployments(project),
    after: ({ stdout }) => told(stdout),
  };
}

/** A new project for a module; 0.9.0 finds the sink by a file only. */
function moduleProject(bench, name, { bucket }) {
  const root = fs.mkdtempSync(path.join(bench.folder, 'project-'));
  makeProject(root, { target: { s3Configuration: { bucketName: bucket } } });
  if (name !== '0.9.0') return root;
  const development = {
    accessKeyId: keyOf(name),
    secretAccessKey: 'a-secret-of-the-sink',
    region: 'us-east-1',
    endpoint: bench.sink.endpoint,
    s3ForcePathStyle: true,
  };
  fs.writeFileSync(path.join(root, 'aws-config.json'), JSON.stringify({ development }));
  return root;
}

function runModule(what) {
  return [process.execPath, path.join(__dirname, 'run-module.js'), JSON.stringify(what)];
}

/** What run-module.js says of itself in its last line. */
function told(stdout) {
  return JSON.parse(fs.readFileSync(stdout, 'utf8').trim().split('\n').at(-1));
}

/** Throws unless all sides have left the same. */
function requireSame(results) {
  const [first] = results;
  const seen = (result) => JSON.stringify(result.runs.map(({ contents }) => contents)[0]);
  for (const result of results) {
    for (const { contents } of result.runs) {
      if (contents.digest !== first.runs[0].contents.digest) {
        throw new Error(`${result.name} left ${seen(result)}, and ${first.name} ${seen(first)}`);
      }
    }
  }
  return first.runs[0].contents;
}

module.exports = { syncers, moduleProject, runModule, told, requireSame, bucketOf, traces };
