'use strict';

// Puts a strict S3 in the place of an emulator account's own one. All other services stay the emulator's.

const { startProxy } = require('../../support/aws/proxy');
const { startStrictS3 } = require('../../support/aws/strict-s3/server');

/**
 * @param {object} account that of `openAccount`
 * @param {string} emulatorEndpoint
 * @returns {Promise<object>} the account, with its own endpoint for all services
 */
async function withStrictS3(account, emulatorEndpoint) {
  const { AWS_ACCESS_KEY_ID: keyId, AWS_SECRET_ACCESS_KEY: secret, AWS_REGION } = account.env;
  const { id } = account;
  const clock = { offset: 0 };
  const s3 = await startStrictS3({
    region: AWS_REGION,
    clock: () => Date.now() + clock.offset,
    keys: { [keyId]: { secret, account: id, arn: `arn:aws:iam::${id}:user/owner` } },
  });
  const isS3 = ({ service }) => service === 's3' || service === 'anonymous';
  const endpointFor = (request) => (isS3(request) ? s3.url : emulatorEndpoint);
  const router = await startProxy(emulatorEndpoint, { endpointFor });
  router.intercept((request) => insertStagedCode(s3, request));
  return {
    ...account,
    endpoint: router.endpoint,
    env: { ...account.env, AWS_ENDPOINT_URL: router.endpoint },
    /** Sets how many milliseconds S3's clock is ahead of this machine's. */
    setClock: (offset) => (clock.offset = offset),
    snapshot: async () => ({
      ...(await account.snapshot()),
      buckets: JSON.parse(JSON.stringify(bucketsOf(s3)).replaceAll(id, '<account>')),
    }),
    async empty() {
      await router.stop();
      await s3.close();
      await account.empty();
    },
  };
}

/** The emulator's Lambda cannot read from the strict S3, so a package gets into the request. */
function insertStagedCode({ buckets }, request) {
  if (request.service !== 'lambda' || !request.body.includes('"S3Key"')) return;
  const input = JSON.parse(request.body);
  const code = input.Code ?? input;
  const object = buckets.get(code.S3Bucket)?.objects.get(code.S3Key);
  if (!object) return;
  const { S3Bucket, S3Key, ...kept } = code;
  const inserted = { ...kept, ZipFile: object.body.toString('base64') };
  const body = JSON.stringify(input.Code ? { ...input, Code: inserted } : inserted);
  request.body = Buffer.from(body);
  request.headersDistinct['content-length'] = [String(request.body.length)];
}

/** Returns buckets and objects as plain data, without times and IDs. */
function bucketsOf({ buckets }) {
  return sorted(buckets, (bucket) => {
    const { ownership, publicAccessBlock, policy, cors, objects, uploads } = bucket;
    const uploadsInParts = [...uploads.values()].map(({ key }) => key).sort();
    const settings = { ownership, publicAccessBlock, policy, cors };
    return { ...settings, objects: sorted(objects, objectOf), uploadsInParts };
  });
}

function objectOf({ body, headers, acl, encryption, storageClass, etag, checksum }) {
  return { size: body.length, headers, acl, encryption, storageClass, etag, checksum };
}

function sorted(map, read) {
  const entries = [...map].sort(([one], [other]) => (one < other ? -1 : 1));
  return Object.fromEntries(entries.map(([name, value]) => [name, read(value)]));
}

module.exports = { withStrictS3 };
