'use strict';

// Puts the parts of an upload together.

const { ALGORITHMS, checksum, compositeChecksum, headerOf, md5 } = require('./checksums');
const { S3Error, invalidRequest, malformedXml } = require('./errors');
const { findUpload } = require('./multipart');
const { checksumHeaders, store, storedHeaders } = require('./objects');
const { childText, childrenOf, element, parse, result } = require('./xml');

const API = 'https://docs.aws.amazon.com/AmazonS3/latest/API';
const GUIDE = 'https://docs.aws.amazon.com/AmazonS3/latest/userguide';

const MIN_PART_BYTES = 5 * 1024 * 1024;

function completeMultipartUpload(call) {
  const listed = readParts(call);
  const repeated = call.rule('completion-repeated', listed);
  if (repeated) return repeated;
  const upload = findUpload(call);
  call.rule('parts-in-order', listed);
  const parts = listed.map((one) => findPart(call, upload, one));
  call.rule('part-size', parts);
  for (const [i, one] of listed.entries()) {
    call.rule('checksums-of-parts', upload, one);
    call.rule('sent-checksums-listed', upload, one, parts[i]);
    call.rule('listed-checksums', upload, one, parts[i]);
  }
  const error = call.rule('completion-error-in-200');
  if (error) return error;
  const answer = assemble(call, upload, parts);
  call.bucket.uploads.delete(upload.id);
  call.bucket.completedUploads.set(upload.id, { listed: JSON.stringify(listed), answer });
  return answer;
}

function readParts({ body }) {
  const request = parse(body.toString());
  const parts = request ? childrenOf(request, 'Part') : [];
  if (request?.name !== 'CompleteMultipartUpload' || parts.length === 0) throw malformedXml();
  return parts.map((part) => ({
    number: Number(childText(part, 'PartNumber')),
    etag: (childText(part, 'ETag') ?? '').replace(/"/g, ''),
    checksums: Object.fromEntries(
      part.children
        .filter(({ name }) => name.startsWith('Checksum'))
        .map(({ name, text }) => [name.slice('Checksum'.length), text]),
    ),
  }));
}

function findPart(call, upload, listed) {
  const part = upload.parts.get(listed.number);
  if (!part) throw invalidPart(upload, listed);
  call.rule('etags-of-parts', upload, listed, part);
  return part;
}

const invalidPart = ({ id }, { number, etag }) =>
  new S3Error(
    400,
    'InvalidPart',
    "One or more of the specified parts could not be found.  The part may not have been uploaded, or the specified entity tag may not match the part's entity tag.",
    { details: { UploadId: id, PartNumber: number, ETag: etag } },
  );

function assemble(call, upload, parts) {
  const bytes = Buffer.concat(parts.map((part) => part.body));
  const object = {
    ...upload.settings,
    body: bytes,
    etag: call.rule('etag-of-parts', parts) ?? md5(bytes).digest('hex'),
    checksum: checksumOfObject(upload, parts, bytes),
  };
  call.rule('checksum-of-object', object.checksum);
  const stored = store(call, object);
  const { 'x-amz-checksum-type': type, ...values } = checksumHeaders(stored);
  const checksums = Object.values(values).map((value) =>
    element(`Checksum${stored.checksum.algorithm}`, value),
  );
  const { bucketName, key } = call;
  const content = [
    element('Location', `https://${bucketName}.s3.amazonaws.com/${encodeURIComponent(key)}`),
    element('Bucket', bucketName),
    element('Key', key),
    element('ETag', `"${stored.etag}"`),
    ...checksums,
    ...(type ? [element('ChecksumType', type)] : []),
  ];
  const body = result('CompleteMultipartUploadResult', content.join(''));
  return {
    status: 200,
    headers: { 'content-type': 'application/xml', ...withoutChecksums(storedHeaders(stored)) },
    body: call.rule('completion-white-space', body) ?? body,
  };
}

const withoutChecksums = (headers) =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => !name.includes('checksum')));

function checksumOfObject({ algorithm, type }, parts, body) {
  if (!algorithm) return undefined;
  const value =
    type === 'COMPOSITE'
      ? compositeChecksum(
          algorithm,
          parts.map((part) => part.checksum),
        )
      : checksum(algorithm, body);
  return { algorithm, type, value };
}

