'use strict';

// Deletes objects, alone and many at once.

const { requireAction } = require('./access');
const { S3Error, malformedXml } = require('./errors');
const { verifyContent } = require('./integrity');
const { newVersionId, versionHeader } = require('./objects');
const { idOf } = require('./versions');
const { childText, childrenOf, element, isXmlCharacter, parse, result } = require('./xml');

const API = 'https://docs.aws.amazon.com/AmazonS3/latest/API';
const GUIDE = 'https://docs.aws.amazon.com/AmazonS3/latest/userguide';

const MAX_KEYS_AT_ONCE = 1000;

function deleteObject(call) {
  const marker = deleteKey(call, { key: call.key, versionId: call.query.get('versionId') });
  const headers = marker ? { 'x-amz-delete-marker': 'true', ...versionHeader(marker) } : {};
  return { status: 204, headers };
}

/** Deletes what the caller may delete. Returns the delete marker that was made, or deleted. */
function deleteKey(call, { key, versionId }) {
  const action = versionId ? call.rule('action-on-version') : undefined;
  requireAction(call, action ?? 's3:DeleteObject', key);
  const removed = versionId ? call.rule('version-removed', key, versionId) : undefined;
  return removed ? removed.marker : remove(call, key);
}

/** Removes an object, or hides it behind a delete marker, which is returned. */
function remove(call, key) {
  const { bucket } = call;
  const marker = call.rule('delete-marker', key);
  bucket.objects.delete(key);
  if (marker) bucket.versions.push(marker);
  else bucket.versions = bucket.versions.filter((one) => one.key !== key);
  return marker;
}

function deleteObjects(call) {
  verifyContent(call);
  const isCharacter = call.rule('xml-characters') ?? (() => true);
  const request = parse(call.body.toString(), isCharacter);
  if (request?.name !== 'Delete') throw malformedXml();
  const objects = childrenOf(request, 'Object').map((object) => ({
    key: childText(object, 'Key'),
    versionId: childText(object, 'VersionId'),
  }));
  if (objects.length === 0 || objects.some(({ key }) => key === undefined)) throw malformedXml();
  call.rule('keys-at-once', objects);
  const isQuiet = childText(request, 'Quiet') === 'true';
  const outcomes = objects.map((object) => outcomeOf(call, object));
  const listed = outcomes.filter(({ code }) => code || !isQuiet);
  return {
    status: 200,
    headers: { 'content-type': 'application/xml' },
    body: result('DeleteResult', listed.map(outcomeElement).join('')),
  };
}

function outcomeOf(call, object) {
  const error = call.rule('delete-error-in-200', object.key);
  if (error) return { ...object, ...error };
  try {
    return { ...object, marker: deleteKey(call, object) };
  } catch (failure) {
    if (!(failure instanceof S3Error)) throw failure;
    const { code, message } = failure;
    return { ...object, code, message };
  }
}

function outcomeElement({ key, versionId, code, message, marker }) {
  const name = element('Key', key) + (versionId ? element('VersionId', versionId) : '');
  if (code) return `<Error>${name}${element('Code', code)}${element('Message', message)}</Error>`;
  const versions = marker
    ? `<DeleteMarker>true</DeleteMarker>${element('DeleteMarkerVersionId', idOf(marker))}`
    : '';
  return `<Deleted>${name}${versions}</Deleted>`;
}

const RULES = [
  {
    name: 'delete-marker',
    rule: 'In a versioned bucket a deletion puts a delete marker in front of the versions, which stay.',
    source: `${GUIDE}/DeleteMarker.html`,
    apply({ bucket, server }, key) {
      if (!bucket.isVersioned) return undefined;
      const lastModified = server.clock();
      return { key, isDeleteMarker: true, versionId: newVersionId(), lastModified };
    },
  },
  {
    name: 'version-removed',
    rule: 'A deletion that names a version removes it permanently, without a delete marker; a delete marker that is removed shows the version behind it again.',
    source: `${GUIDE}/DeletingObjectVersions.html`,
    apply({ bucket }, key, versionId) {
      const found = bucket.versions.find((one) => one.key === key && idOf(one) === versionId);
      bucket.versions = bucket.versions.filter((one) => one !== found);
      const current = bucket.versions.filter((one) => one.key === key).pop();
      if (current && !current.isDeleteMarker) bucket.objects.set(key, current);
      else bucket.objects.delete(key);
      return { marker: found?.isDeleteMarker ? found : undefined };
    },
  },
  {
    name: 'action-on-version',
    rule: 'A deletion that names a version needs s3:DeleteObjectVersion, and not s3:DeleteObject: else 403 AccessDenied, in DeleteObjects for the version alone.',
    source: `${API}/API_DeleteObject.html`,
    apply: () => 's3:DeleteObjectVersion',
  },
  {
    name: 'xml-characters',
    rule: 'DeleteObjects takes XML 1.0: a key with a control character other than tab, LF and CR, or with U+FFFE or U+FFFF, as such or as a reference, is 400 MalformedXML.',
    source: 'https://github.com/boto/boto3/issues/2005',
    apply: () => isXmlCharacter,
  },
  {
    name: 'keys-at-once',
    rule: 'DeleteObjects takes at most 1,000 keys: else 400 MalformedXML.',
    source: `${API}/API_DeleteObjects.html`,
    apply(_, objects) {
      if (objects.length > MAX_KEYS_AT_ONCE) throw malformedXml();
    },
  },
];

module.exports = { deleteObject, deleteObjects, RULES };
