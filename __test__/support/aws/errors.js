'use strict';

// What AWS answers where an emulator would not, word for word as AWS puts it.

/** A refusal of Lambda, DynamoDB or CloudWatch Logs. */
function refusal(status, code, message) {
  return {
    status,
    headers: { 'content-type': 'application/json', 'x-amzn-errortype': code },
    body: JSON.stringify({ Type: 'User', __type: code, message, Message: message }),
  };
}

/** A refusal of IAM. */
function iamRefusal(status, code, message) {
  return {
    status,
    headers: { 'content-type': 'text/xml' },
    body:
      '<ErrorResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><Error>' +
      `<Type>Sender</Type><Code>${code}</Code><Message>${message}</Message>` +
      '</Error><RequestId>4f1b0f5e-7d1c-4f0e-9b5a-3f0c5a1d2e3f</RequestId></ErrorResponse>',
  };
}

/** Lambda works on a change, and takes no other meanwhile. */
const busy = (functionArn) =>
  refusal(
    409,
    'ResourceConflictException',
    'The operation cannot be performed at this time. An update is in progress for resource: ' +
      functionArn,
  );

/** Lambda still makes the function. */
const pending = () =>
  refusal(
    409,
    'ResourceConflictException',
    'The operation cannot be performed at this time. ' +
      'The function is currently in the following state: Pending',
  );

/** Lambda has not heard of a new role yet. */
const notAssumable = () =>
  refusal(
    400,
    'InvalidParameterValueException',
    'The role defined for the function cannot be assumed by Lambda.',
  );

const runtimeRefused = (runtime) =>
  refusal(
    400,
    'InvalidParameterValueException',
    `The runtime parameter of ${runtime} is no longer supported for creating or updating AWS ` +
      'Lambda functions. We recommend you use a supported runtime while creating or updating ' +
      'functions.',
  );

/** A managed policy that AWS has withdrawn. */
const policyRetired = (arn) =>
  iamRefusal(404, 'NoSuchEntity', `Policy ${arn} does not exist or is not attachable.`);

/** IAM has not heard everywhere of a role that it made just now. */
const roleUnknown = (role) =>
  iamRefusal(404, 'NoSuchEntity', `The role with name ${role} cannot be found.`);

const denied = (action) =>
  refusal(
    403,
    'AccessDeniedException',
    `User: arn:aws:iam::123456789012:user/deployer is not authorized to perform: ${action} ` +
      'because no identity-based policy allows it',
  );

const throttled = () => refusal(429, 'TooManyRequestsException', 'Rate exceeded');

module.exports = {
  busy,
  pending,
  notAssumable,
  runtimeRefused,
  policyRetired,
  roleUnknown,
  denied,
  throttled,
};
