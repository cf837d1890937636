'use strict';

// Log groups of CloudWatch Logs.

const { AwsError, constraint } = require('../errors');
const { logGroupArn } = require('../resources');

const API = 'https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference';

const invalid = (message) => new AwsError(400, 'InvalidParameterException', message);

function createLogGroup(call) {
  const { logGroupName, tags = {}, kmsKeyId, logGroupClass = 'STANDARD' } = call.input;
  const { place, server } = call;
  call.rule('log-group-name');
  call.rule('log-group-exists');
  place.logGroups.set(logGroupName, {
    logGroupName,
    creationTime: server.clock(),
    arn: `${logGroupArn(call, logGroupName)}:*`,
    logGroupArn: logGroupArn(call, logGroupName),
    metricFilterCount: 0,
    storedBytes: 0,
    logGroupClass,
    kmsKeyId,
    tags: { ...tags },
    streams: new Map(),
    queries: new Map(),
  });
}

/** Returns the group that a request names. */
function findGroup(call) {
  const { logGroupName, resourceArn } = call.input;
  const name = logGroupName ?? resourceArn.split(':log-group:')[1].replace(/:\*$/, '');
  const group = call.place.logGroups.get(name);
  if (group) return group;
  throw new AwsError(400, 'ResourceNotFoundException', 'The specified log group does not exist.');
}

function describeLogGroups(call) {
  const { logGroupNamePrefix = '', logGroupNamePattern } = call.input;
  const all = [...call.place.logGroups.values()]
    .filter(({ logGroupName: name }) =>
      logGroupNamePattern
        ? name.toLowerCase().includes(logGroupNamePattern.toLowerCase())
        : name.startsWith(logGroupNamePrefix),
    )
    .map(({ tags: _, streams: __, queries: ___, isKeyDisabled: ____, ...group }) => group)
    .sort((one, other) => (one.logGroupName < other.logGroupName ? -1 : 1));
  const { entries, nextToken } = call.rule('log-groups-pages', all) ?? { entries: all };
  return { logGroups: entries, nextToken };
}

function putRetentionPolicy(call) {
  const group = findGroup(call);
  call.rule('retention-days');
  group.retentionInDays = call.input.retentionInDays;
}

function deleteRetentionPolicy(call) {
  delete findGroup(call).retentionInDays;
}

function deleteLogGroup(call) {
  call.place.logGroups.delete(findGroup(call).logGroupName);
}

function tagResource(call) {
  Object.assign(findGroup(call).tags, call.input.tags);
}

function untagResource(call) {
  const { tags } = findGroup(call);
  for (const key of call.input.tagKeys) delete tags[key];
}

const listTagsForResource = (call) => ({ tags: findGroup(call).tags });

const DAYS = [
  1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288,
  3653,
];

const RULES = [
  {
    name: 'log-group-name',
    rule: 'The name of a log group has 1 to 512 characters of [.\\-_/#A-Za-z0-9]: else 400 InvalidParameterException.',
    source: `${API}/API_CreateLogGroup.html`,
    apply({ input: { logGroupName } }) {
      if (/^[.\-_/#A-Za-z0-9]{1,512}$/.test(logGroupName)) return;
      const pattern = 'satisfy regular expression pattern: [\\.\\-_/#A-Za-z0-9]+';
      throw constraint(logGroupName, 'logGroupName', pattern, 'InvalidParameterException');
    },
  },
  {
    name: 'log-group-exists',
    rule: 'A log group that exists is not created again: 400 ResourceAlreadyExistsException.',
    source: `${API}/API_CreateLogGroup.html`,
    apply({ input: { logGroupName }, place }) {
      if (!place.logGroups.has(logGroupName)) return;
      throw new AwsError(
        400,
        'ResourceAlreadyExistsException',
        'The specified log group already exists',
      );
    },
  },
  {
    name: 'retention-days',
    rule: "Retention is one of AWS's numbers of days: else 400 InvalidParameterException.",
    source: `${API}/API_PutRetentionPolicy.html`,
    apply({ input: { retentionInDays } }) {
      if (DAYS.includes(retentionInDays)) return;
      throw constraint(
        retentionInDays,
        'retentionInDays',
        `satisfy enum value set: [${DAYS.join(', ')}]`,
        'InvalidParameterException',
      );
    },
  },
  {
    name: 'log-groups-pages',
    rule: 'DescribeLogGroups has at most 50 groups in a page, and a nextToken for the next one.',
    source: `${API}/API_DescribeLogGroups.html`,
    apply({ input }, all) {
      const start = input.nextToken ? Number(Buffer.from(input.nextToken, 'base64')) : 0;
      if (!Number.isInteger(start)) throw invalid('The specified nextToken is invalid.');
      const end = start + Math.min(input.limit ?? 50, 50);
      const nextToken = end < all.length ? Buffer.from(String(end)).toString('base64') : undefined;
      return { entries: all.slice(start, end), nextToken };
    },
  },
];

module.exports = {
  findGroup,
  OPERATIONS: {
    CreateLogGroup: createLogGroup,
    DescribeLogGroups: describeLogGroups,
    PutRetentionPolicy: putRetentionPolicy,
    DeleteRetentionPolicy: deleteRetentionPolicy,
    DeleteLogGroup: deleteLogGroup,
    TagResource: tagResource,
    UntagResource: untagResource,
    ListTagsForResource: listTagsForResource,
  },
  RULES,
};
