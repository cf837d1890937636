'use strict';

const { md5 } = require('../checksums');
const { ask } = require('../client');

const put = (server, key, body = '') => ask(server, 'PUT', `/films/${key}`, { body });
const remove = (server, path, options) => ask(server, 'DELETE', `/films/${path}`, options);
const list =
  (query = '') =>
  (server) =>
    ask(server, 'GET', `/films?versions${query}`);

/** Returns the IDs of the versions of a key, the oldest first. */
const idsOf = ({ buckets }, key) =>
  buckets
    .get('films')
    .versions.filter((one) => one.key === key)
    .map(({ versionId }) => versionId);

/** A bucket with two versions of `a`, and one of `b`. */
async function withVersions(server) {
  server.createBucket('films', { isVersioned: true });
  await put(server, 'a', 'one');
  await put(server, 'a', 'second');
  await put(server, 'b');
}

function deleteVersions(server, versions) {
  const objects = versions.map(
    ([key, id]) => `<Object><Key>${key}</Key><VersionId>${id}</VersionId></Object>`,
  );
  const body = `<Delete>${objects.join('')}</Delete>`;
  const headers = { 'content-md5': md5(body).digest('base64') };
  return ask(server, 'POST', '/films?delete', { headers, body });
}

const allowing = (...Action) => ({
  AKIAOWNER: {
    secret: 'secret',
    account: '123456789012',
    arn: 'arn:aws:iam::123456789012:user/owner',
    policy: {
      Version: '2012-10-17',
      Statement: [{ Effect: 'Allow', Action, Resource: '*' }],
    },
  },
});

const numbered = Array.from({ length: 1001 }, (_, index) => String(index).padStart(4, '0'));

module.exports = [
  {
    rule: 'order-of-versions',
    title: 'a key with two versions',
    given: withVersions,
    request: list(),
    answer: {
      status: 200,
      body: /<Key>a<.*<IsLatest>true<.*<Size>6<.*<Key>a<.*<IsLatest>false<.*<Size>3<.*<Key>b</,
    },
  },
  {
    rule: 'order-of-versions',
    title: 'the versions after the newest one of a key',
    given: withVersions,
    request: (server) => list(`&key-marker=a&version-id-marker=${idsOf(server, 'a')[1]}`)(server),
    answer: { status: 200, body: /<\/IsTruncated><Version><Key>a<.*<Size>3<.*<Key>b</ },
  },
  {
    rule: 'page-size',
    title: 'a page of 1,001 versions',
    given: (server) => {
      const bucket = server.createBucket('films');
      const version = { body: '', etag: 'd41d8', lastModified: 0, storageClass: 'STANDARD' };
      bucket.versions = numbered.map((key) => ({ ...version, key }));
    },
    request: list('&max-keys=2000'),
    answer: {
      status: 200,
      body: /<NextKeyMarker>0999<.*<NextVersionIdMarker>null<.*<IsTruncated>true</,
    },
  },
  {
    title: 'what was stored before the bucket had versions, and a delete marker',
    given: async (server) => {
      const bucket = server.createBucket('films');
      await put(server, 'a', 'one');
      bucket.isVersioned = true;
      await remove(server, 'a');
    },
    request: list('&prefix=a'),
    answer: {
      status: 200,
      body: /<DeleteMarker><Key>a<.*<IsLatest>true<.*<Version><Key>a<\/Key><VersionId>null</,
    },
  },
  {
    rule: 'version-removed',
    title: 'an object after the deletion of its delete marker',
    given: async (server) => {
      await withVersions(server);
      await remove(server, 'a');
      await remove(server, `a?versionId=${idsOf(server, 'a')[2]}`);
    },
    request: (server) => ask(server, 'GET', '/films/a'),
    answer: { status: 200, body: 'second' },
  },
  {
    rule: 'version-removed',
    title: 'DeleteObjects of all versions of a key',
    given: async (server) => {
      await withVersions(server);
      const versions = idsOf(server, 'a').map((id) => ['a', id]);
      await deleteVersions(server, versions);
    },
    request: list(),
    answer: { status: 200, body: /<\/IsTruncated><Version><Key>b</ },
  },
  {
    rule: 'action-on-version',
    title: 'DeleteObject of a version by a caller who may delete objects only',
    options: { keys: allowing('s3:DeleteObject') },
    given: (server) => server.createBucket('films', { isVersioned: true }),
    request: (server) => remove(server, 'a?versionId=1'),
    answer: { status: 403, code: 'AccessDenied', message: /s3:DeleteObjectVersion/ },
  },
  {
    rule: 'action-on-version',
    title: 'DeleteObjects of a version by a caller who may delete objects only',
    options: { keys: allowing('s3:DeleteObject') },
    given: (server) => server.createBucket('films', { isVersioned: true }),
    request: (server) => deleteVersions(server, [['a', '1']]),
    answer: { status: 200, code: 'AccessDenied', message: /s3:DeleteObjectVersion/ },
  },
];
