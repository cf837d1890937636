'use strict';

// Lists objects, uploads in parts and their parts, in pages.

const { invalidArgument } = require('./errors');
const { findUpload } = require('./multipart');
const { element, result } = require('./xml');

const API = 'https://docs.aws.amazon.com/AmazonS3/latest/API';

const PAGE = 1000;

function listObjects(call) {
  const { bucket, query } = call;
  const prefix = query.get('prefix') ?? '';
  const token = query.get('continuation-token');
  const after =
    token === null
      ? (query.get('start-after') ?? '')
      : (call.rule('continuation-token', token) ?? '');
  const inOrder = call.rule('order-of-keys') ?? [...bucket.objects.keys()];
  const rest = inOrder.filter((key) => key.startsWith(prefix) && isAfter(key, after));
  const keys = rest.slice(0, pageSize(call, 'max-keys'));
  const isTruncated = keys.length < rest.length;
  const name = nameWriter(call);
  const content = [
    element('Name', bucket.name),
    element('Prefix', name(prefix)),
    element('KeyCount', String(keys.length)),
    element('MaxKeys', query.get('max-keys') ?? String(PAGE)),
    ...encodingElement(query),
    element('IsTruncated', String(isTruncated)),
    ...(isTruncated ? [element('NextContinuationToken', tokenAfter(keys[keys.length - 1]))] : []),
    ...keys.map((key) => objectElement(bucket.objects.get(key), name)),
  ];
  return xmlAnswer('ListBucketResult', content);
}

const isAfter = (key, other) => Buffer.compare(Buffer.from(key), Buffer.from(other)) > 0;

const tokenAfter = (key) => `1${Buffer.from(key).toString('base64')}`;

function objectElement({ key, body, etag, lastModified, checksum, storageClass }, name) {
  const fields = [
    element('Key', name(key)),
    element('LastModified', new Date(lastModified).toISOString()),
    element('ETag', `"${etag}"`),
    ...(checksum
      ? [element('ChecksumAlgorithm', checksum.algorithm), element('ChecksumType', checksum.type)]
      : []),
    element('Size', String(body.length)),
    element('StorageClass', storageClass),
  ];
  return `<Contents>${fields.join('')}</Contents>`;
}

function listMultipartUploads(call) {
  const { bucket, query } = call;
  const prefix = query.get('prefix') ?? '';
  const marker = [query.get('key-marker') ?? '', query.get('upload-id-marker') ?? ''];
  const sorted = [...bucket.uploads.values()]
    .filter(({ key }) => key.startsWith(prefix))
    .sort((a, b) => Buffer.compare(Buffer.from(a.key), Buffer.from(b.key)) || compareIds(a, b));
  const rest = sorted.filter((upload) => isUploadAfter(upload, marker));
  const uploads = rest.slice(0, pageSize(call, 'max-uploads'));
  const last = uploads[uploads.length - 1];
  const name = nameWriter(call);
  const content = [
    element('Bucket', bucket.name),
    element('KeyMarker', name(marker[0])),
    element('UploadIdMarker', marker[1]),
    ...(uploads.length < rest.length
      ? [element('NextKeyMarker', name(last.key)), element('NextUploadIdMarker', last.id)]
      : []),
    element('MaxUploads', query.get('max-uploads') ?? String(PAGE)),
    ...encodingElement(query),
    element('IsTruncated', String(uploads.length < rest.length)),
    ...uploads.map((upload) => uploadElement(upload, name)),
  ];
  return xmlAnswer('ListMultipartUploadsResult', content);
}

const compareIds = (a, b) => (a.id < b.id ? -1 : 1);

/** Without an ID in the marker, all uploads of its key come before it. */
function isUploadAfter({ key, id }, [markerKey, markerId]) {
  if (key === markerKey) return markerId !== '' && id > markerId;
  return isAfter(key, markerKey);
}

function uploadElement({ key, id, initiated, settings }, name) {
  const fields = [
    element('Key', name(key)),
    element('UploadId', id),
    element('StorageClass', settings.storageClass),
    element('Initiated', new Date(initiated).toISOString()),
  ];
  return `<Upload>${fields.join('')}</Upload>`;
}

function listParts(call) {
  const upload = findUpload(call);
  const marker = Number(call.query.get('part-number-marker') ?? 0);
  const rest = [...upload.parts.values()]
    .filter(({ number }) => number > marker)
    .sort((a, b) => a.number - b.number);
  const parts = rest.slice(0, pageSize(call, 'max-parts'));
  const content = [
    element('Bucket', call.bucketName),
    element('Key', call.key),
    element('UploadId', upload.id),
    element('NextPartNumberMarker', String(parts[parts.length - 1]?.number ?? 0)),
    element('IsTruncated', String(parts.length < rest.length)),
    ...parts.map(partElement),
  ];
  return xmlAnswer('ListPartsResult', content);
}

function partElement({ number, etag, body, lastModified }) {
  const fields = [
    element('PartNumber', String(number)),
    element('LastModified', new Date(lastModified).toISOString()),
    element('ETag', `"${etag}"`),
    element('Size', String(body.length)),
  ];
  return `<Part>${fields.join('')}</Part>`;
}

const xmlAnswer = (name, content) => ({
  status: 200,
  headers: { 'content-type': 'application/xml' },
  body: result(name, content.join('')),
});

function pageSize(call, parameter) {
  const wanted = Number(call.query.get(parameter) ?? PAGE);
  return call.rule('page-size', wanted) ?? wanted;
}

/** How a key or prefix is written into the answer. */
const nameWriter = (call) => (text) => call.rule('encoding-type', text) ?? text;

const encodingElement = (query) =>
  query.get('encoding-type') === 'url' ? [element('EncodingType', 'url')] : [];

/** As forms are encoded, slashes excepted. */
const urlEncode = (text) =>
  encodeURIComponent(text)
    .replace(/%2F/g, '/')
    .replace(/%20/g, '+')
    .replace(/[!'()~]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);

const RULES = [
  {
    name: 'encoding-type',
    rule: 'With encoding-type=url keys and prefixes come URL-encoded (space as +, / as such). Without it they come as they are, also where XML 1.0 cannot hold them: control characters as references such as &#x10;, U+FFFE raw.',
    source: 'https://github.com/minio/minio-py/issues/716',
    apply({ query }, text) {
      return query.get('encoding-type') === 'url' ? urlEncode(text) : undefined;
    },
  },
  {
    name: 'page-size',
    rule: 'Pages have at most 1,000 entries, whatever is asked for.',
    source: `${API}/API_ListObjectsV2.html`,
    apply: (_, wanted) => Math.min(wanted, PAGE),
  },
  {
    name: 'order-of-keys',
    rule: 'Keys are listed in the order of their UTF-8 bytes.',
    source: `${API}/API_ListObjectsV2.html`,
    apply({ bucket }) {
      const keys = [...bucket.objects.keys()].map((key) => Buffer.from(key));
      return keys.sort(Buffer.compare).map(String);
    },
  },
  {
    name: 'continuation-token',
    rule: 'A continuation token is opaque, and one that S3 has not given is refused: 400 InvalidArgument.',
    source: `${API}/API_ListObjectsV2.html`,
    apply(_, token) {
      const key = Buffer.from(token.slice(1), 'base64').toString();
      if (tokenAfter(key) === token) return key;
      throw invalidArgument(
        'continuation-token',
        token,
        'The continuation token provided is incorrect',
      );
    },
  },
];

module.exports = {
  encodingElement,
  isAfter,
  listMultipartUploads,
  listObjects,
  listParts,
  nameWriter,
  pageSize,
  xmlAnswer,
  RULES,
};
