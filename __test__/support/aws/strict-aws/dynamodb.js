'use strict';

// Tables of DynamoDB. Their items are in items.js, their backups in backups.js.

const { AwsError, constraint } = require('./errors');
const { isNew, makeNew, tableArn } = require('./resources');
const { tagsOf } = require('./tags');

const API = 'https://docs.aws.amazon.com/amazondynamodb/latest/APIReference';

const invalid = (message) => new AwsError(400, 'ValidationException', message);
const inUse = (message) => new AwsError(400, 'ResourceInUseException', message);
const notFound = (name) =>
  new AwsError(
    400,
    'ResourceNotFoundException',
    `Requested resource not found: Table: ${name} not found`,
  );

const isOnDemand = ({ BillingMode }) => BillingMode === 'PAY_PER_REQUEST';

function createTable(call) {
  const { input, server, place } = call;
  const { TableName, AttributeDefinitions, KeySchema, BillingMode, Tags } = input;
  call.rule('table-name');
  call.rule('key-schema');
  call.rule('throughput');
  call.rule('table-exists');
  const table = makeNew(call, {
    TableName,
    TableArn: tableArn(call, TableName),
    AttributeDefinitions,
    KeySchema,
    BillingMode,
    ProvisionedThroughput: input.ProvisionedThroughput,
    DeletionProtectionEnabled: input.DeletionProtectionEnabled ?? false,
    CreationDateTime: server.clock() / 1000,
    TableStatus: call.rule('table-status') ?? 'ACTIVE',
    looksLeft: server.lag,
    tags: { ...tagsOf(Tags) },
    backupsLeft: server.lag,
    backups: [],
    items: new Map(),
  });
  place.tables.set(TableName, table);
  return { TableDescription: describe(call, table) };
}

function describe(call, table) {
  const { TableName, TableArn, AttributeDefinitions, KeySchema, TableStatus } = table;
  const { CreationDateTime, DeletionProtectionEnabled } = table;
  const { ReadCapacityUnits = 0, WriteCapacityUnits = 0 } = table.ProvisionedThroughput ?? {};
  return {
    TableName,
    TableArn,
    TableId: '00000000-0000-4000-8000-000000000000',
    AttributeDefinitions,
    KeySchema,
    TableStatus,
    CreationDateTime,
    DeletionProtectionEnabled,
    ItemCount: 0,
    TableSizeBytes: 0,
    ProvisionedThroughput: { NumberOfDecreasesToday: 0, ReadCapacityUnits, WriteCapacityUnits },
    ...call.rule('billing-mode-summary', table),
  };
}

/** Returns the table that a request names, unless it is not there or not known everywhere yet. */
function findTable(call) {
  const { TableName, ResourceArn } = call.input;
  const name = TableName ?? ResourceArn.split('/').pop();
  const table = call.place.tables.get(name);
  if (!table) throw notFound(name);
  call.rule('new-table-not-found', table);
  return table;
}

/** Counts a request that looks at a table; a change is complete after `lag` of them. */
function look(call, table) {
  if (table.looksLeft > 0) {
    table.looksLeft -= 1;
  } else if (table.TableStatus === 'DELETING') {
    call.place.tables.delete(table.TableName);
    throw notFound(table.TableName);
  } else {
    table.TableStatus = 'ACTIVE';
  }
}

function tableToChange(call) {
  const table = findTable(call);
  look(call, table);
  call.rule('table-in-use', table);
  return table;
}

function describeTable(call) {
  const table = findTable(call);
  look(call, table);
  return { Table: describe(call, table) };
}

const listTables = ({ place }) => ({ TableNames: [...place.tables.keys()].sort() });

function updateTable(call) {
  const table = tableToChange(call);
  const { BillingMode, ProvisionedThroughput, DeletionProtectionEnabled } = call.input;
  call.rule('throughput', table);
  if (BillingMode) Object.assign(table, { BillingMode, wasSwitched: true });
  if (ProvisionedThroughput) table.ProvisionedThroughput = ProvisionedThroughput;
  if (isOnDemand(table)) table.ProvisionedThroughput = undefined;
  table.DeletionProtectionEnabled = DeletionProtectionEnabled ?? table.DeletionProtectionEnabled;
  table.TableStatus = 'UPDATING';
  table.looksLeft = call.server.lag;
  return { TableDescription: describe(call, table) };
}

function deleteTable(call) {
  const table = tableToChange(call);
  call.rule('deletion-protection', table);
  call.rule('backup-in-progress', table);
  table.looksLeft = call.server.lag;
  table.TableStatus = 'DELETING';
  if (!call.rule('table-deleting')) call.place.tables.delete(table.TableName);
  return { TableDescription: describe(call, table) };
}

