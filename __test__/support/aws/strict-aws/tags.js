'use strict';

// Tags of all resources: `{key: value}` or `[{Key, Value}]`.

const { AwsError } = require('./errors');
const { functionOf } = require('./resources');

const TAGGING = 'https://docs.aws.amazon.com/tag-editor/latest/userguide/tagging.html';

/** Tags in either form, as an object. */
function tagsOf(tags = {}) {
  if (!Array.isArray(tags)) return tags;
  return Object.fromEntries(tags.map(({ Key, Value }) => [Key, Value]));
}

const CODES = {
  lambda: 'InvalidParameterValueException',
  dynamodb: 'ValidationException',
  logs: 'InvalidParameterException',
  iam: 'ValidationError',
};

const invalid = ({ service }, message) => new AwsError(400, CODES[service], message);

const isCharacter = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u;

/** Refuses a request whose tags AWS does not accept. */
function checkTags(call) {
  for (const { name } of RULES) call.rule(name);
}

const RULES = [
  {
    name: 'tag-characters',
    rule: 'The key of a tag has 1 to 128 characters, the value up to 256: letters, spaces, numbers and _.:/=+-@: else 400.',
    source: TAGGING,
    apply(call) {
      const tags = Object.entries(tagsOf(call.input.Tags ?? call.input.tags));
      const isTag = ([key, value]) =>
        key.length > 0 && key.length <= 128 && value.length <= 256 && isCharacter.test(key + value);
      if (tags.every(isTag)) return;
      throw invalid(call, 'The tags contain a key or a value that is not valid.');
    },
  },
  {
    name: 'tag-prefix',
    rule: 'Keys that start with aws: are reserved: 400.',
    source: TAGGING,
    apply(call) {
      const keys = Object.keys(tagsOf(call.input.Tags ?? call.input.tags));
      if (!keys.some((key) => /^aws:/i.test(key))) return;
      throw invalid(call, 'Tag keys that start with aws: are reserved for system use.');
    },
  },
  {
    name: 'tag-number',
    rule: 'A resource has at most 50 tags: else 400.',
    source: TAGGING,
    apply(call) {
      const { length } = Object.keys(tagsOf(call.input.Tags ?? call.input.tags));
      if (length > 50) throw invalid(call, 'The number of tags exceeds the limit of 50.');
    },
  },
  {
    name: 'tags-of-function',
    rule: 'Tags are those of a function, not of its versions and aliases: TagResource with a qualified ARN is 400 InvalidParameterValueException.',
    source: 'https://docs.aws.amazon.com/lambda/latest/dg/configuration-tags.html',
    apply(call) {
      const { service, operation } = call;
      if (service !== 'lambda' || !/Tag/.test(operation) || !functionOf(call).qualifier) return;
      throw invalid(
        call,
        'Tags on function aliases and versions are not supported. Please specify a function ARN.',
      );
    },
  },
  {
    name: 'tags-of-log-group',
    rule: 'Tags of a log group are read and written by its ARN without the ending :*, else 400 InvalidParameterException.',
    source:
      'https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_TagResource.html',
    apply(call) {
      const { resourceArn = '' } = call.input;
      if (call.service !== 'logs' || /^[\w+=/:,.@-]*$/.test(resourceArn)) return;
      throw invalid(
        call,
        `1 validation error detected: Value '${resourceArn}' at 'resourceArn' failed to satisfy constraint: Member must satisfy regular expression pattern: [\\w+=/:,.@-]*`,
      );
    },
  },
];

module.exports = { checkTags, tagsOf, RULES };
