'use strict';

// Backups of tables on demand.

const { AwsError, constraint } = require('./errors');

const API = 'https://docs.aws.amazon.com/amazondynamodb/latest/APIReference';

const details = ({ looksLeft: _, ...backup }) => backup;

const operationsOn = (findTable) => ({
  CreateBackup(call) {
    const { TableName, BackupName } = call.input;
    call.rule('backup-name');
    if (!call.place.tables.has(TableName)) call.rule('backup-of-missing-table');
    const table = findTable(call);
    call.rule('backup-of-other-states', table);
    call.rule('backups-unavailable', table);
    const backup = {
      BackupArn: `${table.TableArn}/backup/${String(table.backups.length + 1).padStart(8, '0')}`,
      BackupName,
      BackupStatus: call.rule('backup-status') ?? 'AVAILABLE',
      BackupType: 'USER',
      BackupCreationDateTime: call.server.clock() / 1000,
      looksLeft: call.server.lag,
    };
    table.backups.push(backup);
    return { BackupDetails: details(backup) };
  },
  DescribeBackup(call) {
    const { BackupArn } = call.input;
    const backups = [...call.place.tables.values()].flatMap((table) => table.backups);
    const found = backups.find((backup) => backup.BackupArn === BackupArn);
    if (!found) {
      throw new AwsError(400, 'BackupNotFoundException', `Backup not found: ${BackupArn}`);
    }
    if (found.looksLeft > 0) found.looksLeft -= 1;
    else found.BackupStatus = 'AVAILABLE';
    return { BackupDescription: { BackupDetails: details(found) } };
  },
});

const RULES = [
  {
    name: 'backup-name',
    rule: 'The name of a backup has 3 to 255 characters of [a-zA-Z0-9_.-]: else 400 ValidationException.',
    source: `${API}/API_CreateBackup.html`,
    apply({ input: { BackupName } }) {
      if (/^[a-zA-Z0-9_.-]{3,255}$/.test(BackupName)) return;
      const pattern = 'satisfy regular expression pattern: [a-zA-Z0-9_.-]+';
      throw constraint(BackupName, 'backupName', pattern);
    },
  },
  {
    name: 'backup-of-missing-table',
    rule: 'CreateBackup of a table that does not exist has an error of its own: 400 TableNotFoundException.',
    source: `${API}/API_CreateBackup.html`,
    apply({ input: { TableName } }) {
      throw new AwsError(400, 'TableNotFoundException', `Table not found: ${TableName}`);
    },
  },
  {
    name: 'backup-of-other-states',
    rule: 'A table that is created or deleted is not backed up: 400 TableInUseException.',
    source: `${API}/API_CreateBackup.html`,
    apply(_, { TableName, TableStatus }) {
      if (!['CREATING', 'DELETING'].includes(TableStatus)) return;
      throw new AwsError(400, 'TableInUseException', `Table is in use: ${TableName}`);
    },
  },
  {
    name: 'backup-status',
    rule: 'A new backup is CREATING, and later AVAILABLE.',
    source: `${API}/API_BackupDetails.html`,
    apply: () => 'CREATING',
  },
  {
    name: 'backup-in-progress',
    rule: 'A table is not deleted while it is backed up: 400 ResourceInUseException.',
    source:
      'https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/GettingStartedBackupsAWS.html',
    apply(_, { TableName, backups }) {
      if (!backups.some(({ BackupStatus }) => BackupStatus === 'CREATING')) return;
      const message = `Attempt to change a resource which is still in use: Table is being backed up: ${TableName}`;
      throw new AwsError(400, 'ResourceInUseException', message);
    },
  },
];

module.exports = { operationsOn, RULES };
