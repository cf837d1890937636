'use strict';

const { ask } = require('../client');

const OUTSIDER = '999999999999';

const location = (name) =>
  `<CreateBucketConfiguration><LocationConstraint>${name}</LocationConstraint></CreateBucketConfiguration>`;

const create = (options) => (server) => ask(server, 'PUT', '/films', options);
const head = (server) => ask(server, 'HEAD', '/films');
const list = (options) => (server) => ask(server, 'GET', '/films?list-type=2', options);
const putPolicy = (policy) => (server) =>
  ask(server, 'PUT', '/films?policy', {
    body: typeof policy === 'string' ? policy : JSON.stringify(policy),
  });

const statement = (more) => ({
  Sid: 'Read',
  Effect: 'Allow',
  Principal: '*',
  Action: 's3:GetObject',
  Resource: 'arn:aws:s3:::films/*',
  ...more,
});

const LONG = {
  Statement: Array.from({ length: 180 }, (_, i) =>
    statement({ Sid: `Read${i}`, Principal: { AWS: `arn:aws:iam::123456789012:user/${i}` } }),
  ),
};

const MALFORMED = [
  ['text that is not JSON', 'no policy'],
  ['a policy without statements', {}],
  ['a policy without a resource', { Statement: statement({ Resource: undefined }) }],
  [
    'a policy about another bucket',
    { Statement: statement({ Resource: 'arn:aws:s3:::others/*' }) },
  ],
  ['a policy with an action of another service', { Statement: statement({ Action: 'iam:*' }) }],
];

module.exports = [
  ...['ab', 'Films', 'fil_ms', 'films-', 'a..b', 'a'.repeat(64)].map((name) => ({
    rule: 'bucket-name',
    title: `a bucket named '${name.slice(0, 10)}'`,
    request: (server) => ask(server, 'PUT', `/${name}`),
    answer: { status: 400, code: 'InvalidBucketName' },
  })),
  ...['us-east-1', 'nowhere'].map((name) => ({
    rule: 'location-name',
    title: `the LocationConstraint ${name} in us-east-1`,
    request: create({ body: location(name) }),
    answer: { status: 400, code: 'InvalidLocationConstraint' },
  })),
  ...[undefined, 'eu-west-1'].map((name) => ({
    rule: 'location-of-endpoint',
    title: `${name ? `the LocationConstraint ${name}` : 'no LocationConstraint'} in eu-central-1`,
    options: { region: 'eu-central-1' },
    request: create({ body: name && location(name) }),
    answer: {
      status: 400,
      code: 'IllegalLocationConstraintException',
      message: new RegExp(`^The ${name ?? 'unspecified'} location constraint is incompatible`),
    },
  })),
  {
    rule: 'bucket-taken',
    title: "the name of another account's bucket",
    given: (server) => server.createBucket('films', { account: OUTSIDER, region: 'eu-west-1' }),
    request: create(),
    answer: { status: 409, code: 'BucketAlreadyExists' },
  },
  {
    rule: 'bucket-owned-by-you',
    title: 'a bucket that is created twice in eu-west-1',
    options: { region: 'eu-west-1' },
    given: create({ body: location('eu-west-1') }),
    request: create({ body: location('eu-west-1') }),
    answer: { status: 409, code: 'BucketAlreadyOwnedByYou' },
  },
  {
    rule: 'bucket-owned-by-you',
    title: 'a bucket of eu-west-1 that is created again in us-east-1',
    given: (server) => server.createBucket('films', { region: 'eu-west-1' }),
    request: create(),
    answer: { status: 409, code: 'BucketAlreadyOwnedByYou' },
  },
  {
    rule: 'recreation-in-us-east-1',
    title: 'a bucket that is created twice in us-east-1',
    given: (server) => server.createBucket('films', { acl: 'public-read' }),
    request: async (server) => ({
      ...(await create()(server)),
      acl: server.buckets.get('films').acl,
    }),
    answer: { status: 200, acl: 'private' },
  },
  {
    rule: 'new-bucket-ownership',
    title: 'an object with an ACL in a new bucket',
    given: async (server) => {
      await create()(server);
      server.buckets.get('films').publicAccessBlock = {};
    },
    request: (server) =>
      ask(server, 'PUT', '/films/a', { headers: { 'x-amz-acl': 'public-read' } }),
    answer: { status: 400, code: 'AccessControlListNotSupported' },
  },
  {
    rule: 'new-bucket-block',
    title: 'an object with a public ACL in a new bucket with ACLs',
    given: create({ headers: { 'x-amz-object-ownership': 'BucketOwnerPreferred' } }),
    request: (server) =>
      ask(server, 'PUT', '/films/a', { headers: { 'x-amz-acl': 'public-read' } }),
    answer: { status: 403, code: 'AccessDenied', message: /BlockPublicAcls/ },
  },
  {
    rule: 'bucket-acl',
    title: 'a new bucket with an ACL',
    request: create({ headers: { 'x-amz-acl': 'public-read' } }),
    answer: { status: 400, code: 'InvalidBucketAclWithObjectOwnership' },
  },
  {
    rule: 'policy-size',
    title: 'a policy of more than 20 KB',
    given: (server) => server.createBucket('films'),
    request: putPolicy(LONG),
    answer: { status: 400, code: 'PolicyTooLarge' },
  },
  ...MALFORMED.map(([title, policy]) => ({
    rule: 'policy-form',
    title,
    given: (server) => server.createBucket('films'),
    request: putPolicy(policy),
    answer: { status: 400, code: 'MalformedPolicy' },
  })),
  {
    rule: 'block-public-policy',
    title: 'a public policy in a new bucket',
    given: create(),
    request: putPolicy({ Statement: statement() }),
    answer: { status: 403, code: 'AccessDenied', message: /BlockPublicPolicy/ },
  },
  {
    rule: 'permanent-redirect',
    title: 'a bucket of another region',
    given: (server) => server.createBucket('films', { region: 'eu-west-1' }),
    request: list(),
    answer: {
      status: 301,
      code: 'PermanentRedirect',
      body: /<Endpoint>films\.s3\.eu-west-1\.amazonaws\.com</,
      headers: { 'x-amz-bucket-region': 'eu-west-1' },
    },
  },
  {
    rule: 'permanent-redirect',
    title: 'HeadBucket of a bucket of another region',
    given: (server) => server.createBucket('films', { region: 'eu-west-1' }),
    request: head,
    answer: { status: 301, body: '', headers: { 'x-amz-bucket-region': 'eu-west-1' } },
  },
  {
    rule: 'temporary-redirect',
    title: 'a new bucket whose name has not spread',
    given: (server) => server.createBucket('films', { region: 'eu-west-1', redirect: 307 }),
    request: list(),
    answer: {
      status: 307,
      code: 'TemporaryRedirect',
      headers: { location: 'https://films.s3.eu-west-1.amazonaws.com/films?list-type=2' },
    },
  },
  {
    rule: 'region-of-scope',
    title: 'a request signed for another region than the one it reached',
    given: (server) => server.createBucket('films', { region: 'eu-west-1', redirect: 400 }),
    request: list(),
    answer: {
      status: 400,
      code: 'AuthorizationHeaderMalformed',
      body: /<Region>eu-west-1</,
      message:
        "The authorization header is malformed; the region 'us-east-1' is wrong; expecting 'eu-west-1'",
    },
  },
];
