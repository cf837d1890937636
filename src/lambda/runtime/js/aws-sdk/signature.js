'use strict';

// Signs requests: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html

const crypto = require('node:crypto');

const ALGORITHM = 'AWS4-HMAC-SHA256';

/** The header fields that are signed, besides X-Amz-…. */
const SIGNED = new Set(['host']);

/**
 * Returns the header fields that sign a request: X-Amz-Date, Authorization and the session's token.
 *
 * @param {{method: string, path: string, headers: object, body: string}} request
 * @param {{credentials: object, date: Date, region: string, service: string}} signer
 */
function signatureHeaders(request, { credentials, date, region, service }) {
  const { accessKeyId, secretAccessKey, sessionToken } = credentials;
  const time = date.toISOString().replace(/[-:]|\.\d{3}/g, '');
  const added = { 'X-Amz-Date': time };
  if (sessionToken) added['x-amz-security-token'] = sessionToken;
  const [fields, names] = canonicalHeaders({ ...request.headers, ...added });
  const canonical = [...canonicalTarget(request), fields, names, sha256(request.body)].join('\n');
  const day = time.slice(0, 8);
  const scope = `${day}/${region}/${service}/aws4_request`;
  const keyParts = [day, region, service, 'aws4_request'];
  const key = keyParts.reduce((secret, part) => hmac(secret, part), `AWS4${secretAccessKey}`);
  const text = [ALGORITHM, time, scope, sha256(canonical)].join('\n');
  const signature = hmac(key, text).toString('hex');
  const credential = `Credential=${accessKeyId}/${scope}`;
  const authorization = `${credential}, SignedHeaders=${names}, Signature=${signature}`;
  return { ...added, Authorization: `${ALGORITHM} ${authorization}` };
}

function canonicalTarget({ method, path }) {
  const { pathname, searchParams } = new URL(path, 'http://localhost');
  const query = [...searchParams].map((pair) => pair.map(encode).join('=')).sort();
  return [method, pathname.split('/').map(encode).join('/'), query.join('&')];
}

function encode(text) {
  const code = (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`;
  return encodeURIComponent(text).replace(/[!'()*]/g, code);
}

function canonicalHeaders(headers) {
  const fields = Object.entries(headers)
    .map(([name, value]) => [name.toLowerCase(), String(value).trim().replace(/\s+/g, ' ')])
    .filter(([name]) => SIGNED.has(name) || name.startsWith('x-amz-'))
    .sort(([a], [b]) => (a < b ? -1 : 1));
  const text = fields.map(([name, value]) => `${name}:${value}\n`).join('');
  return [text, fields.map(([name]) => name).join(';')];
}

function sha256(text) {
  return crypto.createHash('sha256').update(text).digest('hex');
}

function hmac(key, text) {
  return crypto.createHmac('sha256', key).update(text).digest();
}

module.exports = { sha256, signatureHeaders };
