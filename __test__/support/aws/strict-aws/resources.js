'use strict';

// Names resources, and knows which are new.

/** Returns the name, the qualifier and the ARN of the function that a request names. */
function functionOf({ input, region, partition, account }) {
  const given = String(input.FunctionName ?? input.Resource ?? '');
  const parts = given.replace(/^arn:.*:function:/, '').replace(/^\d{12}:(function:)?/, '');
  const [name, ofName] = parts.split(/:(.*)/s);
  const qualifier = input.Qualifier ?? ofName;
  const arn = `arn:${partition}:lambda:${region}:${account}:function:${name}`;
  return { name, qualifier, arn };
}

const roleArn = ({ partition, account }, name, path = '/') =>
  `arn:${partition}:iam::${account}:role${path}${name}`;

const tableArn = ({ partition, region, account }, name) =>
  `arn:${partition}:dynamodb:${region}:${account}:table/${name}`;

const logGroupArn = ({ partition, region, account }, name) =>
  `arn:${partition}:logs:${region}:${account}:log-group:${name}`;

/** Makes a resource new: the next `lag` requests of each kind do not see it as it is. */
const makeNew = ({ server }, resource) => Object.assign(resource, { lag: server.lag, looks: {} });

/** Whether a resource is still new to a kind of request; counts the request. */
function isNew(resource, kind) {
  const looks = resource.looks?.[kind] ?? 0;
  if (looks >= (resource.lag ?? 0)) return false;
  resource.looks[kind] = looks + 1;
  return true;
}

module.exports = { functionOf, roleArn, tableArn, logGroupArn, makeNew, isNew };
