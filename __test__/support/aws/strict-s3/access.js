'use strict';

// Decides who may do what: expected owners, requester pays, policies, ACLs and Block Public Access.

const { accessDenied } = require('./errors');
const { additionalActions } = require('./operations');
const { evaluate, isPublic, parseJson } = require('./policy');

const GUIDE = 'https://docs.aws.amazon.com/AmazonS3/latest/userguide';
const EVALUATION =
  'https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html';
const BLOCK = `${GUIDE}/access-control-block-public-access.html`;

/** Refuses a request on a bucket that is there, unless it may be done. */
function authorize(call) {
  call.rule('expected-owner');
  call.rule('requester-pays');
  const actions = [call.action, ...additionalActions(call)].filter(Boolean);
  for (const action of actions) requireAction(call, action);
}

/** Refuses an action on the request's bucket or on one of its keys. */
function requireAction(call, action, key = call.key) {
  const verdict = judge(call, action, key);
  if (verdict !== 'Allow') throw denied(call, action, verdict);
}

/** Whether the caller may do something with the request's bucket. */
const isAllowed = (call, action, key) => judge(call, action, key) === 'Allow';

/** Returns 'Allow', 'Deny', 'NotAllowed' (by the caller's own policy) or 'Refused'. */
function judge(call, action, key) {
  const { caller, bucket } = call;
  const request = { action, resource: arnOf(bucket.name, key), caller, context: contextOf(call) };
  const isOutsider = caller?.account !== bucket.account;
  return (
    call.rule('bucket-policy-deny', request) ??
    (caller && call.rule('identity-policy', request, isOutsider)) ??
    (isOutsider ? outsidersVerdict(call, request, key) : 'Allow')
  );
}

function outsidersVerdict(call, request, key) {
  const verdict =
    call.rule('public-by-policy', request) ??
    (request.action === 's3:GetObject' ? call.rule('public-by-acl', key) : undefined);
  return verdict ?? call.rule('outsiders-refused') ?? 'Allow';
}

const arnOf = (bucketName, key) =>
  `arn:aws:s3:::${bucketName}${key === undefined ? '' : `/${key}`}`;

/** Refuses an action that has no bucket yet. */
function requireIdentityAction(call, action) {
  const request = { action, resource: arnOf(call.bucketName), context: contextOf(call) };
  if (!call.caller) throw accessDenied();
  const verdict = call.rule('identity-policy', request);
  if (verdict) throw denied(call, action, verdict);
}

/** The condition keys of a request. Parts are judged by the headers that their upload began with. */
function contextOf({ headers, query, caller, bucket }) {
  const upload = bucket?.uploads.get(query.get('uploadId'));
  const ownHeaders = { ...upload?.headers, ...headers };
  const named = Object.entries(ownHeaders).filter(([name]) => name.startsWith('x-amz-'));
  const asked = ['prefix', 'delimiter', 'max-keys'].filter((name) => query.has(name));
  return {
    ...Object.fromEntries(named.map(([name, value]) => [`s3:${name}`, value])),
    ...Object.fromEntries(asked.map((name) => [`s3:${name}`, query.get(name)])),
    'aws:principalaccount': caller?.account,
    // A bucket that is created belongs to the caller. AWS's managed policies allow CreateBucket by this key
    // (https://docs.aws.amazon.com/aws-managed-policy/latest/reference/AWSElasticBeanstalkEKSObservability.html).
    'aws:resourceaccount': (bucket ?? caller)?.account,
    'aws:securetransport': 'false',
  };
}

function denied({ caller, bucketName, key }, action, verdict) {
  if (!caller) return accessDenied();
  const reasons = {
    Deny: 'with an explicit deny in a resource-based policy',
    NotAllowed: `because no identity-based policy allows the ${action} action`,
  };
  const why = reasons[verdict] ?? `because no resource-based policy allows the ${action} action`;
  const resource = arnOf(bucketName, key);
  return accessDenied(
    `User: ${caller.arn} is not authorized to perform: ${action} on resource: "${resource}" ${why}`,
  );
}

