'use strict';

// Lists the versions of objects and the delete markers, in pages.

const { encodingElement, isAfter, nameWriter, pageSize, xmlAnswer } = require('./listing');
const { element } = require('./xml');

const API = 'https://docs.aws.amazon.com/AmazonS3/latest/API';

/** The ID of what was stored without versioning. */
const NULL_VERSION = 'null';

const idOf = ({ versionId = NULL_VERSION }) => versionId;

function putBucketVersioning({ bucket, body }) {
  bucket.isVersioned = body.toString().includes('<Status>Enabled</Status>');
  return { status: 200 };
}

function listObjectVersions(call) {
  const { bucket, query } = call;
  const prefix = query.get('prefix') ?? '';
  const marker = { key: query.get('key-marker') ?? '', id: query.get('version-id-marker') };
  const all = bucket.versions.filter(({ key }) => key.startsWith(prefix));
  const rest = after(marker, call.rule('order-of-versions', all) ?? all);
  const page = rest.slice(0, pageSize(call, 'max-keys'));
  const isTruncated = page.length < rest.length;
  const name = nameWriter(call);
  const last = page.at(-1);
  const next = isTruncated
    ? [element('NextKeyMarker', name(last.key)), element('NextVersionIdMarker', idOf(last))]
    : [];
  return xmlAnswer('ListVersionsResult', [
    element('Name', bucket.name),
    element('Prefix', name(prefix)),
    element('KeyMarker', name(marker.key)),
    element('VersionIdMarker', marker.id ?? ''),
    ...next,
    ...encodingElement(query),
    element('IsTruncated', String(isTruncated)),
    ...page.map((version) =>
      versionElement(version, { name, isLatest: isLatest(bucket, version) }),
    ),
  ]);
}

/** Returns what follows a marker; without a version in it, all of its key comes before. */
function after({ key: markerKey, id }, versions) {
  if (id === null) return versions.filter(({ key }) => isAfter(key, markerKey));
  const at = versions.findIndex((one) => one.key === markerKey && idOf(one) === id);
  return versions.slice(at + 1);
}

const isLatest = ({ versions }, version) =>
  versions.filter(({ key }) => key === version.key).pop() === version;

function versionElement(version, { name, isLatest: latest }) {
  const { key, lastModified, isDeleteMarker, etag, body, storageClass } = version;
  const fields = [
    element('Key', name(key)),
    element('VersionId', idOf(version)),
    element('IsLatest', String(latest)),
    element('LastModified', new Date(lastModified).toISOString()),
  ];
  if (isDeleteMarker) return `<DeleteMarker>${fields.join('')}</DeleteMarker>`;
  const content = [
    element('ETag', `"${etag}"`),
    element('Size', String(body.length)),
    element('StorageClass', storageClass),
  ];
  return `<Version>${[...fields, ...content].join('')}</Version>`;
}

const RULES = [
  {
    name: 'order-of-versions',
    rule: 'Versions are listed in the order of their keys, and those of a key from the newest to the oldest.',
    source: `${API}/API_ListObjectVersions.html`,
    apply(_, versions) {
      const newestFirst = [...versions].reverse();
      return newestFirst.sort((one, other) =>
        Buffer.compare(Buffer.from(one.key), Buffer.from(other.key)),
      );
    },
  },
];

module.exports = { idOf, listObjectVersions, putBucketVersioning, RULES };
