'use strict';

const { operate } = require('../lib/module');
const { withFiles } = require('../lib/skill');
const { shortTime } = require('../lib/table');

const SHORT_COMMIT = 12;
/** The verbs for objects by the actions of changes. */
const OBJECT_ACTIONS = { create: 'uploading', update: 'replacing', delete: 'deleting' };
const UNITS = [
  [1e9, 'GB'],
  [1e6, 'MB'],
  [1e3, 'KB'],
];

module.exports = {
  summary: 'shows what stands where, and what differs from the config',
  usage: 'status [-d <target>]',
  notes: [
    'The differences are those that `diff` shows, except for the code, which is not compiled.',
    'A part that AWS does not allow to be read is a line that names the missing right.',
  ],
  lines: 'verbose',
  run: (io, context) => operate(withFiles(context), { name: 'status' }, io.logger),
  print(status, { style }) {
    const lines = Object.entries(PARTS).map(([name, text]) => {
      const of = (list) => list.find(({ what }) => what === name);
      const [hidden, unwanted] = [of(status.notShown), of(status.notWanted)];
      if (hidden) return [name, style.dim(`not shown: needs ${hidden.needs}`)];
      if (unwanted) return [name, style.dim(`not wanted: ${unwanted.why}`)];
      return [name, text(status) ?? style.dim('does not exist')];
    });
    const shown = lines.filter(([, text]) => text !== '');
    const width = Math.max(...shown.map(([name]) => name.length));
    const row = ([name, text]) =>
      `${name.padEnd(width)}  ${text.split('\n').join(`\n${' '.repeat(width + 2)}`)}`;
    return [
      style.bold(`${status.project} (${status.target}) in ${status.region}`),
      ...shown.map(row),
    ].join('\n');
  },
};

function aliasText({ name, pointsTo, isRolledBack }) {
  return `${name} -> ${pointsTo}${isRolledBack ? ' (rolled back)' : ''}`;
}

/**
 * The parts of a status by their names, as text: undefined if the resource does not exist, empty if it is
 * not a part of the skill.
 */
const PARTS = {
  bucket: ({ bucket }) =>
    bucket &&
    `${bucket.name} in ${bucket.region}, ${bucket.prefix}: ${count(bucket.objects, 'object')}, ${bytes(bucket.bytes)}; public access: ${bucket.publicAccess}`,
  function: ({ function: it }) =>
    it &&
    [
      `${it.name}: ${[it.state, it.runtime].filter(Boolean).join(', ')}${support(it)}`,
      `${it.memoryMb} MB, ${it.timeoutSeconds} s; code of ${bytes(it.codeBytes)}, changed ${shortTime(it.lastModified)} UTC`,
      ...(it.lastUpdate === 'Failed' ? ['its last change failed'] : []),
    ].join('\n'),
  aliases: ({ aliases }) => aliases && (aliases.map(aliasText).join('\n') || 'none'),
  'Alexa access': ({ mayInvoke }) => mayInvoke && (mayInvoke.join('\n') || 'none'),
  role: ({ role }) =>
    role && [role.name, ...role.policies.map((policy) => `- ${policy}`)].join('\n'),
  table: ({ table }) =>
    table &&
    `${table.name}: ${table.status}, ${billing(table)}, about ${count(table.itemsApproximately ?? 0, 'item')}, ${bytes(table.bytesApproximately ?? 0)}${table.deletionProtection ? ', protected from deletion' : ''}`,
  'time to live': ({ timeToLive }) => (timeToLive === null ? '' : timeToLive || 'off'),
  backups: ({ backups }) => (backups === null ? '' : backups ? 'on' : 'off'),
  'log group': ({ logGroup }) =>
    logGroup &&
    `${logGroup.name}: ${logGroup.retentionInDays ? `${logGroup.retentionInDays} days` : 'keeps events indefinitely'}, ${bytes(logGroup.storedBytes)}`,
  'requests of the last hour': ({ lastHour }) =>
    lastHour
      ? `${lastHour.answered} answered, ${lastHour.failed} failed${lastHour.isComplete ? '' : ', and more that were not read'}`
      : '',
  'last change': ({ lastChange: { functionAt, by, commit } }) =>
    functionAt || by || commit
      ? `${functionAt ? `of the function ${shortTime(functionAt)} UTC; ` : ''}by ${by ?? 'unknown'}, commit ${commit?.slice(0, SHORT_COMMIT) ?? 'unknown'}`
      : '',
  'last deployment': ({ lastDeployment }) => (lastDeployment ? deployment(lastDeployment) : ''),
  'differences: handler': ({ differences }) => difference(differences.handler),
  'differences: assets': ({ differences }) => difference(differences.assets),
};

/** Returns what the next deployment would change: each resource, and the number of objects. */
function difference(found) {
  if (!found) return '';
  if (found.failure) return `a deployment would fail: ${found.failure}`;
  const isObject = ({ resourceType }) => resourceType === 'AWS::S3::Object';
  const lines = found.changes.filter((change) => !isObject(change)).map((one) => one.description);
  const objects = Object.entries(OBJECT_ACTIONS).map(([action, verb]) => {
    const { length } = found.changes.filter((one) => isObject(one) && one.action === action);
    return length > 0 ? [`${verb} ${count(length, 'object')}`] : [];
  });
  return [...lines, ...objects.flat()].join('\n') || 'none';
}

function support({ supportedUntil }) {
  if (!supportedUntil) return '';
  const isOver = new Date(supportedUntil) <= new Date();
  return isOver
    ? `, which AWS does not support since ${supportedUntil}`
    : `, which AWS supports until ${supportedUntil}`;
}

const billing = ({ billingMode, readCapacityUnits, writeCapacityUnits }) =>
  billingMode === 'PROVISIONED'
    ? `${readCapacityUnits}/${writeCapacityUnits} units`
    : 'billed by request';

function deployment({ date, time, commit, message, hasUncommittedChanges, failure }) {
  const changes = hasUncommittedChanges ? ' with uncommitted changes' : '';
  const of = commit ? `, commit ${commit.slice(0, SHORT_COMMIT)}${changes}` : '';
  // The CLI writes it in the language and the time zone of the machine that deploys.
  const begun = time ? `${shortTime(time)} UTC` : `${date} (time of the machine that deployed)`;
  const line = `begun ${begun}${of}${message ? `: ${message}` : ''}`;
  return failure ? `${line}\n${failureText(failure)}` : line;
}

function failureText({ at, code }) {
  const reason = code ? ` with ${code}` : '';
  // No code excludes that the other part of a run of the CLI was deployed.
  return `failed at ${shortTime(at)} UTC${reason}: a part of it may have been deployed`;
}

const count = (number, noun) => `${number} ${noun}${number === 1 ? '' : 's'}`;

function bytes(number) {
  const [size, unit] = UNITS.find(([size]) => number >= size) ?? [];
  return unit ? `${(number / size).toFixed(1)} ${unit}` : count(number, 'byte');
}
