'use strict';

// Refusals of AWS services.

/** An answer other than success. `details` are further fields of its body. */
class AwsError extends Error {
  constructor(status, code, message, details = {}) {
    super(message);
    Object.assign(this, { status, code, details });
  }
}

const invalidParameter = (message) => new AwsError(400, 'InvalidParameterValueException', message);

const conflict = (message) => new AwsError(409, 'ResourceConflictException', message);

const functionNotFound = (arn) =>
  new AwsError(404, 'ResourceNotFoundException', `Function not found: ${arn}`);

/** A value outside of what the service model allows; `at` is the path of the field. */
const constraint = (value, at, rule, code = 'ValidationException') =>
  new AwsError(
    400,
    code,
    `1 validation error detected: Value '${value}' at '${at}' failed to satisfy constraint: Member must ${rule}`,
  );

module.exports = { AwsError, invalidParameter, conflict, functionNotFound, constraint };
