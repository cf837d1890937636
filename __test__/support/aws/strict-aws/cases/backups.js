'use strict';

const { after, createTable, send } = require('./fixtures');

const TableName = 'cats';
const backUp = (BackupName = 'cats-1') => ['dynamodb:CreateBackup', { TableName, BackupName }];
const describe = (server) => {
  const [{ BackupArn }] = server.inRegion().tables.get(TableName).backups;
  return ['dynamodb:DescribeBackup', { BackupArn }];
};
const status = (BackupStatus) => ({ BackupDetails: { BackupStatus } });

module.exports = [
  {
    rule: 'backup-name',
    title: 'a backup whose name has a space',
    given: after(createTable),
    request: send(backUp('cats 1')),
    answer: { status: 400, code: 'ValidationException', message: /backupName/ },
  },
  {
    rule: 'backup-of-missing-table',
    title: 'CreateBackup of a table that does not exist',
    request: send(backUp()),
    answer: { status: 400, code: 'TableNotFoundException' },
  },
  {
    rule: 'backup-of-other-states',
    title: 'CreateBackup of a table that is being created',
    options: { rulesOff: ['new-table-not-found', 'backups-unavailable'] },
    request: send(createTable, backUp()),
    answer: { status: 400, code: 'TableInUseException' },
  },
  {
    rule: 'backups-unavailable',
    title: 'CreateBackup of a new table',
    options: { rulesOff: ['new-table-not-found', 'backup-of-other-states'] },
    request: send(createTable, backUp()),
    answer: { status: 400, code: 'ContinuousBackupsUnavailableException' },
  },
  {
    rule: 'backup-status',
    title: 'the status of a new backup',
    given: after(createTable),
    request: send(backUp()),
    answer: { status: 200, output: status('CREATING') },
  },
  {
    title: 'the status of a backup after some requests',
    given: after(createTable),
    async request(server) {
      await send(backUp())(server);
      return send(describe(server), describe(server))(server);
    },
    answer: { status: 200, output: { BackupDescription: status('AVAILABLE') } },
  },
  {
    title: 'DescribeBackup of a backup that does not exist',
    request: send(['dynamodb:DescribeBackup', { BackupArn: 'arn:aws:dynamodb:1' }]),
    answer: { status: 400, code: 'BackupNotFoundException' },
  },
  {
    rule: 'backup-in-progress',
    title: 'DeleteTable during a backup',
    given: after(createTable),
    request: send(backUp(), ['dynamodb:DeleteTable', { TableName }]),
    answer: { status: 400, code: 'ResourceInUseException', message: /being backed up/ },
  },
];
