'use strict';

// Answers sts:GetCallerIdentity, which needs no permission.

const RULES = [
  {
    name: 'caller-arn-partition',
    rule: "The ARN of the caller names the partition of the request's region.",
    source: 'https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html',
    apply: ({ caller, partition }) => caller.arn.replace(/^arn:aws:/, `arn:${partition}:`),
  },
];

function getCallerIdentity(call) {
  const { accessKeyId, account, arn } = call.caller;
  const Arn = call.rule('caller-arn-partition') ?? arn;
  return { Arn, UserId: accessKeyId, Account: account };
}

module.exports = { OPERATIONS: { GetCallerIdentity: getCallerIdentity }, RULES };
