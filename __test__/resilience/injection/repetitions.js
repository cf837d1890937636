'use strict';

// How AWS answers a change that is requested again after it was carried out and its answer was lost.
// Emulators often answer as if it were the first request, so the proxy gives these answers.

const { iamError, jsonError, s3Error, updateInProgress } = require('../../support/aws/errors');

const DYNAMODB = 'https://docs.aws.amazon.com/amazondynamodb/latest/APIReference';
const IAM = 'https://docs.aws.amazon.com/IAM/latest/APIReference';
const LAMBDA = 'https://docs.aws.amazon.com/lambda/latest/api';
const LOGS = 'https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference';
const S3 = 'https://docs.aws.amazon.com/AmazonS3/latest/API';

const FIRST_REGION = 'us-east-1';

/** How often AWS refuses a repetition for a reason that passes. */
const BUSY_TIMES = 2;

const json = ({ body }) => JSON.parse(body);
const field = ({ body }, name) => new URLSearchParams(body.toString('latin1')).get(name);
const lastSegment = ({ path }) => decodeURIComponent(path.split('?')[0].split('/').pop());
const functionOf = ({ path }) => /\/functions\/([^/?]+)/.exec(path)?.[1];

const UPDATES_FUNCTION = {
  answer: 'an update is in progress',
  source: 'https://docs.aws.amazon.com/lambda/latest/dg/functions-states.html',
  times: BUSY_TIMES,
  respond: (request) => updateInProgress(functionOf(request)),
};
const CHANGES_BUCKET = {
  answer: 'OperationAborted',
  source: 'https://github.com/hashicorp/terraform-provider-aws/issues/7628',
  times: BUSY_TIMES,
  respond: () =>
    s3Error(
      409,
      'OperationAborted',
      'A conflicting conditional operation is currently in progress against this resource. Please try again.',
    ),
};
/** The repetition succeeds: the emulator performs it. */
const succeeds = (source) => ({ answer: 'success', source });
/** The repetition gets the first answer again, and the emulator does not get it. */
const succeedsAgain = (source) => ({
  ...succeeds(source),
  respond: (request, first) => first,
});

/**
 * The answers to repetitions of each operation in the regions that `isIn` accepts. All repetitions, or the
 * first `times`, are answered by `respond`, which also gets the answer that was lost.
 *
 * @type {Record<string, {answer: string, source: string, times?: number,
 *   isIn?: (region: string) => boolean, respond?: (request: object, first: object) => object}[]>}
 */
