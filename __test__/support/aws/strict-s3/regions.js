'use strict';

// Finds the region of a bucket, and redirects to it.

const { S3Error, malformedXml, noSuchBucket } = require('./errors');
const { childText, parse } = require('./xml');

const API = 'https://docs.aws.amazon.com/AmazonS3/latest/API';
const ROUTING = 'https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingRouting.html';

const REGION_NAME = /^((us|eu|ap|ca|sa|me|af|il|mx|cn)(-gov)?|eusc-[a-z]{2})-[a-z]+-\d$/;

/** Finds the bucket of a request in the region that was asked. */
function locateBucket(call) {
  call.bucket = call.server.buckets.get(call.bucketName);
  if (!call.bucket) throw noSuchBucket(call.bucketName);
  if (call.region === call.bucket.region || !call.caller) return;
  const redirects = {
    301: 'permanent-redirect',
    307: 'temporary-redirect',
    400: 'region-of-scope',
  };
  call.rule(redirects[call.bucket.redirect]);
}

function readLocation({ body }) {
  if (body.length === 0) return undefined;
  const configuration = parse(body.toString());
  if (configuration?.name !== 'CreateBucketConfiguration') throw malformedXml();
  return childText(configuration, 'LocationConstraint') || undefined;
}

const regionHeader = (bucket) => ({ 'x-amz-bucket-region': bucket.region });
const endpointOf = ({ name, region }) => `${name}.s3.${region}.amazonaws.com`;

const RULES = [
  {
    name: 'permanent-redirect',
    rule: "A bucket is reached by its own region's endpoint: another one answers 301 PermanentRedirect with the right endpoint, and its region in x-amz-bucket-region.",
    source: ROUTING,
    apply({ bucket }) {
      throw new S3Error(
        301,
        'PermanentRedirect',
        'The bucket you are attempting to access must be addressed using the specified endpoint. Please send all future requests to this endpoint.',
        {
          details: { Endpoint: endpointOf(bucket), Bucket: bucket.name },
          headers: regionHeader(bucket),
        },
      );
    },
  },
  {
    name: 'temporary-redirect',
    rule: 'While the name of a new bucket spreads, the global endpoint answers 307 TemporaryRedirect with a Location. (The same page has 302 in one place.)',
    source: ROUTING,
    apply({ bucket, path }) {
      throw new S3Error(
        307,
        'TemporaryRedirect',
        'Please re-send this request to the specified temporary endpoint. Continue to use the original request endpoint for future requests.',
        {
          details: { Endpoint: endpointOf(bucket), Bucket: bucket.name },
          headers: { ...regionHeader(bucket), location: `https://${endpointOf(bucket)}${path}` },
        },
      );
    },
  },
  {
    name: 'region-of-scope',
    rule: "A request that reaches the bucket's region signed for another one is refused: 400 AuthorizationHeaderMalformed with Region in the body. Regions that were launched since 2019 answer 400 in place of redirecting, too.",
    source: 'https://github.com/deliciousbrains/wp-amazon-s3-and-cloudfront/issues/456',
    apply({ bucket, region }) {
      throw new S3Error(
        400,
        'AuthorizationHeaderMalformed',
        `The authorization header is malformed; the region '${region}' is wrong; expecting '${bucket.region}'`,
        { details: { Region: bucket.region }, headers: regionHeader(bucket) },
      );
    },
  },
  {
    name: 'location-name',
    rule: 'A LocationConstraint that is not a region, or is us-east-1, is refused: 400 InvalidLocationConstraint.',
    source: `${API}/API_CreateBucket.html`,
    apply(_, location) {
      if (location === undefined) return;
      if (REGION_NAME.test(location) && location !== 'us-east-1') return;
      throw new S3Error(
        400,
        'InvalidLocationConstraint',
        'The specified location-constraint is not valid',
        { details: { LocationConstraint: location } },
      );
    },
  },
  {
    name: 'location-of-endpoint',
    rule: "Outside us-east-1 a bucket is created with its endpoint's region as LocationConstraint: another one, or none, is 400 IllegalLocationConstraintException.",
    source: 'https://github.com/versity/versitygw/issues/2246',
    apply({ region }, location) {
      if (region === 'us-east-1' || region === location) return;
      throw new S3Error(
        400,
        'IllegalLocationConstraintException',
        `The ${location ?? 'unspecified'} location constraint is incompatible for the region specific endpoint this request was sent to.`,
      );
    },
  },
];

module.exports = { locateBucket, readLocation, RULES };
