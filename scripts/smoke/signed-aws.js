'use strict';

// Requests to AWS with Signature Version 4, for scripts that look at a real account. The SDK's clients
// would be five more packages for it.

const crypto = require('node:crypto');
const { request } = require('../../__test__/support/http');

/** IAM has one endpoint for all regions of a partition, and signs for this one. */
const HOME_OF_IAM = 'us-east-1';

/**
 * @param {object} session
 * @param {() => Promise<{accessKeyId: string, secretAccessKey: string, sessionToken?: string}>}
 *   session.credentials asked anew for each request, since they may expire
 * @param {string} session.region
 * @param {string} [session.endpoint] in place of AWS' own, for all services
 * @returns {(service: string, method: string, path: string, what?: {headers?: object, body?: string}) =>
 *   Promise<{status: number, headers: object, body: Buffer}>}
 */
function sendSigned({ credentials, region, endpoint }) {
  return async (service, method, path, { headers = {}, body = '' } = {}) => {
    const url = new URL((endpoint ?? ownEndpoint(service, region)) + path);
    const scope = { service, region: service === 'iam' ? HOME_OF_IAM : region };
    const asked = { method, url, headers, body };
    const signed = sign(asked, scope, await credentials(), new Date());
    const answer = await request(method, url.href, { headers: signed, body: body || undefined });
    // AWS then repeats all that it was sent, a session token included.
    if (answer.status >= 400 && /SignatureDoesNotMatch|InvalidSignature/.test(answer.body)) {
      throw new Error(`${service} does not accept the signature: the secret key is a wrong one`);
    }
    return answer;
  };
}

/** AWS' own address of a service, outside of China and GovCloud. */
function ownEndpoint(service, region) {
  return service === 'iam'
    ? 'https://iam.amazonaws.com'
    : `https://${service}.${region}.amazonaws.com`;
}

/** The headers of a request with those that prove who asks. */
function sign({ method, url, headers, body }, { service, region }, credentials, now) {
  const time = now.toISOString().replace(/[-:]|\.\d+/g, '');
  const scope = `${time.slice(0, 8)}/${region}/${service}/aws4_request`;
  const { sessionToken } = credentials;
  const sent = {
    ...headers,
    'x-amz-date': time,
    ...(service === 's3' && { 'x-amz-content-sha256': sha256(body) }),
    ...(sessionToken && { 'x-amz-security-token': sessionToken }),
  };
  const signed = Object.entries({ ...sent, host: url.host })
    .map(([name, value]) => [name.toLowerCase(), value.trim()])
    .sort(byName);
  const names = signed.map(([name]) => name).join(';');
  const canonical = [
    method,
    // S3 signs the path as it is sent, all others encode it once more.
    service === 's3' ? url.pathname : url.pathname.split('/').map(encode).join('/'),
    canonicalQuery(url),
    ...signed.map(([name, value]) => `${name}:${value}`),
    '',
    names,
    sha256(body),
  ].join('\n');
  const text = ['AWS4-HMAC-SHA256', time, scope, sha256(canonical)].join('\n');
  const key = scope.split('/').reduce(hmac, `AWS4${credentials.secretAccessKey}`);
  const authorization =
    `AWS4-HMAC-SHA256 Credential=${credentials.accessKeyId}/${scope}, ` +
    `SignedHeaders=${names}, Signature=${hmac(key, text).toString('hex')}`;
  return { ...sent, authorization };
}

function canonicalQuery(url) {
  const pairs = [...url.searchParams].map((pair) => pair.map(encode)).sort(byName);
  return pairs.map(([name, value]) => `${name}=${value}`).join('&');
}

/** All but the characters that RFC 3986 leaves alone. */
function encode(text) {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

function byName([one], [other]) {
  return one < other ? -1 : Number(one > other);
}

function sha256(text) {
  return crypto.createHash('sha256').update(text).digest('hex');
}

function hmac(key, text) {
  return crypto.createHmac('sha256', key).update(text).digest();
}

module.exports = { sendSigned, sign };
