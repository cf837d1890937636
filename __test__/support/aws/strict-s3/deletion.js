'use strict';

// Deletes objects, alone and many at once.

const { requireAction } = require('./access');
const { malformedXml } = require('./errors');
const { verifyContent } = require('./integrity');
const { newVersionId, versionHeader } = require('./objects');
const { childText, childrenOf, element, isXmlCharacter, parse, result } = require('./xml');

const API = 'https://docs.aws.amazon.com/AmazonS3/latest/API';
const GUIDE = 'https://docs.aws.amazon.com/AmazonS3/latest/userguide';

const MAX_KEYS_AT_ONCE = 1000;

function deleteObject(call) {
  const marker = remove(call, call.key);
  const headers = marker ? { 'x-amz-delete-marker': 'true', ...versionHeader(marker) } : {};
  return { status: 204, headers };
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
  const keys = childrenOf(request, 'Object').map((object) => childText(object, 'Key'));
  if (keys.length === 0 || keys.includes(undefined)) throw malformedXml();
  call.rule('keys-at-once', keys);
  const isQuiet = childText(request, 'Quiet') === 'true';
  const outcomes = keys.map((key) => outcomeOf(call, key));
  const listed = outcomes.filter(({ code }) => code || !isQuiet);
  return {
    status: 200,
    headers: { 'content-type': 'application/xml' },
    body: result('DeleteResult', listed.map(outcomeElement).join('')),
  };
}

function outcomeOf(call, key) {
  const error = call.rule('delete-error-in-200', key);
  if (error) return { key, ...error };
  try {
    requireAction(call, 's3:DeleteObject', key);
  } catch ({ code, message }) {
    return { key, code, message };
  }
  return { key, marker: remove(call, key) };
}

function outcomeElement({ key, code, message, marker }) {
  const name = element('Key', key);
  if (code) return `<Error>${name}${element('Code', code)}${element('Message', message)}</Error>`;
  const versions = marker
    ? `<DeleteMarker>true</DeleteMarker>${element('DeleteMarkerVersionId', marker.versionId)}`
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
    name: 'xml-characters',
    rule: 'DeleteObjects takes XML 1.0: a key with a control character other than tab, LF and CR, or with U+FFFE or U+FFFF, as such or as a reference, is 400 MalformedXML.',
    source: 'https://github.com/boto/boto3/issues/2005',
    apply: () => isXmlCharacter,
  },
  {
    name: 'keys-at-once',
    rule: 'DeleteObjects takes at most 1,000 keys: else 400 MalformedXML.',
    source: `${API}/API_DeleteObjects.html`,
    apply(_, keys) {
      if (keys.length > MAX_KEYS_AT_ONCE) throw malformedXml();
    },
  },
];

module.exports = { deleteObject, deleteObjects, RULES };