function describeTimeToLive(call) {
  const { timeToLive } = findTable(call);
  if (!timeToLive) return { TimeToLiveDescription: { TimeToLiveStatus: 'DISABLED' } };
  const { AttributeName, Enabled } = timeToLive;
  const isChanging = timeToLive.looksLeft-- > 0;
  const [changing, changed] = Enabled ? ['ENABLING', 'ENABLED'] : ['DISABLING', 'DISABLED'];
  const TimeToLiveStatus = isChanging ? changing : changed;
  const named = TimeToLiveStatus === 'DISABLED' ? {} : { AttributeName };
  return { TimeToLiveDescription: { TimeToLiveStatus, ...named } };
}

function updateTimeToLive(call) {
  const table = tableToChange(call);
  const { TimeToLiveSpecification } = call.input;
  call.rule('time-to-live-unchanged', table);
  call.rule('time-to-live-interval', table);
  table.timeToLive = { ...TimeToLiveSpecification, looksLeft: call.server.lag };
  table.timeToLive.changedAt = call.server.clock();
  return { TimeToLiveSpecification };
}

function backupsOf({ pointInTimeRecovery = false }) {
  const status = pointInTimeRecovery ? 'ENABLED' : 'DISABLED';
  const PointInTimeRecoveryDescription = { PointInTimeRecoveryStatus: status };
  const description = { ContinuousBackupsStatus: 'ENABLED', PointInTimeRecoveryDescription };
  return { ContinuousBackupsDescription: description };
}

const describeContinuousBackups = (call) => backupsOf(findTable(call));

function updateContinuousBackups(call) {
  const table = findTable(call);
  call.rule('backups-unavailable', table);
  const { PointInTimeRecoverySpecification } = call.input;
  table.pointInTimeRecovery = PointInTimeRecoverySpecification.PointInTimeRecoveryEnabled;
  return backupsOf(table);
}

function tagResource(call) {
  const { tags } = tableToChange(call);
  Object.assign(tags, tagsOf(call.input.Tags));
}

function untagResource(call) {
  const { tags } = tableToChange(call);
  for (const key of call.input.TagKeys) delete tags[key];
}

const listTagsOfResource = (call) => ({
  Tags: Object.entries(findTable(call).tags).map(([Key, Value]) => ({ Key, Value })),
});

const HOUR_MS = 60 * 60 * 1000;

