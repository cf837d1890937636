'use strict';

// Keeps the policy of a bucket.

const { blockOf } = require('./access');
const { S3Error, accessDenied } = require('./errors');
const { findMistake, isPublic, parseJson } = require('./policy');

const API = 'https://docs.aws.amazon.com/AmazonS3/latest/API';
const GUIDE = 'https://docs.aws.amazon.com/AmazonS3/latest/userguide';

const MAX_POLICY_BYTES = 20480;

function putBucketPolicy(call) {
  const text = call.body.toString();
  call.rule('policy-size', text);
  call.rule('policy-form', text);
  call.rule('block-public-policy', text);
  call.bucket.policy = text;
  return { status: 204 };
}

function getBucketPolicy({ bucket }) {
  if (bucket.policy !== undefined) {
    return { status: 200, headers: { 'content-type': 'application/json' }, body: bucket.policy };
  }
  throw new S3Error(404, 'NoSuchBucketPolicy', 'The bucket policy does not exist', {
    details: { BucketName: bucket.name },
  });
}

function deleteBucketPolicy({ bucket }) {
  bucket.policy = undefined;
  return { status: 204 };
}

const RULES = [
  {
    name: 'policy-size',
    rule: 'A policy has at most 20 KB (20,480 bytes, white space between its tokens not counted). (No report of the code on AWS was found; PolicyTooLarge is what others that speak its protocol answer, with the same message.)',
    source: 'https://github.com/MIT-LCP/physionet-build/issues/2094',
    apply(_, text) {
      const compact = JSON.stringify(parseJson(text) ?? {});
      if (Buffer.byteLength(compact) <= MAX_POLICY_BYTES) return;
      throw new S3Error(400, 'PolicyTooLarge', 'Policy exceeds the maximum allowed document size.');
    },
  },
  {
    name: 'policy-form',
    rule: 'A policy that is not one, or not about this bucket, is refused: 400 MalformedPolicy.',
    source: `${API}/API_PutBucketPolicy.html`,
    apply({ bucketName }, text) {
      const mistake = findMistake(text, bucketName);
      if (mistake) throw new S3Error(400, 'MalformedPolicy', mistake);
    },
  },
  {
    name: 'block-public-policy',
    rule: 'With BlockPublicPolicy, of the bucket or of the account, a public policy is refused: 403 AccessDenied that names the setting.',
    source: `${GUIDE}/troubleshoot-403-errors.html`,
    apply(call, text) {
      if (!isPublic(parseJson(text)) || !blockOf(call, 'BlockPublicPolicy')) return;
      throw accessDenied(
        `User: ${call.caller.arn} is not authorized to perform: s3:PutBucketPolicy on resource: "arn:aws:s3:::${call.bucketName}" because public policies are prevented by the BlockPublicPolicy setting in S3 Block Public Access.`,
      );
    },
  },
];

module.exports = { putBucketPolicy, getBucketPolicy, deleteBucketPolicy, RULES };
