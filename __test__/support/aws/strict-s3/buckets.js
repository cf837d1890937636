'use strict';

// Creates and configures buckets.

const { requireIdentityAction } = require('./access');
const { S3Error, malformedXml } = require('./errors');
const { additionalActions } = require('./operations');
const { readLocation } = require('./regions');
const { child, childText, childrenOf, element, parse, result } = require('./xml');

const API = 'https://docs.aws.amazon.com/AmazonS3/latest/API';
const GUIDE = 'https://docs.aws.amazon.com/AmazonS3/latest/userguide';

const BLOCK_SETTINGS = [
  'BlockPublicAcls',
  'IgnorePublicAcls',
  'BlockPublicPolicy',
  'RestrictPublicBuckets',
];

const all = (value) => Object.fromEntries(BLOCK_SETTINGS.map((name) => [name, value]));

/** A bucket of an account and a region. Tests may change its properties. */
function newBucket(name, properties) {
  return {
    name,
    createdAt: Date.now(),
    acl: 'private',
    ownership: 'ObjectWriter',
    publicAccessBlock: all(false),
    policy: undefined,
    cors: undefined,
    /** The default encryption: `AES256` or `aws:kms`. */
    encryption: 'AES256',
    isVersioned: false,
    requesterPays: false,
    /** How requests by another region are refused: 301, 307 or 400. */
    redirect: 301,
    objects: new Map(),
    /** All versions and delete markers, the newest last. */
    versions: [],
    uploads: new Map(),
    completedUploads: new Map(),
    ...properties,
  };
}

function createBucket(call) {
  const { bucketName: name, caller, region, server } = call;
  for (const action of [call.action, ...additionalActions(call)])
    requireIdentityAction(call, action);
  call.rule('bucket-name');
  const location = readLocation(call);
  call.rule('location-name', location);
  call.rule('location-of-endpoint', location);
  const existing = server.buckets.get(name);
  if (existing) return recreate(call, existing, location);
  const acl = call.headers['x-amz-acl'] ?? 'private';
  const ownership =
    call.headers['x-amz-object-ownership'] ?? call.rule('new-bucket-ownership') ?? 'ObjectWriter';
  call.rule('bucket-acl', acl, ownership);
  const properties = {
    account: caller.account,
    region: location ?? region,
    acl,
    ownership,
    publicAccessBlock: call.rule('new-bucket-block') ?? all(false),
  };
  server.buckets.set(name, newBucket(name, properties));
  return { status: 200, headers: { location: `/${name}` } };
}

function recreate(call, existing, location) {
  if (existing.account !== call.caller.account) call.rule('bucket-taken');
  if (!call.rule('recreation-in-us-east-1', existing, location)) call.rule('bucket-owned-by-you');
  return { status: 200, headers: { location: `/${existing.name}` } };
}

/** The buckets of the caller's account, in all regions, by the time of their creation. */
function listBuckets(call) {
  const { caller, query, server } = call;
  requireIdentityAction(call, call.action);
  const isListed = ({ name, account }) =>
    account === caller.account && name.startsWith(query.get('prefix') ?? '');
  const listed = [...server.buckets.values()]
    .filter(isListed)
    .map(({ name, region, createdAt }) => {
      const time = element('CreationDate', new Date(createdAt).toISOString());
      return `<Bucket>${element('Name', name)}${time}${element('BucketRegion', region)}</Bucket>`;
    });
  return {
    status: 200,
    headers: { 'content-type': 'application/xml' },
    body: result('ListAllMyBucketsResult', `<Buckets>${listed.join('')}</Buckets>`),
  };
}

function putPublicAccessBlock({ body, bucket }) {
  const configuration = parse(body.toString());
  if (configuration?.name !== 'PublicAccessBlockConfiguration') throw malformedXml();
  const isOn = (name) => childText(configuration, name) === 'true';
  bucket.publicAccessBlock = Object.fromEntries(BLOCK_SETTINGS.map((name) => [name, isOn(name)]));
  return { status: 200 };
}

function getPublicAccessBlock({ bucket }) {
  const settings = BLOCK_SETTINGS.map((name) =>
    element(name, String(bucket.publicAccessBlock[name] ?? false)),
  );
  return {
    status: 200,
    headers: { 'content-type': 'application/xml' },
    body: result('PublicAccessBlockConfiguration', settings.join('')),
  };
}

function deletePublicAccessBlock({ bucket }) {
  bucket.publicAccessBlock = all(false);
  return { status: 204 };
}

