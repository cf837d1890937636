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

/**
 * STS's codes for what S3 refuses with others, and its messages:
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-troubleshooting.html,
 * https://docs.aws.amazon.com/STS/latest/APIReference/CommonErrors.html
 */
const REFUSALS = {
  RequestTimeTooSkewed: ({ RequestTime, ServerTime }) => [
    'SignatureDoesNotMatch',
    `Signature expired: ${RequestTime} is now earlier than ${ServerTime} (${ServerTime} - 15 min.)`,
  ],
  InvalidAccessKeyId: () => [
    'InvalidClientTokenId',
    'The security token included in the request is invalid.',
  ],
};

/** The answer to a request that is refused, in the form of STS. */
function refusal({ status, code, message, details }, requestId) {
  const [ownCode, ownMessage] = REFUSALS[code]?.(details) ?? [code, message];
  const error = ['Sender', ownCode, ownMessage].map((text, i) =>
    element(['Type', 'Code', 'Message'][i], text),
  );
  const content = `<Error>${error.join('')}</Error>${element('RequestId', requestId)}`;
  return {
    status,
    code: ownCode,
    headers: { 'content-type': 'text/xml' },
    body: `<ErrorResponse xmlns="${NAMESPACE}">${content}</ErrorResponse>`,
  };
}

module.exports = { getCallerIdentity, refusal };
