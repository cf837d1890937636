'use strict';

// Names each request of a deployment, and defines what the error for a persistent failure must name.

const TABLE = 'cats_beta_litexa_handler_state';
const FUNCTION = 'cats_beta_litexa_handler';
const ALIAS = /cats_beta_litexa_handler:release-0|release-0.*cats_beta_litexa_handler/;
const ROLE = /litexa_handler/;
const LOG_GROUP = /\/aws\/lambda\/cats_beta_litexa_handler|\/litexa\/cats/;
const BUCKET = /cats-\d+/;
const KEY = /cats\/beta\/\S+/;

/** The resource that an error names when a call keeps failing, and the aspect of it. */
const ERROR_PATTERNS = {
  'dynamodb:CreateBackup': [/\bbacking up\b/, TABLE],
  'dynamodb:CreateTable': [/\btable\b/, TABLE],
  'dynamodb:DeleteItem': [/\bdeleting the item\b/, TABLE],
  'dynamodb:DeleteTable': [/\bdeleting\b/, TABLE],
  'dynamodb:DescribeBackup': [/\bbackup\b/, TABLE],
  'dynamodb:DescribeContinuousBackups': [/backups/, TABLE],
  'dynamodb:DescribeTable': [/\btable\b/, TABLE],
  'dynamodb:DescribeTimeToLive': [/time.to.live/i, TABLE],
  'dynamodb:ListTagsOfResource': [/\btags\b/, TABLE],
  'dynamodb:TagResource': [/\btagging\b/, TABLE],
  'dynamodb:UpdateContinuousBackups': [/recovery/, TABLE],
  'dynamodb:UpdateTable': [/protection/, TABLE],
  'dynamodb:UpdateTimeToLive': [/time.to.live/i, TABLE],
  'iam:AttachRolePolicy': [/AWSLambda|DynamoDB|CloudWatch|SNS|SQS/, ROLE],
  'iam:CreateRole': [/\brole\b/, ROLE],
  'iam:DeleteRole': [/\bdeleting the role\b/, ROLE],
  'iam:DeleteRolePolicy': [/\bpolicy\b/, ROLE],
  'iam:DetachRolePolicy': [/\bdetaching\b/, ROLE],
  'iam:GetRole': [/\brole\b/, ROLE],
  'iam:GetRolePolicy': [/\bpolicy\b/, ROLE],
  'iam:ListAttachedRolePolicies': [/\bpolicies\b/, ROLE],
  'iam:ListRolePolicies': [/\bpolicies\b/, ROLE],
  'iam:PutRolePermissionsBoundary': [/\bboundary\b/, ROLE],
  'iam:PutRolePolicy': [/\bpolicy\b/, ROLE],
  'iam:TagRole': [/\btagging\b/, ROLE],
  'iam:UpdateAssumeRolePolicy': [/\b(?:assume|trust)\b/, ROLE],
  'lambda:AddPermission': [/\binvoke\b/, ALIAS],
  'lambda:CreateAlias': [/\balias\b/, FUNCTION],
  'lambda:TagResource': [/\btagging\b/, FUNCTION],
  'lambda:CreateFunction': [/\bfunction\b/, FUNCTION],
  'lambda:DeleteFunction': [/\b(?:version 1|deleting the function)\b/, FUNCTION],
  'lambda:GetFunctionConfiguration': [/\b(?:function|version)\b/, FUNCTION],
  'lambda:GetPolicy': [/\b(?:invoke|policy|permissions?)\b/, FUNCTION],
  'lambda:ListTags': [/\btags\b/, FUNCTION],
  'lambda:Invoke': [/\binvoking\b/, ALIAS],
  'lambda:ListAliases': [/\baliases\b/, FUNCTION],
  'lambda:ListVersionsByFunction': [/\bversions\b/, FUNCTION],
  'lambda:PublishVersion': [/\bversion\b/, FUNCTION],
  'lambda:RemovePermission': [/\b(?:statement|permission)\b/, ALIAS],
  'lambda:UpdateAlias': [/\brelease-0\b/, FUNCTION],
  'lambda:UpdateFunctionCode': [/\b(?:code|package)\b/, FUNCTION],
  'lambda:UpdateFunctionConfiguration': [/\bconfiguration\b/, FUNCTION],
  'logs:CreateLogGroup': [/\blog group\b/, LOG_GROUP],
  'logs:DeleteLogGroup': [/\blog group\b/, LOG_GROUP],
  'logs:DescribeLogGroups': [/\blog group\b/, LOG_GROUP],
  'logs:ListTagsForResource': [/\btags\b/, LOG_GROUP],
  'logs:PutRetentionPolicy': [/\bretention\b/, LOG_GROUP],
  'logs:TagResource': [/\btagging\b/, LOG_GROUP],
  's3:AbortMultipartUpload': [KEY],
  's3:CompleteMultipartUpload': [KEY, BUCKET],
  's3:CreateBucket': [/\bbucket\b/, BUCKET],
  's3:CreateMultipartUpload': [KEY, BUCKET],
  's3:DeleteBucketPolicy': [/\b(?:read|access|policy)\b/, BUCKET],
  's3:DeleteObjects': [/\bdelet/, BUCKET],
  's3:GetBucketPolicy': [/\bpolicy\b/, BUCKET],
  's3:GetObject': [/cats-\d+\/\S+\.json/],
  's3:HeadBucket': [/\bbucket\b/, BUCKET],
  's3:ListMultipartUploads': [/\buploads\b/, BUCKET],
  's3:ListObjectVersions': [/\bversions\b/, BUCKET],
  's3:ListObjectsV2': [/\b(?:objects|owner)\b/, BUCKET],
  's3:PutBucketCors': [/CORS|cross-origin/, BUCKET],
  's3:PutBucketPolicy': [/\b(?:read|access|policy)\b/, BUCKET],
  's3:PutObject': [BUCKET],
  's3:PutPublicAccessBlock': [/public/i, BUCKET],
  's3:UploadPart': [KEY, BUCKET],
  'sts:GetCallerIdentity': [/\baccount\b/],
};

