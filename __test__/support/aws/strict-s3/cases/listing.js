'use strict';

const { ask } = require('../client');

const withKeys = (keys) => (server) => {
  const bucket = server.createBucket('films');
  for (const key of keys) {
    const properties = { body: Buffer.from(''), etag: 'd41d8', lastModified: 0 };
    bucket.objects.set(key, { key, ...properties, storageClass: 'STANDARD', headers: {} });
  }
};

const list = (query) => (server) => ask(server, 'GET', `/films?list-type=2${query}`);

const numbered = Array.from({ length: 1001 }, (_, i) => `key${String(i).padStart(4, '0')}`);

const count = (text, name) => text.split(`<${name}>`).length - 1;

module.exports = [
  {
    rule: 'encoding-type',
    title: 'keys that XML cannot hold, URL-encoded',
    given: withKeys(['a b/é', 'c\u0010', 'd\ufffe']),
    request: list('&encoding-type=url'),
    answer: {
      status: 200,
      body: /<Key>a\+b\/%C3%A9<\/Key>.*<Key>c%10<\/Key>.*<Key>d%EF%BF%BE<\/Key>/,
    },
  },
  {
    rule: 'page-size',
    title: 'a page of 5,000 keys',
    given: withKeys(numbered),
    request: async (server) => {
      const { body } = await list('&max-keys=5000')(server);
      return { keys: count(body, 'Key'), body };
    },
    answer: { keys: 1000, body: /<IsTruncated>true<.*<NextContinuationToken>/ },
  },
  {
    rule: 'page-size',
    title: 'a page of 1,001 uploads in parts',
    given: (server) => {
      const bucket = server.createBucket('films');
      for (const key of numbered) {
        const settings = { storageClass: 'STANDARD' };
        bucket.uploads.set(key, { id: key, key, initiated: 0, settings, parts: new Map() });
      }
    },
    request: async (server) => {
      const { body } = await ask(server, 'GET', '/films?uploads&max-uploads=2000');
      return { uploads: count(body, 'Upload'), body };
    },
    answer: { uploads: 1000, body: /<NextKeyMarker>key0999<.*<IsTruncated>true</ },
  },
  {
    rule: 'order-of-keys',
    title: 'keys whose order in UTF-8 is not that in UTF-16',
    given: withKeys(['\u{1f408}', '\uff01', 'b', 'B']),
    request: list(''),
    answer: {
      status: 200,
      body: /<Key>B<.*<Key>b<.*<Key>\uff01<.*<Key>\u{1f408}</u,
    },
  },
  {
    rule: 'continuation-token',
    title: 'a key in place of a continuation token',
    given: withKeys(['a', 'b']),
    request: list('&continuation-token=a'),
    answer: { status: 400, code: 'InvalidArgument' },
  },
];
