'use strict';

// Sends requests to a strict S3, signed by this file alone, so that tests can sign them wrongly.

const crypto = require('node:crypto');
const http = require('node:http');

const hmac = (key, text) => crypto.createHmac('sha256', key).update(text).digest();
const sha256 = (bytes) => crypto.createHash('sha256').update(bytes).digest('hex');

/**
 * Sends one request and returns `{status, headers, body, code, message}`.
 *
 * @param {object} server what `startStrictS3` returned
 * @param {string} method
 * @param {string} path `/bucket/key?query`, encoded
 * @param {object} [options]
 * @param {object} [options.headers] which may override what signing adds
 * @param {Buffer | string} [options.body]
 * @param {string} [options.region] that the request is signed for
 * @param {string} [options.service]
 * @param {number} [options.time] in milliseconds
 * @param {string} [options.accessKeyId] of the server's keys; the first one unless given
 * @param {string} [options.secret] instead of the key's
 * @param {string} [options.token] session token
 * @param {string[]} [options.unsigned] headers that are sent and not signed
 * @param {(signing: object) => Buffer} [options.frame] makes the body when the signature is known
 * @param {string} [options.sentPath] instead of the signed one
 * @param {boolean} [options.anonymous]
 */
function ask(server, method, path, options = {}) {
  const { headers, body } = options.anonymous
    ? { headers: options.headers ?? {}, body: options.body }
    : sign(server, method, path, options);
  return send(server, method, options.sentPath ?? path, headers, body);
}

/** Sends as `awsHttp` wants it: `(service, method, path, {headers, body}) => answer`. */
function sender(server, region = server.region) {
  return async (service, method, path, { headers, body }) => {
    const { bytes, ...answer } = await ask(server, method, path, {
      service,
      region,
      headers,
      body,
    });
    return { ...answer, body: bytes };
  };
}

function sign(server, method, path, options) {
  const {
    headers = {},
    body = '',
    region = server.region,
    service = 's3',
    unsigned = [],
  } = options;
  const [first] = Object.keys(server.keys);
  const { accessKeyId = first, time = server.clock() } = options;
  const { secret = options.secret, token = options.token } = server.keys[accessKeyId] ?? {};
  const date = new Date(time).toISOString().replace(/[:-]|\.\d+/g, '');
  const sent = withoutUndefined({
    host: new URL(server.url).host,
    'x-amz-date': date,
    'x-amz-content-sha256': service === 's3' ? sha256(body) : undefined,
    'x-amz-security-token': options.token ?? token,
    ...headers,
  });
  const names = Object.keys(sent).filter((name) => !unsigned.includes(name));
  const signed = names.sort().join(';');
  const scope = `${date.slice(0, 8)}/${region}/${service}/aws4_request`;
  const hash = sent['x-amz-content-sha256'] ?? sha256(body);
  // All services but S3 encode the path once more.
  const [pathname, ...search] = path.split('?');
  const encoded = service === 's3' ? pathname : pathname.replaceAll('%', '%25');
  const signedPath = [encoded, ...search].join('?');
  const request = canonicalRequest(method, signedPath, sent, names, hash);
  const text = ['AWS4-HMAC-SHA256', date, scope, sha256(request)].join('\n');
  const key = scope.split('/').reduce(hmac, `AWS4${options.secret ?? secret}`);
  const signature = hmac(key, text).toString('hex');
  sent.authorization = `AWS4-HMAC-SHA256 Credential=${accessKeyId}/${scope}, SignedHeaders=${signed}, Signature=${signature}`;
  const framed = options.frame?.({ date, scope, key, signature });
  return { headers: sent, body: framed ?? body };
}

function canonicalRequest(method, path, headers, names, hash) {
  const [pathname, search = ''] = path.split(/\?(.*)/s);
  const query = search && search.split('&').map((pair) => (pair.includes('=') ? pair : `${pair}=`));
  const lines = names.map((name) => `${name}:${String(headers[name]).trim()}\n`);
  return [
    method,
    pathname,
    query ? query.sort().join('&') : '',
    lines.join(''),
    names.join(';'),
    hash,
  ].join('\n');
}

const withoutUndefined = (values) =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));

function send(server, method, path, headers, body) {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(server.url);
    const request = http.request({ hostname, port, method, path, headers, agent: false });
    request.once('error', reject);
    request.once('response', async (response) => {
      const chunks = [];
      try {
        for await (const chunk of response) chunks.push(chunk);
      } catch (error) {
        return reject(error);
      }
      return resolve(answerOf(response, Buffer.concat(chunks)));
    });
    request.end(body);
  });
}

function answerOf({ statusCode: status, headers }, bytes) {
  const body = bytes.toString();
  const field = (name) => new RegExp(`<${name}>([^<]*)</${name}>`).exec(body)?.[1];
  return { status, headers, body, bytes, code: field('Code'), message: field('Message') };
}

/** The aws-chunked form of a body with trailers, signed chunk by chunk if `signing` is given. */
function chunked(body, { trailers = {}, size = 64 * 1024, signing } = {}) {
  const bytes = Buffer.from(body);
  const chunks = [];
  for (let start = 0; start < bytes.length; start += size) {
    chunks.push(bytes.subarray(start, start + size));
  }
  let previous = signing?.signature;
  const framed = [...chunks, Buffer.alloc(0)].map((chunk) => {
    previous = signing && chunkSignature(signing, previous, chunk);
    const extension = signing ? `;chunk-signature=${previous}` : '';
    const head = Buffer.from(`${chunk.length.toString(16)}${extension}\r\n`);
    return chunk.length > 0 ? Buffer.concat([head, chunk, Buffer.from('\r\n')]) : head;
  });
  const lines = Object.entries(trailers).map(([name, value]) => `${name}:${value}`);
  if (signing && lines.length > 0) {
    lines.push(`x-amz-trailer-signature:${trailerSignature(signing, previous, trailers)}`);
  }
  return Buffer.concat([...framed, Buffer.from([...lines, '', ''].join('\r\n'))]);
}

function chunkSignature({ date, scope, key }, previous, chunk) {
  const text = ['AWS4-HMAC-SHA256-PAYLOAD', date, scope, previous, sha256(''), sha256(chunk)];
  return hmac(key, text.join('\n')).toString('hex');
}

function trailerSignature({ date, scope, key }, previous, trailers) {
  const lines = Object.entries(trailers).map(([name, value]) => `${name}:${value}\n`);
  const text = ['AWS4-HMAC-SHA256-TRAILER', date, scope, previous, sha256(lines.join(''))];
  return hmac(key, text.join('\n')).toString('hex');
}

module.exports = { ask, sender, chunked };
