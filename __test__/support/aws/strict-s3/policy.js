'use strict';

// Evaluates policy documents.

const list = (value) => (value === undefined ? [] : [value].flat());

const statementsOf = (document) => list(document?.Statement);

/**
 * Returns 'Deny', 'Allow' or `undefined`.
 *
 * @param {object} document a policy, of a bucket or of an identity
 * @param {{action: string, resource: string, caller?: object, context: object}} request `context`
 *   has the values of the condition keys, in lower case
 */
function evaluate(document, request) {
  const matching = statementsOf(document).filter((statement) => applies(statement, request));
  const effects = matching.map(({ Effect }) => Effect);
  return effects.includes('Deny') ? 'Deny' : effects[0];
}

function applies(statement, { action, resource, caller, context }) {
  const { Principal, Action, NotAction, Resource, NotResource, Condition = {} } = statement;
  if (Principal !== undefined && !isPrincipal(Principal, caller)) return false;
  if (Action && !matches(Action, action, true)) return false;
  if (NotAction && matches(NotAction, action, true)) return false;
  if (Resource && !matches(Resource, resource)) return false;
  if (NotResource && matches(NotResource, resource)) return false;
  return Object.entries(Condition).every(([operator, tests]) =>
    Object.entries(tests).every(([key, values]) =>
      holds(operator, values, context[key.toLowerCase()]),
    ),
  );
}

function isPrincipal(principal, caller) {
  const wanted = principal === '*' ? ['*'] : list(principal.AWS);
  const names = caller ? [caller.arn, caller.account, `arn:aws:iam::${caller.account}:root`] : [];
  return wanted.some((one) => one === '*' || names.includes(one));
}

const matches = (patterns, text, ignoreCase = false) =>
  list(patterns).some((pattern) => glob(pattern, ignoreCase).test(text));

function glob(pattern, ignoreCase) {
  const literal = pattern.replace(/[.+^${}()|[\]\\]/g, '\\$&');
  return new RegExp(
    `^${literal.replace(/\*/g, '.*').replace(/\?/g, '.')}$`,
    ignoreCase ? 'is' : 's',
  );
}

/** A key that the request does not have fulfills negated operators only. */
function holds(operator, values, actual) {
  const [, quantifier, name, ifExists] = /^(?:(ForA\w+Values?):)?(.*?)(IfExists)?$/.exec(operator);
  const wanted = list(values).map(String);
  if (name === 'Null') return wanted.includes(String(actual === undefined));
  if (actual === undefined) {
    return Boolean(ifExists) || name.includes('Not') || quantifier === 'ForAllValues';
  }
  const isOne = (value) => equals(name, wanted, value) !== name.includes('Not');
  return quantifier === 'ForAllValues' ? list(actual).every(isOne) : list(actual).some(isOne);
}

/** Whether a value is one of those that a condition names; ARNs are compared as patterns. */
function equals(operator, wanted, value) {
  if (/Like$|^Arn/.test(operator)) return matches(wanted, value);
  const ignoreCase = /IgnoreCase$/.test(operator);
  return wanted.some((one) =>
    ignoreCase ? one.toLowerCase() === value.toLowerCase() : one === value,
  );
}

const NARROWING = /^aws:(sourceip|sourcearn|sourceaccount|sourcevpc|sourcevpce|principal\w+)$/i;

/**
 * Whether a policy gives access to the public:
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html
 */
function isPublic(document) {
  return statementsOf(document).some(({ Effect, Principal, Condition = {} }) => {
    const isForAll = Principal === '*' || list(Principal?.AWS).includes('*');
    const keys = Object.values(Condition).flatMap(Object.keys);
    return Effect === 'Allow' && isForAll && !keys.some((key) => NARROWING.test(key));
  });
}

/** Returns S3's message about a policy that a bucket cannot have, or `undefined`. */
function findMistake(text, bucketName) {
  const document = parseJson(text);
  if (document === undefined) return "Policies must be valid JSON and the first byte must be '{'";
  if (statementsOf(document).length === 0) return 'Missing required field Statement';
  for (const statement of statementsOf(document)) {
    const mistake = findStatementMistake(statement, bucketName);
    if (mistake) return mistake;
  }
  return undefined;
}

function findStatementMistake(statement, bucketName) {
  const fields = ['Effect', 'Principal', 'Action', 'Resource'];
  const missing = fields.find(
    (name) => statement[name] === undefined && statement[`Not${name}`] === undefined,
  );
  if (missing) return `Missing required field ${missing}`;
  if (!['Allow', 'Deny'].includes(statement.Effect)) return `Invalid effect: ${statement.Effect}`;
  if (list(statement.Action).some((action) => !/^(s3:[\w*?]+|\*)$/i.test(action))) {
    return 'Policy has invalid action';
  }
  const own = new RegExp(
    `^(\\*|arn:aws[\\w-]*:s3:::${bucketName.replace(/\./g, '\\.')}(/.*)?)$`,
    's',
  );
  const isForeign = (resource) => !own.test(resource);
  return list(statement.Resource).some(isForeign) ? 'Policy has invalid resource' : undefined;
}

function parseJson(text) {
  try {
    const value = JSON.parse(text);
    return value !== null && typeof value === 'object' && !Array.isArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

module.exports = { evaluate, glob, isPublic, findMistake, list, parseJson, statementsOf };