const RULES = [
  {
    name: 'table-name',
    rule: 'The name of a table has 3 to 255 characters of [a-zA-Z0-9_.-]: else 400 ValidationException.',
    source: `${API}/API_CreateTable.html`,
    apply({ input: { TableName } }) {
      if (/^[a-zA-Z0-9_.-]{3,255}$/.test(TableName)) return;
      const pattern = 'satisfy regular expression pattern: [a-zA-Z0-9_.-]+';
      throw constraint(TableName, 'tableName', pattern);
    },
  },
  {
    name: 'key-schema',
    rule: 'AttributeDefinitions define the attributes of the key, and no others: else 400 ValidationException.',
    source: `${API}/API_CreateTable.html`,
    apply({ input: { AttributeDefinitions = [], KeySchema = [] } }) {
      const names = (list) => list.map(({ AttributeName }) => AttributeName).sort();
      const [defined, used] = [names(AttributeDefinitions), names(KeySchema)];
      if (used.length > 0 && JSON.stringify(defined) === JSON.stringify(used)) return;
      throw invalid(
        'One or more parameter values were invalid: Number of attributes in KeySchema does not exactly match number of attributes defined in AttributeDefinitions',
      );
    },
  },
  {
    name: 'throughput',
    rule: 'ProvisionedThroughput is given with BillingMode PROVISIONED, which is the default, and not with PAY_PER_REQUEST: else 400 ValidationException.',
    source: `${API}/API_CreateTable.html`,
    apply({ input }, table) {
      const { BillingMode = table?.BillingMode, ProvisionedThroughput } = input;
      const prefix = 'One or more parameter values were invalid:';
      if (isOnDemand({ BillingMode }) && ProvisionedThroughput) {
        throw invalid(
          `${prefix} Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is PAY_PER_REQUEST`,
        );
      }
      const isNeeded = !table || input.BillingMode === 'PROVISIONED';
      if (isOnDemand({ BillingMode }) || !isNeeded || ProvisionedThroughput) return;
      throw invalid(
        `${prefix} ReadCapacityUnits and WriteCapacityUnits must both be specified when BillingMode is PROVISIONED`,
      );
    },
  },
  {
    name: 'table-exists',
    rule: 'A table that exists is not created again: 400 ResourceInUseException.',
    source: `${API}/API_CreateTable.html`,
    apply({ input: { TableName }, place }) {
      if (place.tables.has(TableName)) throw inUse(`Table already exists: ${TableName}`);
    },
  },
  {
    name: 'new-table-not-found',
    rule: 'Just after its creation a table is not found everywhere: 400 ResourceNotFoundException.',
    source: `${API}/API_DescribeTable.html`,
    apply({ operation }, table) {
      if (isNew(table, operation)) throw notFound(table.TableName);
    },
  },
  {
    name: 'table-status',
    rule: 'A new table is CREATING, and later ACTIVE.',
    source: `${API}/API_CreateTable.html`,
    apply: () => 'CREATING',
  },
  {
    name: 'table-in-use',
    rule: 'A table that is created, changed or deleted is not changed by another request: 400 ResourceInUseException.',
    source: `${API}/API_UpdateTable.html`,
    apply(_, { TableName, TableStatus }) {
      const state = { CREATING: 'created', UPDATING: 'updated', DELETING: 'deleted' }[TableStatus];
      if (!state) return;
      const message = `Attempt to change a resource which is still in use: Table is being ${state}: ${TableName}`;
      throw inUse(message);
    },
  },
  {
    name: 'billing-mode-summary',
    rule: 'DescribeTable has a BillingModeSummary for tables on demand, and for those whose mode was changed; a table that was created as PROVISIONED has none.',
    source: 'https://github.com/crossplane-contrib/provider-aws/issues/946',
    apply(_, table) {
      const { BillingMode = 'PROVISIONED' } = table;
      return isOnDemand(table) || table.wasSwitched ? { BillingModeSummary: { BillingMode } } : {};
    },
  },
  {
    name: 'table-deleting',
    rule: 'A table that is deleted is DELETING for a while, and then not found.',
    source: `${API}/API_DeleteTable.html`,
    apply: () => true,
  },
  {
    name: 'deletion-protection',
    rule: 'A protected table is not deleted: 400 ValidationException.',
    source: 'https://github.com/nubo-db/dynoxide/issues/46',
    apply(_, { DeletionProtectionEnabled }) {
      if (!DeletionProtectionEnabled) return;
      throw invalid(
        'Resource cannot be deleted as it is currently protected against deletion. Disable deletion protection first.',
      );
    },
  },
  {
    name: 'time-to-live-unchanged',
    rule: 'Time to live that is enabled is not enabled again, nor disabled twice: 400 ValidationException, also for another attribute.',
    source: 'https://github.com/cloudposse/terraform-aws-dynamodb/issues/94',
    apply({ input: { TimeToLiveSpecification: wanted } }, { timeToLive }) {
      const isEnabled = Boolean(timeToLive?.Enabled);
      if (wanted.Enabled !== isEnabled) return;
      if (isEnabled && wanted.AttributeName !== timeToLive.AttributeName) {
        throw invalid('TimeToLive is active on a different AttributeName');
      }
      throw invalid(`TimeToLive is already ${isEnabled ? 'enabled' : 'disabled'}`);
    },
  },
  {
    name: 'time-to-live-interval',
    rule: 'Time to live is changed at most once in an hour: else 400 ValidationException.',
    source: `${API}/API_UpdateTimeToLive.html`,
    apply({ server }, { timeToLive }) {
      if (!timeToLive || server.clock() - timeToLive.changedAt >= HOUR_MS) return;
      throw invalid('Time to live has been modified multiple times within a fixed interval');
    },
  },
  {
    name: 'backups-unavailable',
    rule: 'Continuous backups of a new table cannot be changed at once: 400 ContinuousBackupsUnavailableException.',
    source: 'https://github.com/aws-amplify/amplify-backend/issues/1654',
    apply(_, table) {
      if (table.backupsLeft-- <= 0) return;
      const message = `Backups are being enabled for the table: ${table.TableName}. Please retry later`;
      throw new AwsError(400, 'ContinuousBackupsUnavailableException', message);
    },
  },
];

module.exports = {
  OPERATIONS: {
    CreateTable: createTable,
    DescribeTable: describeTable,
    ListTables: listTables,
    UpdateTable: updateTable,
    DeleteTable: deleteTable,
    DescribeTimeToLive: describeTimeToLive,
    UpdateTimeToLive: updateTimeToLive,
    DescribeContinuousBackups: describeContinuousBackups,
    UpdateContinuousBackups: updateContinuousBackups,
    TagResource: tagResource,
    UntagResource: untagResource,
    ListTagsOfResource: listTagsOfResource,
    ...require('./items').operationsOn(findTable),
    ...require('./backups').operationsOn(findTable),
  },
  RULES: [...RULES, ...require('./items').RULES, ...require('./backups').RULES],
};
