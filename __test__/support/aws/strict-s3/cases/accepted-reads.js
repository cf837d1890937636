'use strict';

// More requests that S3 accepts: listings, versions and what buckets are asked for.

const { ask } = require('../client');
const { md5 } = require('../checksums');

const account = '123456789012';
const OWNER = { secret: 'secret', account, arn: `arn:aws:iam::${account}:user/owner` };

const bucket = (properties) => (server) => server.createBucket('films', properties);
const put = (options) => (server) => ask(server, 'PUT', '/films/a', { body: 'hallo', ...options });
const uploadId = ({ body }) => /<UploadId>([^<]*)</.exec(body)[1];

const PREFIX_ONLY = {
  Statement: {
    Effect: 'Allow',
    Action: 's3:ListBucket',
    Resource: '*',
    Condition: { StringLike: { 's3:prefix': 'cats/*' } },
  },
};

const putKeys = (keys) => async (server) => {
  bucket()(server);
  for (const key of keys) await ask(server, 'PUT', `/films/${encodeURIComponent(key)}`);
};

module.exports = [
  {
    title: 'listing a prefix that may be listed',
    options: { keys: { AKIAOWNER: { ...OWNER, policy: PREFIX_ONLY } } },
    given: bucket(),
    request: (server) => ask(server, 'GET', '/films?list-type=2&prefix=cats%2F'),
    answer: { status: 200, body: /<KeyCount>0</ },
  },
  {
    title: 'listing the buckets of the account with a prefix',
    given: (server) => {
      server.createBucket('films', { region: 'eu-west-1' });
      server.createBucket('films-of-others', { account: '999999999999' });
      server.createBucket('books');
    },
    request: async (server) => {
      const { status, body } = await ask(server, 'GET', '/?prefix=fi');
      return { status, names: body.match(/<Name>[^<]*/g).join(), body };
    },
    answer: { status: 200, names: '<Name>films', body: /<CreationDate>1970-.*>eu-west-1</ },
  },
  {
    title: 'listing keys that XML cannot hold, as they are',
    given: putKeys(['c\u0010', 'd\ufffe']),
    request: (server) => ask(server, 'GET', '/films?list-type=2'),
    answer: { status: 200, body: /<Key>c&#x10;<\/Key>.*<Key>d\ufffe<\/Key>/ },
  },
  {
    title: 'listing from page to page',
    given: putKeys(['a', 'b', 'c']),
    request: async (server) => {
      const path = '/films?list-type=2&max-keys=1';
      const { body } = await ask(server, 'GET', `${path}&start-after=a`);
      const [, token] = /<NextContinuationToken>([^<]*)</.exec(body);
      return ask(server, 'GET', `${path}&continuation-token=${encodeURIComponent(token)}`);
    },
    answer: { status: 200, body: /<IsTruncated>false<.*<Key>c</ },
  },
  {
    title: 'listing uploads from page to page',
    given: async (server) => {
      bucket()(server);
      for (const key of ['a', 'b']) await ask(server, 'POST', `/films/${key}?uploads`);
    },
    request: async (server) => {
      const path = '/films?uploads&max-uploads=1';
      const { body } = await ask(server, 'GET', path);
      const [, id] = /<NextUploadIdMarker>([^<]*)</.exec(body);
      return ask(server, 'GET', `${path}&key-marker=a&upload-id-marker=${id}`);
    },
    answer: { status: 200, body: /<IsTruncated>false<.*<Upload><Key>b</ },
  },
  {
    title: 'listing the parts of an upload',
    given: bucket(),
    request: async (server) => {
      const id = uploadId(await ask(server, 'POST', '/films/a?uploads'));
      await ask(server, 'PUT', `/films/a?partNumber=3&uploadId=${id}`, { body: 'hallo' });
      return ask(server, 'GET', `/films/a?uploadId=${id}`);
    },
    answer: { status: 200, body: /<PartNumber>3<.*<Size>5</ },
  },
  {
    title: 'AbortMultipartUpload',
    given: bucket(),
    request: async (server) => {
      const id = uploadId(await ask(server, 'POST', '/films/a?uploads'));
      const { status } = await ask(server, 'DELETE', `/films/a?uploadId=${id}`);
      return { status, uploads: server.buckets.get('films').uploads.size };
    },
    answer: { status: 204, uploads: 0 },
  },
  {
    title: 'an old version, when its key is deleted',
    given: bucket({ isVersioned: true }),
    request: async (server) => {
      const { headers } = await put()(server);
      await ask(server, 'DELETE', '/films/a');
      return ask(server, 'GET', `/films/a?versionId=${headers['x-amz-version-id']}`);
    },
    answer: { status: 200, body: 'hallo' },
  },
  {
    title: 'deleting a key that is not there',
    given: bucket(),
    request: (server) => ask(server, 'DELETE', '/films/a'),
    answer: { status: 204, headers: { 'x-amz-delete-marker': undefined } },
  },
  {
    title: 'a public policy when its block is off',
    given: bucket(),
    request: async (server) => {
      const policy = JSON.stringify({
        Statement: [
          {
            Effect: 'Allow',
            Principal: '*',
            Action: 's3:GetObject',
            Resource: 'arn:aws:s3:::films/*',
          },
        ],
      });
      await ask(server, 'PUT', '/films?policy', { body: policy });
      return ask(server, 'GET', '/films?policy');
    },
    answer: { status: 200, body: /GetObject/ },
  },
  {
    title: "reading and removing a new bucket's block of public access",
    request: async (server) => {
      await ask(server, 'PUT', '/films');
      const { body } = await ask(server, 'GET', '/films?publicAccessBlock');
      const { status } = await ask(server, 'DELETE', '/films?publicAccessBlock');
      return { body, status, now: server.buckets.get('films').publicAccessBlock };
    },
    answer: {
      body: /<BlockPublicAcls>true<.*<RestrictPublicBuckets>true</,
      status: 204,
      now: { BlockPublicAcls: false, RestrictPublicBuckets: false },
    },
  },
  {
    title: 'reading the rules for cross-origin requests',
    given: bucket(),
    request: async (server) => {
      const rule = '<AllowedOrigin>*</AllowedOrigin><AllowedMethod>GET</AllowedMethod>';
      const body = `<CORSConfiguration><CORSRule>${rule}</CORSRule></CORSConfiguration>`;
      const headers = { 'content-md5': md5(body).digest('base64') };
      const before = await ask(server, 'GET', '/films?cors');
      await ask(server, 'PUT', '/films?cors', { headers, body });
      const after = await ask(server, 'GET', '/films?cors');
      return { before: before.code, after: after.body };
    },
    answer: { before: 'NoSuchCORSConfiguration', after: /<AllowedOrigin>\*</ },
  },
  {
    title: 'GetCallerIdentity, whatever the policy',
    options: { keys: { AKIAOWNER: { ...OWNER, policy: { Statement: [] } } } },
    request: (server) =>
      ask(server, 'POST', '/', {
        service: 'sts',
        body: 'Action=GetCallerIdentity&Version=2011-06-15',
      }),
    answer: { status: 200, body: /<Account>123456789012</ },
  },
];