function putBucketCors({ body, bucket }) {
  const configuration = parse(body.toString());
  const rules = configuration ? childrenOf(configuration, 'CORSRule') : [];
  const isComplete = (rule) => child(rule, 'AllowedOrigin') && child(rule, 'AllowedMethod');
  if (rules.length === 0 || !rules.every(isComplete)) throw malformedXml();
  bucket.cors = body.toString();
  return { status: 200 };
}

function getBucketCors({ bucket }) {
  if (bucket.cors !== undefined) {
    return { status: 200, headers: { 'content-type': 'application/xml' }, body: bucket.cors };
  }
  throw new S3Error(404, 'NoSuchCORSConfiguration', 'The CORS configuration does not exist', {
    details: { BucketName: bucket.name },
  });
}

/** `HeadBucket`: the region is in a header of every answer about a bucket, see `locateBucket`. */
const headBucket = ({ bucket }) => ({
  status: 200,
  headers: { 'x-amz-bucket-region': bucket.region, 'x-amz-access-point-alias': 'false' },
});

const RULES = [
  {
    name: 'bucket-name',
    rule: 'A bucket has 3 to 63 lower-case letters, digits, dots and hyphens, begins and ends with a letter or digit: else 400 InvalidBucketName.',
    source: `${GUIDE}/bucketnamingrules.html`,
    apply({ bucketName: name }) {
      const isValid = /^[a-z\d][a-z\d.-]{1,61}[a-z\d]$/.test(name) && !/\.\.|\.-|-\./.test(name);
      if (isValid) return;
      throw new S3Error(400, 'InvalidBucketName', 'The specified bucket is not valid.', {
        details: { BucketName: name },
      });
    },
  },
  {
    name: 'bucket-taken',
    rule: "The name of another account's bucket cannot be taken: 409 BucketAlreadyExists.",
    source: `${API}/ErrorResponses.html`,
    apply({ bucketName }) {
      throw new S3Error(
        409,
        'BucketAlreadyExists',
        'The requested bucket name is not available. The bucket namespace is shared by all users of the system. Please select a different name and try again.',
        { details: { BucketName: bucketName } },
      );
    },
  },
  {
    name: 'bucket-owned-by-you',
    rule: 'Creating a bucket again that one owns is refused: 409 BucketAlreadyOwnedByYou. (Newer reports have 400 AuthorizationHeaderMalformed where the bucket is in another region than the one asked: hashicorp/terraform-provider-aws#14544.)',
    source: 'https://github.com/scality/cloudserver/issues/475',
    apply({ bucketName }) {
      throw new S3Error(
        409,
        'BucketAlreadyOwnedByYou',
        'Your previous request to create the named bucket succeeded and you already own it.',
        { details: { BucketName: bucketName } },
      );
    },
  },
  {
    name: 'recreation-in-us-east-1',
    rule: 'In us-east-1, creating a bucket of us-east-1 again that one owns succeeds and resets its ACL.',
    source: 'https://github.com/awslabs/aws-sdk-rust/issues/592',
    apply({ region }, existing, location) {
      const isThere = existing.region === 'us-east-1' && region === 'us-east-1' && !location;
      if (isThere) existing.acl = 'private';
      return isThere;
    },
  },
  {
    name: 'new-bucket-ownership',
    rule: 'A new bucket has ACLs disabled (BucketOwnerEnforced), unless x-amz-object-ownership names something else.',
    source: `${GUIDE}/about-object-ownership.html`,
    apply: () => 'BucketOwnerEnforced',
  },
  {
    name: 'new-bucket-block',
    rule: 'A new bucket has all four settings of Block Public Access on.',
    source: `${GUIDE}/access-control-block-public-access.html`,
    apply: () => all(true),
  },
  {
    name: 'bucket-acl',
    rule: 'A bucket with ACLs disabled cannot be created with an ACL: 400 InvalidBucketAclWithObjectOwnership.',
    source: `${API}/ErrorResponses.html`,
    apply(_, acl, ownership) {
      if (acl === 'private' || ownership !== 'BucketOwnerEnforced') return;
      throw new S3Error(
        400,
        'InvalidBucketAclWithObjectOwnership',
        "Bucket cannot have ACLs set with ObjectOwnership's BucketOwnerEnforced setting",
      );
    },
  },
];

module.exports = {
  newBucket,
  listBuckets,
  createBucket,
  headBucket,
  putPublicAccessBlock,
  getPublicAccessBlock,
  deletePublicAccessBlock,
  putBucketCors,
  getBucketCors,
  RULES,
};
