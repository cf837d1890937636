'use strict';

// One call of a deployment among the others, and what has to be said where it fails for good.

/** What a person reads when the call goes on failing: the doing and the resource. */
const WORDS = {
  'dynamodb:CreateTable': /^creating the table cats_beta_litexa_handler_state failed: /,
  'dynamodb:DescribeTable': /^looking for the table cats_beta_litexa_handler_state failed: /,
  'dynamodb:DescribeTimeToLive': /^switching on time to live for the table cats_beta_\w+ failed: /,
  'dynamodb:UpdateTimeToLive': /^switching on time to live for the table cats_beta_\w+ failed: /,
  'iam:AttachRolePolicy': /^attaching \w+ to the IAM role \w+ failed: /,
  'iam:CreateRole': /^creating the IAM role \w+ failed: /,
  'iam:GetRole': /^looking for the IAM role \w+ failed: /,
  'iam:GetRolePolicy': /^reading the policy of the IAM role \w+ failed: /,
  'iam:ListAttachedRolePolicies': /^listing the policies of the IAM role \w+ failed: /,
  'iam:PutRolePolicy': /^writing the policy of the IAM role \w+ failed: /,
  'iam:UpdateAssumeRolePolicy': /^letting Lambda assume the role \w+ failed: /,
  'lambda:AddPermission': /^letting .+ invoke cats_beta_litexa_handler:release-0 failed: /,
  'lambda:CreateAlias': /^creating the alias \S+ of cats_beta_litexa_handler failed: /,
  'lambda:CreateFunction': /^creating the function cats_beta_litexa_handler failed: /,
  'lambda:DeleteFunction': /^deleting version 1 of cats_beta_litexa_handler failed: /,
  'lambda:GetFunctionConfiguration': /^looking for the function cats_beta_litexa_handler failed: /,
  'lambda:GetPolicy': /^reading who may invoke cats_beta_litexa_handler:release-0 failed: /,
  'lambda:ListAliases': /^listing the aliases of cats_beta_litexa_handler failed: /,
  'lambda:ListVersionsByFunction': /^listing the versions of cats_beta_litexa_handler failed: /,
  'lambda:RemovePermission': /^removing the statement \S+ from cats_beta_litexa_handler:release-0 /,
  'lambda:UpdateAlias': /^pointing the alias release-0 of cats_beta_litexa_handler to \S+ failed: /,
  'lambda:UpdateFunctionCode': /^sending the code of cats_beta_litexa_handler failed: /,
  'lambda:UpdateFunctionConfiguration':
    /^changing the configuration of cats_beta_litexa_handler failed: /,
  'logs:CreateLogGroup': /^creating the log group \S+ failed: /,
  'logs:DescribeLogGroups': /^looking for the log group \S+ failed: /,
  'logs:PutRetentionPolicy': /^setting the retention of the log group \S+ failed: /,
  's3:CompleteMultipartUpload': /^uploading cats\/beta\/\S+ to cats-\d+ failed: /,
  's3:CreateBucket': /^creating the bucket cats-\d+ failed: /,
  's3:CreateMultipartUpload': /^uploading cats\/beta\/\S+ to cats-\d+ failed: /,
  's3:DeleteBucketPolicy': /^no longer letting everybody read cats-\d+\/\S+ .*failed: /,
  's3:DeleteObjects': /^deleting 1 objects? from cats-\d+ failed: /,
  's3:GetBucketPolicy': /^reading the policy of the bucket cats-\d+ failed: /,
  's3:GetObject': /^reading the record of earlier uploads in cats-\d+\/\S+ failed: /,
  's3:HeadBucket': /^looking for the S3 bucket cats-\d+ failed: /,
  's3:ListObjectsV2': /^listing the objects of cats-\d+\/\S+ failed: /,
  's3:PutBucketCors': /^allowing cross-origin reads from the bucket cats-\d+ failed: /,
  's3:PutBucketPolicy': /letting everybody read cats-\d+\/\S+ .*failed: /,
  's3:PutObject': /^(uploading|recording|sending the package) .*cats-\d+.* failed: /,
  's3:PutPublicAccessBlock': /^letting assets in the bucket cats-\d+ be public failed: /,
  's3:UploadPart': /^uploading cats\/beta\/\S+ to cats-\d+ failed: /,
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

module.exports = { WORDS, isSpare, counter };
