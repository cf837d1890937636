'use strict';

// Answers sts:GetCallerIdentity, which needs no permission.

const { S3Error } = require('./errors');
const { element } = require('./xml');

const NAMESPACE = 'https://sts.amazonaws.com/doc/2011-06-15/';

function getCallerIdentity({ body, caller, requestId }) {
  if (new URLSearchParams(body.toString()).get('Action') !== 'GetCallerIdentity') {
    throw new S3Error(400, 'InvalidAction', 'Could not find operation for this endpoint');
  }
  const identity = [
    element('Arn', caller.arn),
    element('UserId', caller.accessKeyId),
    element('Account', caller.account),
  ];
  const content = [
    `<GetCallerIdentityResult>${identity.join('')}</GetCallerIdentityResult>`,
    `<ResponseMetadata>${element('RequestId', requestId)}</ResponseMetadata>`,
  ];
  return {
    status: 200,
    headers: { 'content-type': 'text/xml' },
    body: `<GetCallerIdentityResponse xmlns="${NAMESPACE}">${content.join('')}</GetCallerIdentityResponse>`,
  };
}

module.exports = { getCallerIdentity };
