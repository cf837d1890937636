'use strict';

// Error responses of AWS that the emulator does not give, with the codes and messages of AWS.

/** Returns an error response of S3. */
function s3Error(status, code, message = code) {
  return {
    status,
    headers: { 'content-type': 'application/xml' },
    body: `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code><Message>${message}</Message></Error>`,
  };
}

/** Returns an error response of Lambda, DynamoDB or CloudWatch Logs. */
function jsonError(status, code, message = code) {
  return {
    status,
    headers: { 'content-type': 'application/json', 'x-amzn-errortype': code },
    body: JSON.stringify({ Type: 'User', __type: code, message, Message: message }),
  };
}

/** Returns an error response of IAM. */
function iamError(status, code, message = code) {
  return {
    status,
    headers: { 'content-type': 'text/xml' },
    body:
      '<ErrorResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><Error>' +
      `<Type>Sender</Type><Code>${code}</Code><Message>${message}</Message>` +
      '</Error><RequestId>4f1b0f5e-7d1c-4f0e-9b5a-3f0c5a1d2e3f</RequestId></ErrorResponse>',
  };
}

/** Lambda rejects a change while another change is in progress. */
const updateInProgress = (functionArn) =>
  jsonError(
    409,
    'ResourceConflictException',
    'The operation cannot be performed at this time. An update is in progress for resource: ' +
      functionArn,
  );

/** Lambda rejects a change while it creates the function. */
const functionPending = () =>
  jsonError(
    409,
    'ResourceConflictException',
    'The operation cannot be performed at this time. ' +
      'The function is currently in the following state: Pending',
  );

/** Lambda does not know a new role yet. */
const roleNotAssumable = () =>
  jsonError(
    400,
    'InvalidParameterValueException',
    'The role defined for the function cannot be assumed by Lambda.',
  );

/** Lambda no longer supports a runtime. */
const runtimeUnsupported = (runtime) =>
  jsonError(
    400,
    'InvalidParameterValueException',
    `The runtime parameter of ${runtime} is no longer supported for creating or updating AWS ` +
      'Lambda functions. We recommend you use a supported runtime while creating or updating ' +
      'functions.',
  );

/** AWS has retired a managed policy. */
const policyNotAttachable = (arn) =>
  iamError(404, 'NoSuchEntity', `Policy ${arn} does not exist or is not attachable.`);

/** A new role is not known in all of IAM yet. */
const roleNotFound = (role) =>
  iamError(404, 'NoSuchEntity', `The role with name ${role} cannot be found.`);

/** A log stream was deleted. */
const streamNotFound = () =>
  jsonError(400, 'ResourceNotFoundException', 'The specified log stream does not exist.');

/** The IAM user may not perform an action. */
const accessDenied = (action) => jsonError(403, 'AccessDeniedException', denial(action));

/** The same, for an action of IAM itself. */
const accessDeniedByIam = (action) => iamError(403, 'AccessDenied', denial(action));

const denial = (action) =>
  `User: arn:aws:iam::123456789012:user/deployer is not authorized to perform: ${action} ` +
  'because no identity-based policy allows it';

/** Lambda throttles requests. */
const throttled = () => jsonError(429, 'TooManyRequestsException', 'Rate exceeded');

/** S3 throttles requests. */
const slowDown = () => s3Error(503, 'SlowDown', 'Please reduce your request rate.');

module.exports = {
  s3Error,
  jsonError,
  iamError,
  updateInProgress,
  functionPending,
  roleNotAssumable,
  runtimeUnsupported,
  policyNotAttachable,
  roleNotFound,
  streamNotFound,
  accessDenied,
  accessDeniedByIam,
  throttled,
  slowDown,
};
