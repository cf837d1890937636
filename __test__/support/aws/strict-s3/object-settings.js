'use strict';

// Checks what is sent along with a new object, whole or in parts: its key, ACL, encryption, metadata.

const { blockOf } = require('./access');
const { S3Error, accessDenied, invalidArgument, invalidRequest } = require('./errors');

const API = 'https://docs.aws.amazon.com/AmazonS3/latest/API';
const GUIDE = 'https://docs.aws.amazon.com/AmazonS3/latest/userguide';

const MAX_KEY_BYTES = 1024;
const MAX_METADATA_BYTES = 2048;
const PUBLIC_ACLS = ['public-read', 'public-read-write', 'authenticated-read'];
const PUBLIC_GROUPS = /groups\/global\/(AllUsers|AuthenticatedUsers)/;
const ENCRYPTIONS = ['AES256', 'aws:kms', 'aws:kms:dsse'];
const STORAGE_CLASSES = [
  'STANDARD',
  'REDUCED_REDUNDANCY',
  'STANDARD_IA',
  'ONEZONE_IA',
  'INTELLIGENT_TIERING',
  'GLACIER',
  'DEEP_ARCHIVE',
  'GLACIER_IR',
];

/** Refuses settings that S3 does not accept. */
function checkSettings(call) {
  const rules = [
    'key-length',
    'metadata-size',
    'acl-or-grants',
    'acls-disabled',
    'block-public-acls',
    'encryption-name',
    'kms-key-needs-kms',
    'storage-class',
  ];
  for (const rule of rules) call.rule(rule);
}

/** Returns the properties of an object that its request sets. */
function settingsOf({ headers, bucket }) {
  const kept = Object.entries(headers).filter(([name]) =>
    /^(content-(type|language|encoding|disposition)|cache-control|expires|x-amz-meta-.*|x-amz-website-redirect-location)$/.test(
      name,
    ),
  );
  return {
    headers: { 'content-type': 'binary/octet-stream', ...Object.fromEntries(kept) },
    acl: headers['x-amz-acl'] ?? 'private',
    encryption: headers['x-amz-server-side-encryption'] ?? bucket.encryption,
    hasCustomerKey: headers['x-amz-server-side-encryption-customer-algorithm'] !== undefined,
    storageClass: headers['x-amz-storage-class'] ?? 'STANDARD',
  };
}

/** The headers that name an object's encryption in answers. */
const encryptionHeaders = ({ encryption }) => ({ 'x-amz-server-side-encryption': encryption });

const aclOf = (headers) => headers['x-amz-acl'];
const grantsOf = (headers) =>
  Object.entries(headers).filter(([name]) => name.startsWith('x-amz-grant-'));

const RULES = [
  {
    name: 'key-length',
    rule: 'A key has at most 1,024 bytes of UTF-8: else 400 KeyTooLongError.',
    source: `${GUIDE}/object-keys.html`,
    apply({ key }) {
      const size = Buffer.byteLength(key);
      if (size <= MAX_KEY_BYTES) return;
      throw new S3Error(400, 'KeyTooLongError', 'Your key is too long', {
        details: { Size: size, MaxSizeAllowed: MAX_KEY_BYTES },
      });
    },
  },
  {
    name: 'metadata-size',
    rule: 'Metadata has at most 2 KB, names and values: else 400 MetadataTooLarge.',
    source: `${GUIDE}/UsingMetadata.html`,
    apply({ headers }) {
      const metadata = Object.entries(headers).filter(([name]) => name.startsWith('x-amz-meta-'));
      const sizes = metadata.map(([name, value]) => name.length - 11 + Buffer.byteLength(value));
      const size = sizes.reduce((sum, one) => sum + one, 0);
      if (size <= MAX_METADATA_BYTES) return;
      throw new S3Error(
        400,
        'MetadataTooLarge',
        'Your metadata headers exceed the maximum allowed metadata size',
        { details: { Size: size, MaxSizeAllowed: MAX_METADATA_BYTES } },
      );
    },
  },
  {
    name: 'acl-or-grants',
    rule: 'A request has a canned ACL or grants, not both: else 400 InvalidRequest.',
    source: `${API}/API_PutObject.html`,
    apply({ headers }) {
      if (!aclOf(headers) || grantsOf(headers).length === 0) return;
      throw invalidRequest('Specifying both Canned ACLs and Header Grants is not allowed');
    },
  },
  {
    name: 'acls-disabled',
    rule: 'A bucket with ACLs disabled accepts bucket-owner-full-control as the only ACL: else 400 AccessControlListNotSupported. (Some emulators refuse that one, too.)',
    source: `${GUIDE}/about-object-ownership.html`,
    apply({ bucket, headers }) {
      if (bucket.ownership !== 'BucketOwnerEnforced') return;
      const acl = aclOf(headers) ?? 'bucket-owner-full-control';
      if (acl === 'bucket-owner-full-control' && grantsOf(headers).length === 0) return;
      throw new S3Error(400, 'AccessControlListNotSupported', 'The bucket does not allow ACLs');
    },
  },
  {
    name: 'block-public-acls',
    rule: 'With BlockPublicAcls, of the bucket or of the account, an object with a public ACL is refused: 403 AccessDenied that names the setting.',
    source: `${GUIDE}/troubleshoot-403-errors.html`,
    apply(call) {
      const { headers, caller, bucketName, key } = call;
      const isPublic =
        PUBLIC_ACLS.includes(aclOf(headers)) ||
        grantsOf(headers).some(([, value]) => PUBLIC_GROUPS.test(value));
      if (!isPublic || !blockOf(call, 'BlockPublicAcls')) return;
      throw accessDenied(
        `User: ${caller.arn} is not authorized to perform: s3:PutObject on resource: "arn:aws:s3:::${bucketName}/${key}" because public ACLs are prevented by the BlockPublicAcls setting in S3 Block Public Access.`,
      );
    },
  },
  {
    name: 'encryption-name',
    rule: 'An encryption is AES256, aws:kms or aws:kms:dsse: else 400 InvalidArgument.',
    source: `${API}/API_PutObject.html`,
    apply({ headers }) {
      const name = headers['x-amz-server-side-encryption'];
      if (name === undefined || ENCRYPTIONS.includes(name)) return;
      throw invalidArgument(
        'x-amz-server-side-encryption',
        name,
        'The encryption method specified is not supported',
      );
    },
  },
  {
    name: 'kms-key-needs-kms',
    rule: 'A KMS key can be named with encryption by KMS only: else 400 InvalidArgument.',
    source: `${API}/API_PutObject.html`,
    apply({ headers }) {
      const key = headers['x-amz-server-side-encryption-aws-kms-key-id'];
      if (key === undefined) return;
      if (headers['x-amz-server-side-encryption']?.startsWith('aws:kms')) return;
      throw invalidArgument(
        'x-amz-server-side-encryption',
        String(headers['x-amz-server-side-encryption']),
        'Server Side Encryption with AWS KMS managed key requires HTTP header x-amz-server-side-encryption : aws:kms',
      );
    },
  },
  {
    name: 'storage-class',
    rule: 'A storage class that does not exist in a general purpose bucket is refused: 400 InvalidStorageClass.',
    source: `${API}/ErrorResponses.html`,
    apply({ headers }) {
      const name = headers['x-amz-storage-class'];
      if (name === undefined || STORAGE_CLASSES.includes(name)) return;
      throw new S3Error(
        400,
        'InvalidStorageClass',
        'The storage class you specified is not valid',
        { details: { StorageClassRequested: name } },
      );
    },
  },
];

module.exports = { checkSettings, settingsOf, encryptionHeaders, RULES };
