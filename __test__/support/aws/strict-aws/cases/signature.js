'use strict';

const { ACCOUNT, createRole, send } = require('./fixtures');
const { invoke } = require('../client');

const MINUTE_MS = 60 * 1000;
const NOW = Date.parse('2026-11-26T15:00:00Z');

const OWNER = { secret: 'secret', account: ACCOUNT, arn: `arn:aws:iam::${ACCOUNT}:user/owner` };
const keysOf = (properties) => ({ AKIAOWNER: { ...OWNER, ...properties } });

const groups = (options) => send(['logs:DescribeLogGroups', {}, options]);
const roles = (options) => send(['iam:ListRoles', {}, options]);
const functions = (options) => (server) =>
  invoke(server, 'lambda:GetFunctionConfiguration', { FunctionName: 'cats:1' }, options);

module.exports = [
  {
    rule: 'signature-required',
    title: 'a request to CloudWatch Logs without a signature',
    request: groups({ anonymous: true }),
    answer: { status: 403, code: 'MissingAuthenticationTokenException' },
  },
  {
    rule: 'signature',
    title: 'a request to Lambda that is signed with another secret',
    request: functions({ secret: 'another' }),
    answer: { status: 403, code: 'InvalidSignatureException' },
  },
  {
    rule: 'signature',
    title: 'a request to IAM that is signed with another secret',
    request: roles({ secret: 'another' }),
    answer: { status: 403, code: 'SignatureDoesNotMatch' },
  },
  {
    rule: 'signature',
    title: 'a request to Lambda whose path is encoded once only',
    request: functions({ sentPath: '/2015-03-31/functions/cats:1/configuration' }),
    answer: { status: 403, code: 'InvalidSignatureException' },
  },
  {
    rule: 'signed-payload',
    title: 'UNSIGNED-PAYLOAD',
    request: groups({ headers: { 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD' } }),
    answer: { status: 403, code: 'InvalidSignatureException' },
  },
  {
    rule: 'signature',
    title: 'a body that is not the signed one',
    request: groups({ frame: () => '{"limit":1}' }),
    answer: { status: 403, code: 'InvalidSignatureException' },
  },
  {
    rule: 'known-access-key',
    title: 'an access key that does not exist',
    options: { keys: keysOf() },
    request: groups({ accessKeyId: 'AKIAUNKNOWN', secret: 'secret' }),
    answer: { status: 403, code: 'UnrecognizedClientException' },
  },
  {
    rule: 'known-access-key',
    title: 'an access key that does not exist, at STS',
    options: { keys: keysOf() },
    request: send(['sts:GetCallerIdentity', {}, { accessKeyId: 'AKIAUNKNOWN', secret: 'secret' }]),
    answer: { status: 403, code: 'InvalidClientTokenId' },
  },
  {
    rule: 'session-token',
    title: 'temporary credentials without their token',
    options: { keys: keysOf({ token: 'token' }) },
    request: groups({ token: 'another token' }),
    answer: { status: 403, code: 'UnrecognizedClientException' },
  },
  {
    rule: 'session-token',
    title: 'an expired token',
    options: { keys: keysOf({ token: 'token', expires: NOW }), clock: () => NOW + 1 },
    request: roles(),
    answer: { status: 403, code: 'ExpiredToken' },
  },
  ...[
    ['lambda', -6, 'InvalidSignatureException', /^Signature expired: .*- 5 min\.\)$/],
    ['lambda', 6, 'InvalidSignatureException', /^Signature not yet current: .*\+ 5 min\.\)$/],
    ['logs', -16, 'InvalidSignatureException', /- 15 min\.\)$/],
    ['iam', 16, 'SignatureDoesNotMatch', /\+ 15 min\.\)$/],
  ].map(([service, minutes, code, message]) => ({
    rule: 'clock-tolerance',
    title: `a request to ${service} that is dated ${minutes} minutes off`,
    options: { clock: () => NOW },
    request: { lambda: functions, logs: groups, iam: roles }[service]({
      time: NOW + minutes * MINUTE_MS,
    }),
    answer: { status: 403, code, message },
  })),
  {
    rule: 'caller-arn-partition',
    title: 'GetCallerIdentity in China',
    options: { region: 'cn-north-1' },
    request: send(['sts:GetCallerIdentity']),
    answer: { status: 200, body: /<Arn>arn:aws-cn:iam::123456789012:user\/owner</ },
  },
  {
    title: 'requests that are dated 4 and 14 minutes off',
    options: { clock: () => NOW },
    request: send(
      ['iam:CreateRole', createRole[1], { time: NOW + 14 * MINUTE_MS }],
      ['lambda:CreateFunction', { FunctionName: 'a b' }, { time: NOW - 4 * MINUTE_MS }],
    ),
    answer: { status: 400, code: 'ValidationException' },
  },
];