const RULES = [
  {
    name: 'completion-repeated',
    rule: 'CompleteMultipartUpload again, with the same parts, succeeds as it did the first time. (Observed on S3 repeatedly; the API reference has 404 NoSuchUpload, which S3 answers when it has forgotten the upload: empty completedUploads of the bucket for that.)',
    source: 'https://github.com/minio/minio/issues/13318',
    apply({ bucket, query }, listed) {
      const completed = bucket.completedUploads.get(query.get('uploadId'));
      return completed?.listed === JSON.stringify(listed) ? completed.answer : undefined;
    },
  },
  {
    name: 'parts-in-order',
    rule: 'The parts are listed by ascending number: else 400 InvalidPartOrder.',
    source: `${API}/API_CompleteMultipartUpload.html`,
    apply(_, listed) {
      if (listed.every(({ number }, i) => i === 0 || number > listed[i - 1].number)) return;
      throw new S3Error(
        400,
        'InvalidPartOrder',
        'The list of parts was not in ascending order. Parts must be ordered by part number.',
      );
    },
  },
  {
    name: 'etags-of-parts',
    rule: 'Each part is listed with the ETag that it got: else 400 InvalidPart.',
    source: `${API}/API_CompleteMultipartUpload.html`,
    apply(_, upload, listed, part) {
      if (listed.etag !== part.etag) throw invalidPart(upload, listed);
    },
  },
  {
    name: 'part-size',
    rule: 'All parts but the last have at least 5 MiB: else 400 EntityTooSmall.',
    source: `${GUIDE}/qfacts.html`,
    apply(_, parts) {
      const small = parts.slice(0, -1).find(({ body }) => body.length < MIN_PART_BYTES);
      if (!small) return;
      throw new S3Error(
        400,
        'EntityTooSmall',
        'Your proposed upload is smaller than the minimum allowed size',
        {
          details: {
            ProposedSize: small.body.length,
            MinSizeAllowed: MIN_PART_BYTES,
            PartNumber: small.number,
            ETag: small.etag,
          },
        },
      );
    },
  },
  {
    name: 'checksums-of-parts',
    rule: 'In an upload with a composite checksum each part is listed with its checksum: else 400 InvalidRequest.',
    source: 'https://github.com/apache/opendal/pull/4580',
    apply(_, { algorithm, type }, listed) {
      if (type !== 'COMPOSITE' || listed.checksums[algorithm] !== undefined) return;
      throw invalidRequest(
        `The upload was created using a ${algorithm.toLowerCase()} checksum. The complete request must include the checksum for each part. It was missing for part ${listed.number} in the request.`,
      );
    },
  },
  {
    name: 'sent-checksums-listed',
    rule: 'In an upload that names no algorithm, a part that was sent with a checksum, as the AWS SDKs do by default, is listed with it: else 400 InvalidPart. (In 2024 UploadPart was refused already: apache/arrow-rs#6793.)',
    source: 'https://github.com/aws/aws-sdk-java-v2/issues/6518',
    apply(_, upload, listed, { claim }) {
      if (upload.algorithm || !claim || listed.checksums[claim.algorithm] !== undefined) return;
      throw invalidPart(upload, listed);
    },
  },
  {
    name: 'listed-checksums',
    rule: 'The checksums that parts are listed with are right: else 400 InvalidPart.',
    source: `${API}/API_CompletedPart.html`,
    apply(_, upload, listed, { body }) {
      const isWrong = ([algorithm, value]) =>
        ALGORITHMS.includes(algorithm) && checksum(algorithm, body) !== value;
      if (Object.entries(listed.checksums).some(isWrong)) throw invalidPart(upload, listed);
    },
  },
  {
    name: 'checksum-of-object',
    rule: 'A checksum of the whole object in the headers of CompleteMultipartUpload is verified: 400 BadDigest.',
    source: 'https://github.com/floci-io/floci/pull/1980',
    apply({ headers }, object) {
      const claimed = object && headers[headerOf(object.algorithm)];
      if (claimed === undefined || claimed === object.value) return;
      throw new S3Error(
        400,
        'BadDigest',
        `The ${object.algorithm.toLowerCase()} you specified did not match the calculated checksum.`,
      );
    },
  },
  {
    name: 'etag-of-parts',
    rule: "The ETag of an object in parts is the MD5 of its parts' MD5s with their number: `<md5>-<parts>`.",
    source: `${API}/API_Object.html`,
    apply(_, parts) {
      const digests = Buffer.concat(parts.map((part) => Buffer.from(part.md5, 'hex')));
      return `${md5(digests).digest('hex')}-${parts.length}`;
    },
  },
];

module.exports = { completeMultipartUpload, RULES };
