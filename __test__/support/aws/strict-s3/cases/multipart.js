'use strict';

const { ask } = require('../client');
const { checksum, compositeChecksum, md5 } = require('../checksums');

const FIRST = Buffer.alloc(5 * 1024 * 1024, 'a');
const LAST = Buffer.from('b');
const SMALL = Buffer.from('c');

const bucket = (server) => server.createBucket('films');

async function begin(server, headers) {
  const { body } = await ask(server, 'POST', '/films/a?uploads', { headers });
  return /<UploadId>([^<]*)</.exec(body)[1];
}

const uploadPart = (server, id, number, body, headers) =>
  ask(server, 'PUT', `/films/a?partNumber=${number}&uploadId=${id}`, { body, headers });

const complete = (server, id, parts, headers) => {
  const listed = parts.map(
    ({ number, etag, sum = '' }) =>
      `<Part><PartNumber>${number}</PartNumber><ETag>${etag}</ETag>${sum}</Part>`,
  );
  const body = `<CompleteMultipartUpload>${listed.join('')}</CompleteMultipartUpload>`;
  return ask(server, 'POST', `/films/a?uploadId=${id}`, { body, headers });
};

/** Uploads parts, and completes them as `change` wants. */
const upload =
  ({ bodies = [FIRST, LAST], headers, algorithm, change = (parts) => parts, completion } = {}) =>
  async (server) => {
    const id = await begin(server, headers);
    const parts = [];
    for (const [i, body] of bodies.entries()) {
      const sum = algorithm && checksum(algorithm, body);
      const more = sum ? { [`x-amz-checksum-${algorithm.toLowerCase()}`]: sum } : {};
      const { headers: answered } = await uploadPart(server, id, i + 1, body, more);
      const name = `Checksum${algorithm}`;
      parts.push({
        number: i + 1,
        etag: answered.etag,
        sum: sum ? `<${name}>${sum}</${name}>` : '',
      });
    }
    return complete(server, id, change(parts), completion);
  };

const digests = [FIRST, LAST].map((part) => md5(part).digest());
const ETAG = `${md5(Buffer.concat(digests)).digest('hex')}-2`;
const COMPOSITE = compositeChecksum(
  'SHA256',
  [FIRST, LAST].map((part) => checksum('SHA256', part)),
);
const SHA256 = { headers: { 'x-amz-checksum-algorithm': 'SHA256' }, algorithm: 'SHA256' };

const lower = (algorithm) => algorithm?.toLowerCase() ?? 'null';

const INVALID = { status: 400, code: 'InvalidRequest' };