const REPETITIONS = {
  'dynamodb:CreateTable': [
    {
      answer: 'ResourceInUseException',
      source: `${DYNAMODB}/API_CreateTable.html`,
      respond: (request) =>
        jsonError(
          400,
          'ResourceInUseException',
          `Table already exists: ${json(request).TableName}`,
        ),
    },
  ],
  'dynamodb:UpdateTimeToLive': [
    {
      answer: 'already enabled',
      source: 'https://github.com/strawgate/py-key-value/pull/170',
      respond: () => jsonError(400, 'ValidationException', 'TimeToLive is already enabled'),
    },
    {
      answer: 'modified multiple times',
      source: 'https://github.com/aws/aws-cdk/pull/13720',
      respond: () =>
        jsonError(
          400,
          'ValidationException',
          'Time to live has been modified multiple times within a fixed interval',
        ),
    },
  ],
  'dynamodb:TagResource': [succeeds(`${DYNAMODB}/API_TagResource.html`)],
  'dynamodb:UpdateContinuousBackups': [succeeds(`${DYNAMODB}/API_UpdateContinuousBackups.html`)],
  'dynamodb:UpdateTable': [
    {
      answer: 'ResourceInUseException',
      source: `${DYNAMODB}/API_UpdateTable.html`,
      times: BUSY_TIMES,
      respond: (request) =>
        jsonError(
          400,
          'ResourceInUseException',
          `Attempt to change a resource which is still in use: Table is being updated: ${json(request).TableName}`,
        ),
    },
  ],
  'dynamodb:CreateBackup': [succeeds(`${DYNAMODB}/API_CreateBackup.html`)],
  'dynamodb:DeleteItem': [succeeds(`${DYNAMODB}/API_DeleteItem.html`)],
  'dynamodb:DeleteTable': [
    {
      answer: 'ResourceInUseException',
      source: `${DYNAMODB}/API_DeleteTable.html`,
      times: BUSY_TIMES,
      respond: (request) =>
        jsonError(
          400,
          'ResourceInUseException',
          `Attempt to change a resource which is still in use: Table is being deleted: ${json(request).TableName}`,
        ),
    },
    {
      answer: 'ResourceNotFoundException',
      source: `${DYNAMODB}/API_DeleteTable.html`,
      respond: (request) =>
        jsonError(
          400,
          'ResourceNotFoundException',
          `Requested resource not found: Table: ${json(request).TableName} not found`,
        ),
    },
  ],
  'iam:AttachRolePolicy': [succeeds(`${IAM}/API_AttachRolePolicy.html`)],
  'iam:CreateRole': [
    {
      answer: 'EntityAlreadyExists',
      source: `${IAM}/API_CreateRole.html`,
      respond: (request) =>
        iamError(
          409,
          'EntityAlreadyExists',
          `Role with name ${field(request, 'RoleName')} already exists.`,
        ),
    },
  ],
  'iam:DeleteRole': [roleEntityMissing('DeleteRole')],
  'iam:DeleteRolePolicy': [roleEntityMissing('DeleteRolePolicy')],
  'iam:DetachRolePolicy': [roleEntityMissing('DetachRolePolicy')],
  'iam:PutRolePermissionsBoundary': [succeeds(`${IAM}/API_PutRolePermissionsBoundary.html`)],
  'iam:PutRolePolicy': [succeeds(`${IAM}/API_PutRolePolicy.html`)],
  'iam:TagRole': [succeeds(`${IAM}/API_TagRole.html`)],
  'iam:UpdateAssumeRolePolicy': [succeeds(`${IAM}/API_UpdateAssumeRolePolicy.html`)],
  'lambda:AddPermission': [
    {
      answer: 'ResourceConflictException',
      source: 'https://github.com/cargo-lambda/cargo-lambda/issues/261',
      respond: (request) =>
        jsonError(
          409,
          'ResourceConflictException',
          `The statement id (${json(request).StatementId}) provided already exists. Please provide a new statement id, or remove the existing statement.`,
        ),
    },
  ],
  'lambda:TagResource': [succeeds(`${LAMBDA}/API_TagResource.html`)],
  'lambda:CreateAlias': [
    {
      answer: 'ResourceConflictException',
      source: 'https://github.com/HumanCellAtlas/data-store/issues/929',
      respond: (request) =>
        jsonError(
          409,
          'ResourceConflictException',
          `Alias already exists: arn:aws:lambda:us-east-1:123456789012:function:${functionOf(request)}:${json(request).Name}`,
        ),
    },
  ],
  'lambda:CreateFunction': [
    {
      answer: 'ResourceConflictException',
      source: 'https://github.com/hashicorp/terraform-provider-aws/issues/29263',
      respond: (request) =>
        jsonError(
          409,
          'ResourceConflictException',
          `Function already exist: ${json(request).FunctionName}`,
        ),
    },
  ],
  // Of a version.
  'lambda:DeleteFunction': [
    {
      answer: 'ResourceNotFoundException',
      source: `${LAMBDA}/API_DeleteFunction.html`,
      respond: (request) =>
        jsonError(
          404,
          'ResourceNotFoundException',
          `Function not found: arn:aws:lambda:us-east-1:123456789012:function:${functionOf(request)}`,
        ),
    },
    succeedsAgain('https://github.com/floci-io/floci/pull/2824'),
  ],
  // Code that has been published already is not published again.
  'lambda:PublishVersion': [succeedsAgain(`${LAMBDA}/API_PublishVersion.html`)],
  'lambda:RemovePermission': [
    {
      answer: 'ResourceNotFoundException',
      source: `${LAMBDA}/API_RemovePermission.html`,
      respond: (request) =>
        jsonError(
          404,
          'ResourceNotFoundException',
          `Statement ${lastSegment(request)} is not found in resource policy.`,
        ),
    },
  ],
  'lambda:UpdateAlias': [
    succeeds(`${LAMBDA}/API_UpdateAlias.html`),
    {
      answer: 'PreconditionFailedException if it names a revision',
      source: `${LAMBDA}/API_UpdateAlias.html`,
      respond: (request) =>
        json(request).RevisionId &&
        jsonError(
          412,
          'PreconditionFailedException',
          'The RevisionId provided does not match the latest Revision Id of this alias.',
        ),
    },
  ],
  'lambda:UpdateFunctionCode': [UPDATES_FUNCTION],
  'lambda:UpdateFunctionConfiguration': [UPDATES_FUNCTION],
  'logs:CreateLogGroup': [
    {
      answer: 'ResourceAlreadyExistsException',
      source: 'https://github.com/hashicorp/terraform-provider-aws/issues/18468',
      respond: () =>
        jsonError(400, 'ResourceAlreadyExistsException', 'The specified log group already exists'),
    },
  ],
  'logs:DeleteLogGroup': [
    {
      answer: 'ResourceNotFoundException',
      source: `${LOGS}/API_DeleteLogGroup.html`,
      respond: () =>
        jsonError(400, 'ResourceNotFoundException', 'The specified log group does not exist.'),
    },
  ],
  'logs:PutRetentionPolicy': [
    {
      answer: 'OperationAbortedException',
      source: `${LOGS}/API_PutRetentionPolicy.html`,
      times: BUSY_TIMES,
      respond: () =>
        jsonError(
          400,
          'OperationAbortedException',
          'A conflicting operation is currently in progress against this resource. Please try again.',
        ),
    },
  ],
  'logs:TagResource': [succeeds(`${LOGS}/API_TagResource.html`)],
  's3:AbortMultipartUpload': [
    {
      answer: 'NoSuchUpload',
      source: `${S3}/API_AbortMultipartUpload.html`,
      respond: noSuchUpload,
    },
  ],
  's3:CompleteMultipartUpload': [
    {
      answer: 'NoSuchUpload',
      source: `${S3}/API_CompleteMultipartUpload.html`,
      respond: noSuchUpload,
    },
    // Observed for a while after the completion.
    succeedsAgain('https://github.com/minio/minio/issues/13318'),
  ],
  's3:CreateBucket': [
    {
      answer: 'BucketAlreadyOwnedByYou',
      source: `${S3}/API_CreateBucket.html`,
      isIn: (region) => region !== FIRST_REGION,
      respond: () =>
        s3Error(
          409,
          'BucketAlreadyOwnedByYou',
          'Your previous request to create the named bucket succeeded and you already own it.',
        ),
    },
    {
      ...succeeds(`${S3}/API_CreateBucket.html`),
      isIn: (region) => region === FIRST_REGION,
    },
    CHANGES_BUCKET,
  ],
  // Another upload of the key.
  's3:CreateMultipartUpload': [succeeds(`${S3}/API_CreateMultipartUpload.html`)],
  's3:DeleteBucketPolicy': [succeeds(`${S3}/API_DeleteBucketPolicy.html`), CHANGES_BUCKET],
  's3:DeleteObject': [succeeds(`${S3}/API_DeleteObject.html`)],
  's3:DeleteObjects': [succeeds(`${S3}/API_DeleteObjects.html`)],
  's3:PutBucketCors': [CHANGES_BUCKET],
  's3:PutBucketPolicy': [CHANGES_BUCKET],
  's3:PutObject': [succeeds(`${S3}/API_PutObject.html`)],
  's3:PutPublicAccessBlock': [CHANGES_BUCKET],
  's3:UploadPart': [succeeds(`${S3}/API_UploadPart.html`)],
};

function roleEntityMissing(operation) {
  return {
    answer: 'NoSuchEntity',
    source: `${IAM}/API_${operation}.html`,
    respond: (request) =>
      iamError(
        404,
        'NoSuchEntity',
        `The role with name ${field(request, 'RoleName')} cannot be found.`,
      ),
  };
}

function noSuchUpload() {
  return s3Error(
    404,
    'NoSuchUpload',
    'The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or completed.',
  );
}

/** Returns the rows of an operation in a region. */
function repetitionsOf(operation, region) {
  const rows = REPETITIONS[operation];
  if (!rows) throw new Error(`repetitions.js has no row for ${operation}: add AWS's answer to it`);
  return rows.filter(({ isIn = () => true }) => isIn(region));
}

module.exports = { REPETITIONS, repetitionsOf };