/** Operations without which a deployment succeeds. */
const OPTIONAL = new Set([
  'anonymous:GET',
  'anonymous:HEAD',
  // The next invocation deletes the item.
  'dynamodb:DeleteItem',
  's3:DeleteObject',
  's3:ListMultipartUploads',
  's3:ListBuckets',
  'sts:GetCallerIdentity',
]);

/** Reads that are not needed if the bucket does not exist. They are sent before that is known. */
const BUCKET_READS = new Set(['s3:GetBucketPolicy', 's3:ListObjectsV2']);

/** Whether a call is made once only, also if it fails: a repetition would be another request to the skill. */
const isSentOnce = ({ operation }) => operation === 'lambda:Invoke';

/** Whether a deployment succeeds without a call. `status` is that of an undisturbed response. */
function isOptional({ operation, status }) {
  return OPTIONAL.has(operation) || (status === 404 && BUCKET_READS.has(operation));
}

/**
 * Returns the operation and its subject, without the account. The same call has the same name in each
 * run, in whatever order calls are made.
 */
function nameOf(request, account) {
  const subject = SUBJECTS[request.service]?.(request) ?? '';
  return `${operationOf(request)} ${subject}`.trim().replaceAll(account, '…');
}

const operationOf = ({ service, operation }) => `${service}:${operation}`;

const SUBJECTS = {
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

/** Returns a function that gives each request of a deployment its name and its ordinal. */
function callCounter(account) {
  const seen = new Map();
  return (request) => {
    const name = nameOf(request, account);
    const count = (seen.get(name) ?? 0) + 1;
    seen.set(name, count);
    return { name, count, id: count === 1 ? name : `${name} #${count}` };
  };
}

module.exports = { ERROR_PATTERNS, OPTIONAL, callCounter, isOptional, isSentOnce };
