'use strict';

// Refusals that pass: what AWS answers for a while after a creation, since not all of its parts know the
// new resource yet.

const {
  iamError,
  jsonError,
  roleNotAssumable,
  roleNotFound,
  s3Error,
  updateInProgress,
} = require('../../support/aws/errors');

const CONSISTENCY =
  'https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot.html#troubleshoot_general_eventual-consistency';
const NEW_BUCKET = 'https://github.com/hashicorp/terraform-provider-aws/issues/10068';
const BUSY_BUCKET = 'https://github.com/hashicorp/terraform-provider-aws/issues/7628';
const NEW_FUNCTION = 'https://github.com/hashicorp/terraform-provider-aws/issues/25440';
const NEW_PERMISSION = 'https://github.com/hashicorp/terraform-provider-aws/issues/7214';
const DYNAMODB = 'https://docs.aws.amazon.com/amazondynamodb/latest/APIReference';

const functionOf = ({ path }) => /\/functions\/([^/?]+)/.exec(path)?.[1];
const roleOf = ({ body }) => new URLSearchParams(body.toString('latin1')).get('RoleName');
const tableOf = ({ body }) => JSON.parse(body).TableName;

const noSuchBucket = () => s3Error(404, 'NoSuchBucket', 'The specified bucket does not exist');
/** The answer to a HEAD request does not have a body. */
const notFound = () => ({ status: 404 });
const operationAborted = () =>
  s3Error(
    409,
    'OperationAborted',
    'A conflicting conditional operation is currently in progress against this resource. Please try again.',
  );
const publicAccessBlocked = (action, setting) =>
  s3Error(
    403,
    'AccessDenied',
    `User: arn:aws:iam::123456789012:user/deployer is not authorized to perform: ${action} because public access is blocked by the ${setting} setting in S3 Block Public Access.`,
  );
const publicPolicyBlocked = () => publicAccessBlocked('s3:PutBucketPolicy', 'BlockPublicPolicy');
const publicAclBlocked = ({ headers }) =>
  headers['x-amz-acl'] && publicAccessBlocked('s3:PutObject', 'BlockPublicAcls');
const functionNotFound = (request) =>
  jsonError(
    404,
    'ResourceNotFoundException',
    `Function not found: arn:aws:lambda:us-east-1:123456789012:function:${functionOf(request)}`,
  );
const roleUnknown = (request) => roleNotFound(roleOf(request));
const roleIsBeingChanged = () =>
  iamError(
    409,
    'ConcurrentModification',
    'The request was rejected because multiple requests to change this object were submitted simultaneously. Wait a few minutes and submit your request again.',
  );
const roleWithoutPermission = () =>
  jsonError(
    400,
    'InvalidParameterValueException',
    'The provided execution role does not have permissions to call CreateNetworkInterface on EC2',
  );
const tableNotFound = (request) =>
  jsonError(
    400,
    'ResourceNotFoundException',
    `Requested resource not found: Table: ${tableOf(request)} not found`,
  );
const logGroupNotFound = () =>
  jsonError(400, 'ResourceNotFoundException', 'The specified log group does not exist.');
const logGroupIsBusy = () =>
  jsonError(
    400,
    'OperationAbortedException',
    'A conflicting operation is currently in progress against this resource. Please try again.',
  );

/**
 * Returns the rows of a creation.
 *
 * @param {string} after the creation
 * @param {string} source
 * @param {string} refusal its name
 * @param {Record<string, Function>} calls the refusal of each call, from the request; nothing for
 *   requests that are not refused
 */
const rows = (after, source, refusal, calls) =>
  Object.entries(calls).map(([call, respond]) => ({ after, source, refusal, call, respond }));

const each = (calls, respond) => Object.fromEntries(calls.map((call) => [call, respond]));

