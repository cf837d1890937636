'use strict';

// The shim's signatures, beside those of version 3, and its credentials and endpoints.

const assert = require('node:assert/strict');
const crypto = require('node:crypto');
const http = require('node:http');
const path = require('node:path');
const { test } = require('node:test');
const zlib = require('node:zlib');
const { SignatureV4 } = require('@smithy/signature-v4');
const { useEnvironment } = require('../support/environment');
const { random } = require('../support/prng');

const SHIM = path.join(__dirname, '..', '..', 'src', 'lambda', 'runtime', 'js', 'aws-sdk');
const AWS = require(SHIM);
const { signatureHeaders } = require(path.join(SHIM, 'signature'));

class Sha256 {
  constructor(key) {
    this.hash = key ? crypto.createHmac('sha256', key) : crypto.createHash('sha256');
  }

  update(text) {
    this.hash.update(text);
  }

  digest() {
    return this.hash.digest();
  }
}

/** Returns the signature of version 3 for the header fields that the shim signs. */
async function signatureOfVersion3({ method, path: target, headers, body }, signer) {
  const { pathname, searchParams } = new URL(target, 'http://localhost');
  const v3 = new SignatureV4({ ...signer, sha256: Sha256 });
  const query = {};
  for (const [key, value] of searchParams) query[key] = [...(query[key] || []), value];
  const request = { method, protocol: 'https:', hostname: headers.Host, path: pathname };
  const signed = await v3.sign(
    { ...request, query, headers: { ...headers }, body },
    { signingDate: signer.date, unsignableHeaders: new Set(['content-type', 'content-length']) },
  );
  return signed.headers.authorization;
}

test('signatures are those of version 3', async () => {
  const chance = random(3);
  const pick = (list) => list[Math.floor(chance() * list.length)];
  const textOf = (length) =>
    Array.from({ length }, () =>
      pick(['a', 'Z', '9', ' ', '-', '~', '%', '\u00e4', '\u{1F375}']),
    ).join('');
  for (let round = 0; round < 100; round += 1) {
    const body = textOf(pick([0, 1, 300]));
    const headers = {
      Host: pick(['dynamodb.eu-west-1.amazonaws.com', '127.0.0.1:4566']),
      'Content-Type': 'application/x-amz-json-1.0',
      'X-Amz-Target': 'DynamoDB_20120810.GetItem',
      'X-Amz-Content-Sha256': crypto.createHash('sha256').update(body).digest('hex'),
      'x-amz-note': `  a ${pick(['', ' '])} b${pick(['', '\t'])} `,
      'User-Agent': 'tea',
    };
    const target = pick(['/', '/a/b', '/?b=2&a=1', '/x?a=%20&a=b']);
    const request = { method: pick(['POST', 'GET']), path: target, headers, body };
    const signer = {
      credentials: {
        accessKeyId: 'AKID',
        secretAccessKey: textOf(40),
        sessionToken: pick([undefined, 'TOKEN/+=']),
      },
      date: new Date(Math.floor(chance() * 2 ** 41)),
      region: pick(['eu-west-1', 'cn-north-1']),
      service: pick(['dynamodb', 'monitoring']),
    };
    const { Authorization } = signatureHeaders(request, signer);
    assert.strictEqual(Authorization, await signatureOfVersion3(request, signer));
  }
});

test('the checksum is that of zlib, also on a Node.js that has none', () => {
  const file = require.resolve(path.join(SHIM, 'crc32'));
  delete require.cache[file];
  const { crc32: ofZlib } = zlib;
  zlib.crc32 = undefined;
  const { crc32 } = require(file);
  if (ofZlib) zlib.crc32 = ofZlib;
  else delete zlib.crc32;
  delete require.cache[file];
  // The check value of CRC-32/ISO-HDLC.
  assert.strictEqual(crc32(Buffer.from('123456789')), 0xcbf43926);
  assert.strictEqual(crc32(Buffer.alloc(0)), 0);
});

