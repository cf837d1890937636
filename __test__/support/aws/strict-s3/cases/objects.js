'use strict';

const { ask } = require('../client');
const { md5 } = require('../checksums');

const OWNER = {
  secret: 'secret',
  account: '123456789012',
  arn: 'arn:aws:iam::123456789012:user/owner',
};

const bucket = (properties) => (server) => server.createBucket('films', properties);
const put =
  (headers, key = 'a') =>
  (server) =>
    ask(server, 'PUT', `/films/${key}`, { headers, body: 'hallo' });
const ETAG = `"${md5('hallo').digest('hex')}"`;

const deletion = (keys, more = '') => {
  const objects = keys.map((key) => `<Object><Key>${key}</Key></Object>`);
  return `<Delete>${more}${objects.join('')}</Delete>`;
};

const deleteKeys = (keys, more) => (server) => {
  const body = deletion(keys, more);
  const headers = { 'content-md5': md5(body).digest('base64') };
  return ask(server, 'POST', '/films?delete', { headers, body });
};

const BAD_ARGUMENT = { status: 400, code: 'InvalidArgument' };
const GROUP = 'uri="http://acs.amazonaws.com/groups/global/AllUsers"';

module.exports = [
  {
    rule: 'key-length',
    title: 'a key of 1,025 bytes',
    given: bucket(),
    request: put({}, '%C3%A9'.repeat(512) + 'a'),
    answer: { status: 400, code: 'KeyTooLongError' },
  },
  {
    rule: 'metadata-size',
    title: 'metadata of more than 2 KB',
    given: bucket(),
    request: put({ 'x-amz-meta-a': 'x'.repeat(2048) }),
    answer: { status: 400, code: 'MetadataTooLarge' },
  },
  {
    rule: 'acl-or-grants',
    title: 'an ACL beside a grant',
    given: bucket(),
    request: put({ 'x-amz-acl': 'private', 'x-amz-grant-read': GROUP }),
    answer: { status: 400, code: 'InvalidRequest', message: /Canned ACLs and Header Grants/ },
  },
  ...[
    { 'x-amz-acl': 'public-read' },
    { 'x-amz-acl': 'private' },
    { 'x-amz-grant-read': GROUP },
  ].map((headers) => ({
    rule: 'acls-disabled',
    title: `${Object.entries(headers)[0].join(': ')} in a bucket with ACLs disabled`,
    given: bucket({ ownership: 'BucketOwnerEnforced' }),
    request: put(headers),
    answer: { status: 400, code: 'AccessControlListNotSupported' },
  })),
  ...[{ 'x-amz-acl': 'public-read' }, { 'x-amz-grant-read': GROUP }].map((headers) => ({
    rule: 'block-public-acls',
    title: `${Object.entries(headers)[0].join(': ')} in a bucket that blocks public ACLs`,
    given: bucket({ publicAccessBlock: { BlockPublicAcls: true } }),
    request: put(headers),
    answer: { status: 403, code: 'AccessDenied', message: /BlockPublicAcls/ },
  })),
  {
    rule: 'encryption-name',
    title: 'an encryption that does not exist',
    given: bucket(),
    request: put({ 'x-amz-server-side-encryption': 'rot13' }),
    answer: BAD_ARGUMENT,
  },
  {
    rule: 'kms-key-needs-kms',
    title: 'a KMS key beside AES256',
    given: bucket(),
    request: put({
      'x-amz-server-side-encryption': 'AES256',
      'x-amz-server-side-encryption-aws-kms-key-id': 'key',
    }),
    answer: BAD_ARGUMENT,
  },
  {
    rule: 'storage-class',
    title: 'the storage class of a directory bucket',
    given: bucket(),
    request: put({ 'x-amz-storage-class': 'EXPRESS_ONEZONE' }),
    answer: { status: 400, code: 'InvalidStorageClass' },
  },
  ...[
    ['a bucket with default encryption by KMS', { encryption: 'aws:kms' }, {}],
    ['an object that is sent with aws:kms', {}, { 'x-amz-server-side-encryption': 'aws:kms' }],
    [
      "an object with a customer's key",
      {},
      { 'x-amz-server-side-encryption-customer-algorithm': 'AES256' },
    ],
  ].map(([title, properties, headers]) => ({
    rule: 'etag-of-encrypted',
    title,
    given: bucket(properties),
    request: async (server) => {
      const { headers: answered } = await put(headers)(server);
      return { isMd5: answered.etag === ETAG };
    },
    answer: { isMd5: false },
  })),
  {
    rule: 'default-checksum',
    title: 'an object that comes without a checksum',
    given: bucket(),
    request: put({}),
    answer: {
      status: 200,
      headers: {
        etag: ETAG,
        'x-amz-checksum-crc64nvme': /^[\w+/]{11}=$/,
        'x-amz-checksum-type': 'FULL_OBJECT',
      },
    },
  },
  ...[
    ['the first byte of an object', 'hallo', { status: 206, body: 'h' }],
    ['the first byte of an object without content', '', { status: 416, code: 'InvalidRange' }],
  ].map(([title, body, answer]) => ({
    rule: 'range',
    title,
    given: async (server) => {
      bucket()(server);
      await ask(server, 'PUT', '/films/a', { body });
    },
    request: (server) => ask(server, 'GET', '/films/a', { headers: { range: 'bytes=0-0' } }),
    answer,
  })),
  {
    rule: 'missing-key-hidden',
    title: 'a missing key, asked for without the right to list',
    options: {
      keys: {
        AKIAOWNER: {
          ...OWNER,
          policy: { Statement: { Effect: 'Allow', Action: 's3:GetObject', Resource: '*' } },
        },
      },
    },
    given: bucket(),
    request: (server) => ask(server, 'GET', '/films/missing'),
    answer: { status: 403, code: 'AccessDenied' },
  },
  {
    rule: 'delete-marker',
    title: 'an object that was deleted in a versioned bucket',
    given: async (server) => {
      bucket({ isVersioned: true })(server);
      await put()(server);
      await ask(server, 'DELETE', '/films/a');
    },
    request: (server) => ask(server, 'GET', '/films/a'),
    answer: {
      status: 404,
      code: 'NoSuchKey',
      headers: { 'x-amz-delete-marker': 'true', 'x-amz-version-id': /./ },
    },
  },
  {
    rule: 'delete-marker',
    title: 'DeleteObjects in a versioned bucket',
    given: async (server) => {
      bucket({ isVersioned: true })(server);
      await put()(server);
    },
    request: deleteKeys(['a']),
    answer: { status: 200, body: /<Key>a<\/Key><DeleteMarker>true<\/DeleteMarker>/ },
  },
  ...['&#x10;', '&#x1f;', '\u0010', '\ufffe', '&#xffff;'].map((character) => ({
    rule: 'xml-characters',
    title: `DeleteObjects of a key with ${JSON.stringify(character)}`,
    given: bucket(),
    request: deleteKeys(['b', `a${character}`]),
    answer: { status: 400, code: 'MalformedXML' },
  })),
  {
    rule: 'keys-at-once',
    title: 'DeleteObjects of 1,001 keys',
    given: bucket(),
    request: deleteKeys(Array.from({ length: 1001 }, (_, i) => `key${i}`)),
    answer: { status: 400, code: 'MalformedXML' },
  },
];
