'use strict';

// Items of tables.

const { AwsError } = require('./errors');

const API = 'https://docs.aws.amazon.com/amazondynamodb/latest/APIReference';

const keyNames = ({ KeySchema }) => KeySchema.map(({ AttributeName }) => AttributeName);

/** The key of an item as text. */
const keyOf = (table, attributes) =>
  JSON.stringify(keyNames(table).map((name) => attributes[name]));

/** Returns the table that a request about an item names. */
function tableOf(call, findTable) {
  const table = findTable(call);
  call.rule('items-of-other-states', table);
  return table;
}

const store = (table, item) => table.items.set(keyOf(table, item), item);

const operationsOn = (findTable) => ({
  PutItem(call) {
    const { Item } = call.input;
    const table = tableOf(call, findTable);
    call.rule('item-key', table, pick(Item, keyNames(table)));
    store(table, Item);
    return {};
  },
  GetItem(call) {
    const { Key } = call.input;
    const table = tableOf(call, findTable);
    call.rule('item-key', table, Key);
    return { Item: table.items.get(keyOf(table, Key)) };
  },
  DeleteItem(call) {
    const { Key, ReturnValues } = call.input;
    const table = tableOf(call, findTable);
    call.rule('item-key', table, Key);
    const former = table.items.get(keyOf(table, Key));
    table.items.delete(keyOf(table, Key));
    return ReturnValues === 'ALL_OLD' ? { Attributes: former } : {};
  },
});

function pick(item, names) {
  return Object.fromEntries(Object.entries(item).filter(([name]) => names.includes(name)));
}

const RULES = [
  {
    name: 'items-of-other-states',
    rule: 'A table that is created or deleted does not take requests about items: 400 ResourceNotFoundException.',
    source: `${API}/API_DeleteItem.html`,
    apply(_, { TableStatus }) {
      if (!['CREATING', 'DELETING'].includes(TableStatus)) return;
      throw new AwsError(400, 'ResourceNotFoundException', 'Requested resource not found');
    },
  },
  {
    name: 'item-key',
    rule: 'A key has the attributes of the key schema with their types, and no others: else 400 ValidationException.',
    source: `${API}/API_DeleteItem.html`,
    apply(_, { AttributeDefinitions }, key) {
      const wanted = AttributeDefinitions.map((one) => [one.AttributeName, one.AttributeType]);
      const given = Object.entries(key).map(([name, value]) => [name, Object.keys(value)[0]]);
      if (JSON.stringify(wanted.sort()) === JSON.stringify(given.sort())) return;
      const message = 'The provided key element does not match the schema';
      throw new AwsError(400, 'ValidationException', message);
    },
  },
];

module.exports = { operationsOn, store, RULES };