/** Starts a server that answers each request with `answer(headers)`, as JSON. */
async function startJson(t, answer) {
  const seen = [];
  const server = http.createServer(({ url, headers }, response) => {
    seen.push({ url, ...headers });
    response.end(JSON.stringify(answer(headers)));
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${server.address().port}`, seen };
}

test('with SnapStart, keys come from the container endpoint, and are renewed before their end', async (t) => {
  let count = 0;
  const keys = await startJson(t, () => ({
    AccessKeyId: `AKID${(count += 1)}`,
    SecretAccessKey: 'secret',
    Token: 'TOKEN',
    Expiration: new Date(Date.now() + (count > 1 ? 3600000 : 10000)).toISOString(),
  }));
  const store = await startJson(t, () => ({}));
  const restore = useEnvironment({
    AWS_CONTAINER_CREDENTIALS_FULL_URI: `${keys.url}/keys`,
    AWS_CONTAINER_AUTHORIZATION_TOKEN: 'Bearer tea',
  });
  t.after(restore);
  const config = new AWS.Config();
  const client = new AWS.DynamoDB({ ...config, endpoint: store.url, region: 'eu-west-1' });
  for (let call = 0; call < 3; call += 1) await client.listTables().promise();
  await Promise.all([client.listTables().promise(), client.listTables().promise()]);
  assert.deepStrictEqual(
    keys.seen.map(({ url, authorization }) => [url, authorization]),
    Array(2).fill(['/keys', 'Bearer tea']),
  );
  assert.strictEqual(store.seen[0]['x-amz-security-token'], 'TOKEN');
  const used = store.seen.map(({ authorization }) => /Credential=(\w+)/.exec(authorization)[1]);
  assert.deepStrictEqual(used, Array(5).fill('AKID2'));
});

test('keys that AWS refuses as expired are fetched again', async (t) => {
  const environment = useEnvironment({ AWS_ACCESS_KEY_ID: 'OLD', AWS_SECRET_ACCESS_KEY: 's' });
  t.after(environment);
  const config = new AWS.Config();
  const server = http.createServer(({ headers }, response) => {
    const isOld = headers.authorization.includes('OLD');
    response.writeHead(isOld ? 400 : 200);
    response.end(isOld ? '{"__type": "x#ExpiredTokenException", "message": "old"}' : '{}');
    process.env.AWS_ACCESS_KEY_ID = 'NEW';
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close(server.closeAllConnections()));
  const endpoint = `http://127.0.0.1:${server.address().port}`;
  const options = { ...config, endpoint, region: 'eu-west-1', retryDelayOptions: { base: 1 } };
  assert.deepStrictEqual(await new AWS.DynamoDB(options).listTables().promise(), {});
});

test('no credentials at all, or an endpoint of keys that fails, are an error of the call', async (t) => {
  const broken = await startJson(t, () => 'no keys');
  const uris = ['http://127.0.0.1:1/', broken.url];
  const environments = uris.map((uri) => ({ AWS_CONTAINER_CREDENTIALS_FULL_URI: uri }));
  for (const variables of [{}, ...environments]) {
    const restore = useEnvironment(variables);
    const config = new AWS.Config();
    const client = new AWS.DynamoDB({ ...config, region: 'eu-west-1' });
    await assert.rejects(client.listTables().promise(), { code: 'CredentialsError' });
    restore();
  }
});

test('endpoints come from the client, the variable of the service, or the one of all', () => {
  const hostWith = (variables, options) => {
    const restore = useEnvironment(variables);
    const { host } = new AWS.DynamoDB({ region: 'eu-west-1', ...options }).endpoint;
    restore();
    return host;
  };
  const all = { AWS_ENDPOINT_URL: 'http://all:1' };
  const own = { ...all, AWS_ENDPOINT_URL_DYNAMODB: 'http://own:2' };
  const none = {};
  assert.strictEqual(hostWith(none), 'dynamodb.eu-west-1.amazonaws.com');
  assert.strictEqual(hostWith(all), 'all:1');
  assert.strictEqual(hostWith(own), 'own:2');
  assert.strictEqual(hostWith(own, { endpoint: 'client:3' }), 'client:3');
  const ignored = { ...own, AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: 'true' };
  assert.strictEqual(hostWith(ignored), 'dynamodb.eu-west-1.amazonaws.com');
  assert.strictEqual(
    hostWith(none, { region: 'eusc-de-east-1' }),
    'dynamodb.eusc-de-east-1.amazonaws.eu',
  );
  assert.strictEqual(
    hostWith(none, { endpoint: '{service}.{region}.tea' }),
    'dynamodb.eu-west-1.tea',
  );
});
