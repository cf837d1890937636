'use strict';

// Stores and reads objects and their versions.

const crypto = require('node:crypto');
const { isAllowed } = require('./access');
const { checksum: checksumOf, headerOf, md5 } = require('./checksums');
const { S3Error, accessDenied } = require('./errors');
const { verifyContent } = require('./integrity');
const { checkSettings, settingsOf, encryptionHeaders } = require('./object-settings');

const API = 'https://docs.aws.amazon.com/AmazonS3/latest/API';
const GUIDE = 'https://docs.aws.amazon.com/AmazonS3/latest/userguide';

function putObject(call) {
  checkSettings(call);
  const checksum = verifyContent(call);
  const object = store(call, {
    ...settingsOf(call),
    body: call.body,
    etag: md5(call.body).digest('hex'),
    checksum: checksum && { ...checksum, type: 'FULL_OBJECT' },
  });
  return { status: 200, headers: { etag: `"${object.etag}"`, ...storedHeaders(object) } };
}

/** Makes an object the current one of its key. */
function store(call, { etag, ...properties }, key = call.key) {
  const { bucket, server } = call;
  const object = { key, lastModified: server.clock(), ...properties };
  object.checksum ??= call.rule('default-checksum', object.body);
  object.etag = call.rule('etag-of-encrypted', object, etag) ?? etag;
  if (bucket.isVersioned) object.versionId = newVersionId();
  // An object from before the bucket had versions stays as one.
  else bucket.versions = bucket.versions.filter((one) => one.key !== key || one.versionId);
  bucket.objects.set(key, object);
  bucket.versions.push(object);
  return object;
}

const newVersionId = () => crypto.randomBytes(24).toString('base64url');

function storedHeaders(object) {
  return { ...encryptionHeaders(object), ...versionHeader(object), ...checksumHeaders(object) };
}

const versionHeader = ({ versionId }) => (versionId ? { 'x-amz-version-id': versionId } : {});

function checksumHeaders({ checksum }) {
  if (!checksum) return {};
  return { [headerOf(checksum.algorithm)]: checksum.value, 'x-amz-checksum-type': checksum.type };
}

/** GetObject and HeadObject. */
function getObject(call) {
  const { bucket, key } = call;
  if (!bucket.objects.has(key)) call.rule('missing-key-hidden');
  const object = findVersion(call) ?? findMarker(call);
  if (!object) throw noSuchKey(key);
  if (object.isDeleteMarker) {
    const headers = { 'x-amz-delete-marker': 'true', ...versionHeader(object) };
    throw noSuchKey(key, headers);
  }
  const { headers, etag, lastModified } = object;
  const wantsChecksum = call.headers['x-amz-checksum-mode'] === 'ENABLED';
  const { status, body, range } = call.rule('range', object.body) ?? whole(object);
  return {
    status,
    headers: {
      ...headers,
      ...range,
      etag: `"${etag}"`,
      'last-modified': new Date(lastModified).toUTCString(),
      'accept-ranges': 'bytes',
      'content-length': body.length,
      ...encryptionHeaders(object),
      ...versionHeader(object),
      ...(wantsChecksum ? checksumHeaders(object) : {}),
    },
    body,
  };
}

const whole = ({ body }) => ({ status: 200, body, range: {} });

function findVersion({ bucket, key, query }) {
  const versionId = query.get('versionId');
  if (!versionId) return bucket.objects.get(key);
  return bucket.versions.find((one) => one.key === key && one.versionId === versionId);
}

const findMarker = ({ bucket, key }) =>
  bucket.versions.filter((one) => one.key === key && one.isDeleteMarker).pop();

const noSuchKey = (key, headers) =>
  new S3Error(404, 'NoSuchKey', 'The specified key does not exist.', {
    details: { Key: key },
    headers,
  });

const RULES = [
  {
    name: 'etag-of-encrypted',
    rule: 'The ETag of an object that is encrypted by KMS or with a key of the customer is not an MD5 of its content, nor of its parts.',
    source: `${API}/API_Object.html`,
    apply(_, { encryption, hasCustomerKey }, etag) {
      if (!encryption.startsWith('aws:kms') && !hasCustomerKey) return undefined;
      const [, parts = ''] = etag.split(/(?=-)/);
      return crypto.randomBytes(16).toString('hex') + parts;
    },
  },
  {
    name: 'default-checksum',
    rule: 'An object that comes without a checksum gets a CRC64NVME of the full object from S3.',
    source: `${GUIDE}/checking-object-integrity-upload.html`,
    apply(_, body) {
      const algorithm = 'CRC64NVME';
      return { algorithm, value: checksumOf(algorithm, body), type: 'FULL_OBJECT' };
    },
  },
  {
    name: 'range',
    rule: 'GetObject with a Range answers 206 with these bytes; 416 InvalidRange where the object has none of them, as one without content.',
    source: `${API}/API_GetObject.html`,
    apply({ headers, method }, body) {
      const [, first, last] = /^bytes=(\d+)-(\d*)$/.exec(headers.range) ?? [];
      if (first === undefined || method === 'HEAD') return undefined;
      const start = Number(first);
      if (start >= body.length) {
        throw new S3Error(416, 'InvalidRange', 'The requested range is not satisfiable', {
          details: { RangeRequested: headers.range, ActualObjectSize: body.length },
        });
      }
      const end = Math.min(last === '' ? Infinity : Number(last), body.length - 1);
      const range = { 'content-range': `bytes ${start}-${end}/${body.length}` };
      return { status: 206, body: body.subarray(start, end + 1), range };
    },
  },
  {
    name: 'missing-key-hidden',
    rule: 'That a key is missing is 404 NoSuchKey for callers who may list the bucket, and 403 AccessDenied for others.',
    source: `${API}/API_GetObject.html`,
    apply(call) {
      if (!isAllowed(call, 's3:ListBucket', undefined)) throw accessDenied();
    },
  },
];

module.exports = {
  putObject,
  getObject,
  store,
  newVersionId,
  versionHeader,
  storedHeaders,
  checksumHeaders,
  RULES,
};
