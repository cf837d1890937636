'use strict';

const { TABLE, after, callerWith, createTable, send } = require('./fixtures');

const atOnce = { lag: 0 };
const Item = { userId: { S: 'ann' }, score: { N: '3' } };
const putItem = ['dynamodb:PutItem', { TableName: 'cats', Item }];
const deleteItem = (Key, more) => ['dynamodb:DeleteItem', { TableName: 'cats', Key, ...more }];
const getItem = ['dynamodb:GetItem', { TableName: 'cats', Key: { userId: { S: 'ann' } } }];

const mismatch = {
  status: 400,
  code: 'ValidationException',
  message: 'The provided key element does not match the schema',
};
const WRONG_KEYS = {
  'a key of another type': { userId: { N: '1' } },
  'a key with another attribute': { userId: { S: 'ann' }, score: { N: '3' } },
  'a key without the attribute of the key schema': { deviceId: { S: 'ann' } },
};

/** A caller who may delete some items only. */
const deleter = callerWith(
  { Effect: 'Allow', Action: 'dynamodb:CreateTable', Resource: '*' },
  {
    Effect: 'Allow',
    Action: 'dynamodb:DeleteItem',
    Resource: '*',
    Condition: {
      'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': 'own-*' },
      Null: { 'dynamodb:LeadingKeys': 'false' },
    },
  },
);

module.exports = [
  ...Object.entries(WRONG_KEYS).map(([title, key]) => ({
    rule: 'item-key',
    title,
    options: atOnce,
    given: after(createTable),
    request: send(deleteItem(key)),
    answer: mismatch,
  })),
  {
    rule: 'items-of-other-states',
    title: 'DeleteItem in a table that is being created',
    options: { rulesOff: ['new-table-not-found'] },
    request: send(createTable, deleteItem({ userId: { S: 'ann' } })),
    answer: { status: 400, code: 'ResourceNotFoundException' },
  },
  {
    title: 'DeleteItem answers with the item if it was there, and the second time without',
    options: atOnce,
    given: after(createTable, putItem),
    async request(server) {
      const one = deleteItem({ userId: { S: 'ann' } }, { ReturnValues: 'ALL_OLD' });
      const first = await send(one)(server);
      return { first: first.output, second: (await send(one)(server)).output };
    },
    answer: { first: { Attributes: Item }, second: { Attributes: undefined } },
  },
  {
    title: 'GetItem',
    options: atOnce,
    given: after(createTable, putItem),
    request: send(getItem),
    answer: { status: 200, output: { Item } },
  },
  {
    rule: 'condition-leading-keys',
    title: 'DeleteItem of a key that the policy names',
    options: { ...atOnce, keys: deleter },
    given: after(createTable),
    request: send(deleteItem({ userId: { S: 'own-1' } })),
    answer: { status: 200 },
  },
  {
    title: 'DeleteItem of a key that the policy does not name',
    options: { ...atOnce, keys: deleter },
    given: after(createTable),
    request: send(deleteItem({ userId: { S: 'ann' } })),
    answer: { status: 400, code: 'AccessDeniedException' },
  },
  {
    rule: 'table-deleting',
    title: 'DescribeTable just after DeleteTable',
    given: after(createTable),
    request: send(
      ['dynamodb:DeleteTable', { TableName: TABLE.TableName }],
      ['dynamodb:DescribeTable', { TableName: TABLE.TableName }],
    ),
    answer: { status: 200, output: { Table: { TableStatus: 'DELETING' } } },
  },
  {
    rule: 'table-in-use',
    title: 'DeleteTable of a table that is being deleted',
    given: after(createTable),
    request: send(
      ['dynamodb:DeleteTable', { TableName: TABLE.TableName }],
      ['dynamodb:DeleteTable', { TableName: TABLE.TableName }],
    ),
    answer: {
      status: 400,
      code: 'ResourceInUseException',
      message: /Table is being deleted: cats/,
    },
  },
];