/** Block Public Access as it works for a bucket: the account's settings and its own. */
function blockOf({ bucket, server }, setting) {
  return Boolean(bucket.publicAccessBlock[setting] || server.accountPublicAccessBlock[setting]);
}

const RULES = [
  {
    name: 'expected-owner',
    rule: 'A bucket of another account than x-amz-expected-bucket-owner names is refused: 403 AccessDenied.',
    source: `${GUIDE}/bucket-owner-condition.html`,
    apply({ headers, bucket }) {
      const expected = headers['x-amz-expected-bucket-owner'];
      if (expected !== undefined && expected !== bucket.account) throw accessDenied();
    },
  },
  {
    name: 'requester-pays',
    rule: 'Another account declares with every request to a requester-pays bucket that it pays (x-amz-request-payer: requester), and anonymous requests are refused: else 403 AccessDenied.',
    source: `${GUIDE}/ObjectsinRequesterPaysBuckets.html`,
    apply({ headers, bucket, caller }) {
      if (!bucket.requesterPays || caller?.account === bucket.account) return;
      if (!caller || headers['x-amz-request-payer'] !== 'requester') throw accessDenied();
    },
  },
  {
    name: 'bucket-policy-deny',
    rule: "A Deny of the bucket's policy holds for all callers, its owner included; the condition keys of parts are those of their CreateMultipartUpload: 403 AccessDenied.",
    source: EVALUATION,
    apply({ bucket }, request) {
      return evaluate(parseJson(bucket.policy), request) === 'Deny' ? 'Deny' : undefined;
    },
  },
  {
    name: 'identity-policy',
    rule: "A caller with an identity policy may do what it allows, and within the own account what the bucket's policy allows: else 403 AccessDenied.",
    source: EVALUATION,
    apply({ caller, bucket }, request, isOutsider = false) {
      if (caller.policy === undefined) return undefined;
      const policies = [caller.policy, isOutsider ? undefined : parseJson(bucket?.policy)];
      const verdicts = policies.map((policy) => evaluate(policy, { ...request, caller }));
      return verdicts.includes('Allow') && verdicts[0] !== 'Deny' ? undefined : 'NotAllowed';
    },
  },
  {
    name: 'outsiders-refused',
    rule: 'Anonymous callers and other accounts may do nothing with a bucket that they are not allowed: 403 AccessDenied.',
    source: EVALUATION,
    apply: () => 'Refused',
  },
  {
    name: 'public-by-policy',
    rule: "Other accounts and anonymous callers may do what the bucket's policy allows them.",
    source: `${GUIDE}/example-bucket-policies.html`,
    apply(call, request) {
      const document = parseJson(call.bucket.policy);
      if (call.rule('restrict-public-buckets', document)) return undefined;
      return evaluate(document, request) === 'Allow' ? 'Allow' : undefined;
    },
  },
  {
    name: 'restrict-public-buckets',
    rule: "With RestrictPublicBuckets, of the bucket or of the account, a public policy allows nothing outside the bucket's account.",
    source: BLOCK,
    apply: (call, document) => isPublic(document) && blockOf(call, 'RestrictPublicBuckets'),
  },
  {
    name: 'public-by-acl',
    rule: 'An object with the ACL public-read can be read anonymously, where ACLs are not disabled.',
    source: `${GUIDE}/acl-overview.html`,
    apply(call, key) {
      if (call.bucket.ownership === 'BucketOwnerEnforced') return undefined;
      if (call.rule('ignore-public-acls')) return undefined;
      return /^public-read/.test(call.bucket.objects.get(key)?.acl) ? 'Allow' : undefined;
    },
  },
  {
    name: 'ignore-public-acls',
    rule: 'With IgnorePublicAcls, of the bucket or of the account, public ACLs give no access.',
    source: BLOCK,
    apply: (call) => blockOf(call, 'IgnorePublicAcls'),
  },
];

module.exports = { authorize, requireAction, requireIdentityAction, isAllowed, blockOf, RULES };
