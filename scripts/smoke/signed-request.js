'use strict';

// Sends signed requests to the AWS services that the smoke test uses. The SDK's clients for all of
// them would be five more packages.

const { createHash, createHmac } = require('node:crypto');
const { SignatureV4 } = require('@smithy/signature-v4');
const { request } = require('../../__test__/support/http');

/** IAM has one endpoint for all regions of a partition, and signs for this one. */
const IAM_REGION = 'us-east-1';

/** The hash function in the form that `SignatureV4` expects. */
class Sha256 {
  constructor(secret) {
    this.hash = secret ? createHmac('sha256', secret) : createHash('sha256');
  }

  update(data) {
    this.hash.update(data);
  }

  async digest() {
    return this.hash.digest();
  }
}

/**
 * Returns a function that sends a signed request.
 *
 * @param {object} session
 * @param {() => Promise<{accessKeyId: string, secretAccessKey: string, sessionToken?: string}>}
 *   session.credentials asked anew for each request, since they may expire
 * @param {string} session.region
 * @param {string} [session.endpoint] in place of the AWS endpoints, for all services
 * @returns {(service: string, method: string, path: string, options?: {headers?: object, body?: string}) =>
 *   Promise<{status: number, headers: object, body: Buffer}>}
 */
function sendSigned({ credentials, region, endpoint }) {
  return async (service, method, path, { headers = {}, body = '' } = {}) => {
    const url = new URL((endpoint ?? publicEndpoint(service, region)) + path);
    const scope = { service, region: service === 'iam' ? IAM_REGION : region };
    const signed = await sign({ method, url, headers, body }, scope, credentials);
    const response = await request(method, url.href, { headers: signed, body: body || undefined });
    // The message would repeat everything that was sent, a session token included.
    if (response.status >= 400 && /SignatureDoesNotMatch|InvalidSignature/.test(response.body)) {
      throw new Error(`${service} rejects the signature: the secret access key is wrong`);
    }
    return response;
  };
}

/** The endpoint of a service, outside of China and GovCloud. */
function publicEndpoint(service, region) {
  return service === 'iam'
    ? 'https://iam.amazonaws.com'
    : `https://${service}.${region}.amazonaws.com`;
}

/** Returns the headers of a request together with those that authenticate it. */
async function sign({ method, url, headers, body }, { service, region }, credentials, signingDate) {
  const isS3 = service === 's3';
  // S3 signs the path as it is sent, all others encode it once more.
  const signer = new SignatureV4({
    credentials,
    region,
    service,
    sha256: Sha256,
    uriEscapePath: !isS3,
    applyChecksum: isS3,
  });
  const signed = await signer.sign(
    {
      method,
      protocol: url.protocol,
      hostname: url.hostname,
      path: url.pathname,
      query: Object.fromEntries(url.searchParams),
      headers: { ...headers, host: url.host },
      body,
    },
    { signingDate },
  );
  return signed.headers;
}

module.exports = { sendSigned, sign };