/** @type {{after: string, call: string, refusal: string, source: string, respond: Function}[]} */
const REFUSALS = [
  ...rows('iam:CreateRole', CONSISTENCY, 'unknown role', {
    ...each(['iam:AttachRolePolicy', 'iam:PutRolePolicy'], roleUnknown),
  }),
  ...rows('iam:CreateRole', CONSISTENCY, 'role not assumable', {
    'lambda:CreateFunction': roleNotAssumable,
  }),
  ...rows(
    'iam:AttachRolePolicy',
    'https://github.com/aws/aws-cdk/issues/7998',
    'role without permission',
    { 'lambda:CreateFunction': roleWithoutPermission },
  ),
  ...rows(
    'iam:AttachRolePolicy',
    'https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html',
    'concurrent modification',
    { ...each(['iam:AttachRolePolicy', 'iam:PutRolePolicy'], roleIsBeingChanged) },
  ),
  ...rows('s3:CreateBucket', NEW_BUCKET, 'NoSuchBucket', {
    ...each(
      [
        's3:CreateMultipartUpload',
        's3:GetBucketPolicy',
        's3:ListMultipartUploads',
        's3:GetObject',
        's3:ListObjectsV2',
        's3:PutBucketCors',
        's3:PutBucketPolicy',
        's3:PutObject',
        's3:PutPublicAccessBlock',
        's3:UploadPart',
        's3:CompleteMultipartUpload',
      ],
      noSuchBucket,
    ),
    's3:HeadBucket': notFound,
  }),
  ...rows('s3:CreateBucket', BUSY_BUCKET, 'OperationAborted', {
    ...each(
      ['s3:PutBucketCors', 's3:PutBucketPolicy', 's3:PutPublicAccessBlock'],
      operationAborted,
    ),
  }),
  ...rows(
    's3:PutPublicAccessBlock',
    'https://github.com/env0/templates/pull/174',
    'public access blocked',
    {
      's3:CreateMultipartUpload': publicAclBlocked,
      's3:PutBucketPolicy': publicPolicyBlocked,
      's3:PutObject': publicAclBlocked,
    },
  ),
  ...rows('dynamodb:CreateTable', `${DYNAMODB}/API_DescribeTable.html`, 'unknown table', {
    ...each(
      ['dynamodb:DescribeTable', 'dynamodb:DescribeTimeToLive', 'dynamodb:UpdateTimeToLive'],
      tableNotFound,
    ),
  }),
  ...rows(
    'logs:CreateLogGroup',
    'https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html',
    'unknown log group',
    { 'logs:PutRetentionPolicy': logGroupNotFound },
  ),
  ...rows(
    'logs:CreateLogGroup',
    'https://github.com/aws/aws-cdk/issues/17546',
    'OperationAbortedException',
    { 'logs:PutRetentionPolicy': logGroupIsBusy },
  ),
  ...rows('lambda:CreateFunction', NEW_FUNCTION, 'unknown function', {
    ...each(
      [
        'lambda:CreateAlias',
        'lambda:GetFunctionConfiguration',
        'lambda:ListAliases',
        'lambda:ListVersionsByFunction',
      ],
      functionNotFound,
    ),
  }),
  ...rows('lambda:CreateFunction', NEW_PERMISSION, 'unknown function', {
    'lambda:AddPermission': functionNotFound,
  }),
  ...rows(
    'lambda:CreateFunction',
    'https://docs.aws.amazon.com/lambda/latest/dg/functions-states.html',
    'busy function',
    { 'lambda:CreateAlias': (request) => updateInProgress(functionOf(request)) },
  ),
  ...rows(
    'lambda:UpdateFunctionConfiguration',
    'https://docs.aws.amazon.com/lambda/latest/dg/functions-states.html',
    'busy function',
    { 'lambda:UpdateFunctionCode': (request) => updateInProgress(functionOf(request)) },
  ),
];

/** How often each refusal is given. */
const TIMES = 3;

/** Returns each refusal for each call of a deployment that follows the creation. */
function refusalsOf(calls) {
  return REFUSALS.flatMap((row) => {
    const created = calls.findIndex(({ operation }) => operation === row.after);
    if (created < 0) return [];
    const later = calls.slice(created + 1).filter(({ operation }) => operation === row.call);
    const names = new Set(later.map(({ name }) => name));
    return [...names].map((name) => ({ ...row, name }));
  });
}

module.exports = { REFUSALS, TIMES, refusalsOf };