module.exports = [
  {
    rule: 'checksum-algorithm-name',
    title: 'an upload with a checksum that does not exist',
    given: bucket,
    request: (server) =>
      ask(server, 'POST', '/films/a?uploads', { headers: { 'x-amz-checksum-algorithm': 'ADLER' } }),
    answer: { ...INVALID, message: /^Checksum algorithm provided is unsupported/ },
  },
  ...[
    ['CRC64NVME', 'COMPOSITE'],
    ['SHA256', 'FULL_OBJECT'],
  ].map(([algorithm, type]) => ({
    rule: 'checksum-type-of-algorithm',
    title: `an upload with ${type} checksums of ${algorithm}`,
    given: bucket,
    request: (server) =>
      ask(server, 'POST', '/films/a?uploads', {
        headers: { 'x-amz-checksum-algorithm': algorithm, 'x-amz-checksum-type': type },
      }),
    answer: { ...INVALID, message: /checksum type cannot be used with/ },
  })),
  ...[0, 10001].map((number) => ({
    rule: 'part-number',
    title: `the part ${number}`,
    given: bucket,
    request: async (server) => uploadPart(server, await begin(server), number, LAST),
    answer: { status: 400, code: 'InvalidArgument' },
  })),
  ...[
    ['SHA256', undefined],
    ['SHA256', 'CRC32'],
  ].map(([ofUpload, ofPart]) => ({
    rule: 'checksum-algorithm-of-parts',
    title: `a part with ${ofPart ?? 'no checksum'} in an upload with ${ofUpload}`,
    given: bucket,
    request: async (server) => {
      const id = await begin(server, { 'x-amz-checksum-algorithm': ofUpload });
      const name = `x-amz-checksum-${lower(ofPart)}`;
      return uploadPart(server, id, 1, LAST, ofPart ? { [name]: checksum(ofPart, LAST) } : {});
    },
    answer: {
      ...INVALID,
      message: `Checksum Type mismatch occurred, expected checksum Type: ${lower(ofUpload)}, actual checksum Type: ${lower(ofPart)}`,
    },
  })),
  {
    rule: 'abort-of-completed',
    title: 'AbortMultipartUpload of a completed upload',
    given: async (server) => {
      bucket(server);
      await upload({ bodies: [LAST] })(server);
    },
    request: (server) => {
      const [id] = server.buckets.get('films').completedUploads.keys();
      return ask(server, 'DELETE', `/films/a?uploadId=${id}`);
    },
    answer: { status: 204 },
  },
  {
    rule: 'completion-repeated',
    title: 'CompleteMultipartUpload twice with the same parts',
    given: bucket,
    request: async (server) => {
      const id = await begin(server);
      const { headers } = await uploadPart(server, id, 1, LAST);
      await complete(server, id, [{ number: 1, etag: headers.etag }]);
      return complete(server, id, [{ number: 1, etag: headers.etag }]);
    },
    answer: { status: 200, body: /<CompleteMultipartUploadResult/ },
  },
  {
    rule: 'parts-in-order',
    title: 'parts that are listed in descending order',
    given: bucket,
    request: upload({ bodies: [FIRST, FIRST], change: (parts) => parts.reverse() }),
    answer: { status: 400, code: 'InvalidPartOrder' },
  },
  {
    rule: 'etags-of-parts',
    title: 'a part with the ETag of another one',
    given: bucket,
    request: upload({ change: ([first, last]) => [first, { ...last, etag: first.etag }] }),
    answer: { status: 400, code: 'InvalidPart' },
  },
  {
    rule: 'part-size',
    title: 'a small part that is not the last',
    given: bucket,
    request: upload({ bodies: [SMALL, LAST] }),
    answer: { status: 400, code: 'EntityTooSmall', body: /<MinSizeAllowed>5242880</ },
  },
  {
    rule: 'checksums-of-parts',
    title: 'a completion without the checksums of its parts',
    given: bucket,
    request: upload({ ...SHA256, change: (parts) => parts.map((part) => ({ ...part, sum: '' })) }),
    answer: { ...INVALID, message: /created using a sha256 checksum.*missing for part 1/ },
  },
  {
    rule: 'sent-checksums-listed',
    title: 'a completion that leaves out a checksum that a part was sent with',
    given: bucket,
    request: upload({
      algorithm: 'CRC32',
      change: (parts) => parts.map((part) => ({ ...part, sum: '' })),
    }),
    answer: { status: 400, code: 'InvalidPart' },
  },
  {
    rule: 'listed-checksums',
    title: 'a completion with a wrong checksum of a part',
    given: bucket,
    request: upload({
      ...SHA256,
      change: ([first, last]) => [first, { ...last, sum: first.sum }],
    }),
    answer: { status: 400, code: 'InvalidPart' },
  },
  {
    rule: 'checksum-of-object',
    title: 'a completion with a wrong checksum of the object',
    given: bucket,
    request: upload({
      ...SHA256,
      completion: {
        'x-amz-checksum-sha256': COMPOSITE.replace(/^./, (c) => (c === 'A' ? 'B' : 'A')),
      },
    }),
    answer: { status: 400, code: 'BadDigest' },
  },
  {
    rule: 'etag-of-parts',
    title: 'the ETag of an object in two parts',
    given: bucket,
    request: upload({ ...SHA256, completion: { 'x-amz-checksum-sha256': COMPOSITE } }),
    answer: {
      status: 200,
      body: new RegExp(`<ETag>&quot;${ETAG}&quot;</ETag>.*${COMPOSITE.replace(/\+/g, '\\+')}`),
    },
  },
  {
    rule: 'etag-of-encrypted',
    title: 'the ETag of an object in parts that is encrypted by KMS',
    given: bucket,
    request: async (server) => {
      const headers = { 'x-amz-server-side-encryption': 'aws:kms' };
      const { status, body } = await upload({ headers })(server);
      return { status, hasParts: /-2&quot;/.test(body), isMd5: body.includes(ETAG) };
    },
    answer: { status: 200, hasParts: true, isMd5: false },
  },
];
