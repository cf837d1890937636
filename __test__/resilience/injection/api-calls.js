'use strict';

// One call of a deployment among the others, and what has to be said where it fails for good.

const TABLE = 'cats_beta_litexa_handler_state';
const FUNCTION = 'cats_beta_litexa_handler';
const ALIAS = /cats_beta_litexa_handler:release-0|release-0.*cats_beta_litexa_handler/;
const ROLE = /litexa_handler/;
const LOG_GROUP = /\/aws\/lambda\/cats_beta_litexa_handler|\/litexa\/cats/;
const BUCKET = /cats-\d+/;
const KEY = /cats\/beta\/\S+/;

/** The resource that an error names when a call keeps failing, and the aspect of it. */
const ERROR_PATTERNS = {
  'dynamodb:CreateTable': [/\btable\b/, TABLE],
  'dynamodb:DescribeTable': [/\btable\b/, TABLE],
  'dynamodb:DescribeTimeToLive': [/time.to.live/i, TABLE],
  'dynamodb:UpdateTimeToLive': [/time.to.live/i, TABLE],
  'iam:AttachRolePolicy': [/AWSLambda|DynamoDB|CloudWatch|SNS|SQS/, ROLE],
  'iam:CreateRole': [/\brole\b/, ROLE],
  'iam:GetRole': [/\brole\b/, ROLE],
  'iam:GetRolePolicy': [/\bpolicy\b/, ROLE],
  'iam:ListAttachedRolePolicies': [/\bpolicies\b/, ROLE],
  'iam:PutRolePolicy': [/\bpolicy\b/, ROLE],
  'iam:UpdateAssumeRolePolicy': [/\b(?:assume|trust)\b/, ROLE],
  'lambda:AddPermission': [/\binvoke\b/, ALIAS],
  'lambda:CreateAlias': [/\balias\b/, FUNCTION],
  'lambda:CreateFunction': [/\bfunction\b/, FUNCTION],
  'lambda:DeleteFunction': [/\bversion 1\b/, FUNCTION],
  'lambda:GetFunctionConfiguration': [/\bfunction\b/, FUNCTION],
  'lambda:GetPolicy': [/\b(?:invoke|policy|permissions?)\b/, ALIAS],
  'lambda:ListAliases': [/\baliases\b/, FUNCTION],
  'lambda:ListVersionsByFunction': [/\bversions\b/, FUNCTION],
  'lambda:RemovePermission': [/\b(?:statement|permission)\b/, ALIAS],
  'lambda:UpdateAlias': [/\brelease-0\b/, FUNCTION],
  'lambda:UpdateFunctionCode': [/\b(?:code|package)\b/, FUNCTION],
  'lambda:UpdateFunctionConfiguration': [/\bconfiguration\b/, FUNCTION],
  'logs:CreateLogGroup': [/\blog group\b/, LOG_GROUP],
  'logs:DescribeLogGroups': [/\blog group\b/, LOG_GROUP],
  'logs:PutRetentionPolicy': [/\bretention\b/, LOG_GROUP],
  's3:CompleteMultipartUpload': [KEY, BUCKET],
  's3:CreateBucket': [/\bbucket\b/, BUCKET],
  's3:CreateMultipartUpload': [KEY, BUCKET],
  's3:DeleteBucketPolicy': [/\b(?:read|access|policy)\b/, BUCKET],
  's3:DeleteObjects': [/\bdelet/, BUCKET],
  's3:GetBucketPolicy': [/\bpolicy\b/, BUCKET],
  's3:GetObject': [/cats-\d+\/\S+\.json/],
  's3:HeadBucket': [/\bbucket\b/, BUCKET],
  's3:ListObjectsV2': [/\bobjects\b/, BUCKET],
  's3:PutBucketCors': [/CORS|cross-origin/, BUCKET],
  's3:PutBucketPolicy': [/\b(?:read|access|policy)\b/, BUCKET],
  's3:PutObject': [BUCKET],
  's3:PutPublicAccessBlock': [/public/i, BUCKET],
  's3:UploadPart': [KEY, BUCKET],
};

/** A deployment is complete without them, and says so in a line where it matters. */
const SPARE = new Set(['anonymous:HEAD', 's3:DeleteObject', 's3:GetBucketUploads']);

/** Asked before it is known whether there is a bucket at all: without one, the answer is not needed. */
const LOOKS_INTO_BUCKET = new Set(['s3:GetBucketPolicy', 's3:ListObjectsV2']);

/** Whether a deployment may do without a call's answer. `status` is what AWS answers undisturbed. */
function isSpare({ operation, status }) {
  return SPARE.has(operation) || (status === 404 && LOOKS_INTO_BUCKET.has(operation));
}

/**
 * The same call has the same name in each run, in whatever order calls are made: the operation, and
 * what it is about. `account` is left out of it.
 */
function nameOf(asked, account) {
  const about = DETAILS[asked.service]?.(asked) ?? '';
  return `${operationOf(asked)} ${about}`.trim().replaceAll(account, '…');
}

const operationOf = ({ service, operation }) => `${service}:${operation}`;

const DETAILS = {
  s3({ path }) {
    const { pathname, searchParams } = new URL(path, 'http://localhost');
    const key = pathname.split('/').slice(2).join('/');
    const part = searchParams.get('partNumber');
    return `${key || (searchParams.get('prefix') ?? '')}${part ? `, part ${part}` : ''}`;
  },
  iam({ body }) {
    const field = (name) => new URLSearchParams(body.toString('latin1')).get(name);
    return (field('PolicyArn') ?? '').split('/').pop();
  },
  lambda({ operation, body }) {
    return operation === 'CreateAlias' ? JSON.parse(body).Name : '';
  },
};

/** Follows the requests of one deployment: which call each of them is, and the how-manieth. */
function counter(account) {
  const seen = new Map();
  return (asked) => {
    const name = nameOf(asked, account);
    const count = (seen.get(name) ?? 0) + 1;
    seen.set(name, count);
    return { name, count, id: count === 1 ? name : `${name} #${count}` };
  };
}

module.exports = { ERROR_PATTERNS, isSpare, counter };
