'use strict';

const { ask } = require('../client');

const OWNER = {
  secret: 'secret',
  account: '123456789012',
  arn: 'arn:aws:iam::123456789012:user/owner',
};
const OUTSIDER = {
  secret: 'secret of another account',
  account: '999999999999',
  arn: 'arn:aws:iam::999999999999:user/outsider',
};
const KEYS = { AKIAOWNER: OWNER, AKIAOUTSIDER: OUTSIDER };

const allow = (Action, Resource, more) => ({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Action, Resource, ...more }],
});

const READABLE = JSON.stringify(
  allow('s3:GetObject', 'arn:aws:s3:::films/cats/*', { Principal: '*' }),
);

const denyUnless = (condition) =>
  JSON.stringify({
    Statement: {
      Effect: 'Deny',
      Principal: '*',
      Action: 's3:PutObject',
      Resource: 'arn:aws:s3:::films/*',
      Condition: condition,
    },
  });

const ENCRYPTION = 's3:x-amz-server-side-encryption';

/** A bucket with an object `cats/a` that was put with some headers. */
const withObject = (properties, headers) => async (server) => {
  const bucket = server.createBucket('films');
  await ask(server, 'PUT', '/films/cats/a', { body: 'meow', headers });
  Object.assign(bucket, properties);
};

const read = (server) => ask(server, 'GET', '/films/cats/a', { anonymous: true });
const readAsOutsider = (server) =>
  ask(server, 'GET', '/films/cats/a', { accessKeyId: 'AKIAOUTSIDER' });

const REFUSED = { status: 403, code: 'AccessDenied' };

module.exports = [
  {
    rule: 'expected-owner',
    title: 'a bucket that belongs to another account than expected',
    given: (server) => server.createBucket('films'),
    request: (server) =>
      ask(server, 'PUT', '/films/a', {
        headers: { 'x-amz-expected-bucket-owner': OUTSIDER.account },
      }),
    answer: REFUSED,
  },
  {
    rule: 'requester-pays',
    title: 'another account that does not declare that it pays',
    options: { keys: KEYS },
    given: withObject({ policy: READABLE, requesterPays: true }),
    request: readAsOutsider,
    answer: REFUSED,
  },
  {
    rule: 'requester-pays',
    title: 'an anonymous request to a requester-pays bucket',
    given: withObject({ policy: READABLE, requesterPays: true }),
    request: read,
    answer: REFUSED,
  },
  ...[
    [{ Null: { [ENCRYPTION]: 'true' } }, undefined],
    [{ StringNotEquals: { [ENCRYPTION]: 'AES256' } }, undefined],
    [{ StringNotEquals: { [ENCRYPTION]: 'aws:kms' } }, 'AES256'],
  ].map(([condition, encryption]) => ({
    rule: 'bucket-policy-deny',
    title: `PutObject ${encryption ? `with ${encryption}` : 'without encryption'} under a Deny with ${JSON.stringify(condition)}`,
    given: (server) => server.createBucket('films', { policy: denyUnless(condition) }),
    request: (server) =>
      ask(server, 'PUT', '/films/a', {
        headers: { 'x-amz-server-side-encryption': encryption },
      }),
    answer: { ...REFUSED, message: /s3:PutObject.*explicit deny/ },
  })),
  {
    rule: 'identity-policy',
    title: 'listing a bucket without its prefix, where only a prefix may be listed',
    options: {
      keys: {
        AKIAOWNER: {
          ...OWNER,
          policy: allow('s3:ListBucket', '*', {
            Condition: { StringLike: { 's3:prefix': 'cats/*' } },
          }),
        },
      },
    },
    given: (server) => server.createBucket('films'),
    request: (server) => ask(server, 'GET', '/films?list-type=2'),
    answer: { ...REFUSED, message: /s3:ListBucket/ },
  },
  {
    rule: 'identity-policy',
    title: "listing the account's buckets, where only one bucket may be listed",
    options: { keys: { AKIAOWNER: { ...OWNER, policy: allow('s3:ListBucket', '*') } } },
    given: (server) => server.createBucket('films'),
    request: (server) => ask(server, 'GET', '/'),
    answer: { ...REFUSED, message: /s3:ListAllMyBuckets/ },
  },
  {
    rule: 'outsiders-refused',
    title: 'an anonymous request for a private object',
    given: withObject(),
    request: read,
    answer: REFUSED,
  },
  {
    rule: 'outsiders-refused',
    title: 'another account that reads a private object',
    options: { keys: KEYS },
    given: withObject(),
    request: readAsOutsider,
    answer: REFUSED,
  },
  {
    rule: 'public-by-policy',
    title: 'an anonymous request for an object that the policy makes public',
    given: withObject({ policy: READABLE }),
    request: read,
    answer: { status: 200, body: 'meow' },
  },
  ...[
    ['the bucket', {}, { RestrictPublicBuckets: true }],
    ['the account', { accountPublicAccessBlock: { RestrictPublicBuckets: true } }, {}],
  ].map(([owner, options, publicAccessBlock]) => ({
    rule: 'restrict-public-buckets',
    title: `RestrictPublicBuckets of ${owner}`,
    options,
    given: withObject({ policy: READABLE, publicAccessBlock }),
    request: read,
    answer: REFUSED,
  })),
  {
    rule: 'public-by-acl',
    title: 'an anonymous request for an object with a public ACL',
    given: withObject({}, { 'x-amz-acl': 'public-read' }),
    request: read,
    answer: { status: 200, body: 'meow' },
  },
  {
    rule: 'ignore-public-acls',
    title: 'an object whose public ACL is ignored',
    given: withObject(
      { publicAccessBlock: { IgnorePublicAcls: true } },
      { 'x-amz-acl': 'public-read' },
    ),
    request: read,
    answer: REFUSED,
  },
];
