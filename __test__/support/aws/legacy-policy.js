'use strict';

// The policy that 0.9.0 documented.

const allow = (Sid, Resource, ...Action) => ({ Sid, Effect: 'Allow', Action, Resource });

const LOG_GROUPS = 'arn:aws:logs:*:myAccountId:log-group:/aws/lambda/*_*_litexa_handler';

/** Its statements, with the placeholders `myAccountId` and `myBucketName`. */
const LEGACY_STATEMENTS = [
  allow(
    'IAMRole',
    'arn:aws:iam::myAccountId:role/litexa_handler_lambda',
    'iam:AttachRolePolicy',
    'iam:CreateRole',
    'iam:GetRole',
    'iam:ListAttachedRolePolicies',
    'iam:PassRole',
  ),
  allow(
    'Lambda',
    'arn:aws:lambda:*:myAccountId:function:*_*_litexa_handler',
    'lambda:AddPermission',
    'lambda:CreateAlias',
    'lambda:CreateFunction',
    'lambda:GetAlias',
    'lambda:GetFunctionConfiguration',
    'lambda:GetPolicy',
    'lambda:ListAliases',
    'lambda:RemovePermission',
    'lambda:UpdateFunctionCode',
    'lambda:UpdateFunctionConfiguration',
  ),
  allow(
    'DynamoDB',
    'arn:aws:dynamodb:*:myAccountId:table/*_*_litexa_handler_state',
    'dynamodb:CreateTable',
    'dynamodb:DescribeTable',
  ),
  allow('CreateLogGroupListS3Buckets', '*', 'logs:CreateLogGroup', 's3:ListAllMyBuckets'),
  allow('S3BucketActions', 'arn:aws:s3:::myBucketName', 's3:CreateBucket', 's3:ListBucket'),
  allow('S3BucketObjectActions', 'arn:aws:s3:::myBucketName/*', 's3:PutObject', 's3:PutObjectAcl'),
  allow('DescribeLogGroups', 'arn:aws:logs:*:myAccountId:log-group:*', 'logs:DescribeLogGroups'),
  allow(
    'LogStreamActions',
    `${LOG_GROUPS}:log-stream:`,
    'logs:DescribeLogStreams',
    'logs:PutRetentionPolicy',
  ),
  allow('GetLogEvents', `${LOG_GROUPS}:*:*`, 'logs:GetLogEvents'),
];

module.exports = { LEGACY_STATEMENTS };
