'use strict';

// The states of a function: it is new, or changes, until some requests have looked at it.

const crypto = require('node:crypto');
const { AwsError, conflict, functionNotFound } = require('../errors');
const { functionOf, isNew } = require('../resources');

const STATES = 'https://docs.aws.amazon.com/lambda/latest/dg/functions-states.html';

const newRevision = () => crypto.randomUUID();

/** Finds the function that a request names. */
function findFunction(call) {
  const { name, arn } = functionOf(call);
  const found = call.place.functions.get(name);
  if (found) return found;
  throw functionNotFound(arn);
}

/** Counts a request that looks at a function; a change is complete after `lag` of them. */
function look(call, fn) {
  if (fn.looksLeft > 0) {
    fn.looksLeft -= 1;
    return;
  }
  const { latest, outcome } = fn;
  if (latest.State !== 'Pending' && latest.LastUpdateStatus !== 'InProgress') return;
  Object.assign(latest, { State: 'Active', StateReason: undefined, StateReasonCode: undefined });
  Object.assign(latest, { LastUpdateStatus: 'Successful', ...outcome });
  fn.outcome = undefined;
  latest.RevisionId = call.rule('revision-of-state') ?? latest.RevisionId;
}

/** Finds the function that a request changes; refused while another change is made. */
function functionToChange(call) {
  const fn = findFunction(call);
  look(call, fn);
  call.rule('function-failed', fn);
  call.rule('function-pending', fn);
  call.rule('update-in-progress', fn);
  return fn;
}

/** Marks a function as being changed. */
function startUpdate(call, fn) {
  fn.latest.RevisionId = newRevision();
  fn.latest.LastModified = new Date(call.server.clock()).toISOString().replace('Z', '+0000');
  fn.latest.LastUpdateStatus = call.rule('update-status') ?? 'Successful';
  fn.looksLeft = call.server.lag;
  fn.outcome = call.server.updateOutcome;
}

const busy = (message) => conflict(`The operation cannot be performed at this time. ${message}`);

const otherRevision = () =>
  new AwsError(
    412,
    'PreconditionFailedException',
    'The RevisionId provided does not match the latest RevisionId. Call the GetFunction/GetAlias API to retrieve the latest RevisionId',
  );

const RULES = [
  {
    name: 'new-function-not-found',
    rule: 'Just after its creation a function is not found by AddPermission, CreateAlias and PublishVersion: 404 ResourceNotFoundException.',
    source: 'https://github.com/moritzzimmer/terraform-aws-lambda/issues/128',
    apply({ operation }, fn) {
      if (isNew(fn, operation)) throw functionNotFound(fn.arn);
    },
  },
  {
    name: 'function-pending',
    rule: 'A new function is Pending, and changes of it are refused until it is Active: 409 ResourceConflictException.',
    source: STATES,
    apply(_, { latest }) {
      if (latest.State !== 'Pending') return;
      throw busy('The function is currently in the following state: Pending');
    },
  },
  {
    name: 'function-failed',
    rule: 'A function whose creation has failed stays so, and is not changed: 409 ResourceConflictException.',
    source: STATES,
    apply(_, { latest }) {
      if (latest.State !== 'Failed') return;
      throw busy('The function is currently in the following state: Failed');
    },
  },
  {
    name: 'update-status',
    rule: 'A change answers LastUpdateStatus InProgress, which lasts for a while.',
    source: STATES,
    apply: () => 'InProgress',
  },
  {
    name: 'update-in-progress',
    rule: 'While a change is made, the next one is refused: 409 ResourceConflictException.',
    source: 'https://github.com/aws/aws-cli/issues/6718',
    apply(_, { arn, latest }) {
      if (latest.LastUpdateStatus !== 'InProgress') return;
      throw busy(`An update is in progress for resource: ${arn}`);
    },
  },
  {
    name: 'revision-of-state',
    rule: 'When a change is complete, the function has another RevisionId than the answer to the change had.',
    source: 'https://github.com/aws/aws-sdk/issues/377',
    apply: newRevision,
  },
  {
    name: 'revision-id',
    rule: 'A change that names a RevisionId other than the current one is refused: 412 PreconditionFailedException.',
    source: 'https://docs.aws.amazon.com/lambda/latest/api/API_UpdateFunctionCode.html',
    apply({ input }, current) {
      if (input.RevisionId && input.RevisionId !== current) throw otherRevision();
    },
  },
];

module.exports = {
  findFunction,
  functionToChange,
  look,
  newRevision,
  otherRevision,
  startUpdate,
  RULES,
};
