'use strict';

// Converts the attribute values in the input and output of DynamoDB's operations. A shape is a
// function that takes a node and applies a conversion to each attribute value in it.

const value = (node, convert) => convert(node);

const mapOf = (shape) => (node, convert) => mapValues(node, (child) => shape(child, convert));

const listOf = (shape) => (node, convert) => node.map((child) => shape(child, convert));

const fields = (shapes) => (node, convert) =>
  mapValues(node, (child, key) => {
    const isPlain = child === undefined || child === null || !Object.hasOwn(shapes, key);
    return isPlain ? child : shapes[key](child, convert);
  });

const listOr = (ifList, otherwise) => (node, convert) =>
  (Array.isArray(node) ? ifList : otherwise)(node, convert);

function mapValues(object, change) {
  const entries = Object.entries(object).map(([key, child]) => [key, change(child, key)]);
  return Object.fromEntries(entries.filter(([, child]) => child !== undefined));
}

/** An item, its key, or the values of an expression. */
const attributes = mapOf(value);

const conditions = mapOf(fields({ Value: value, AttributeValueList: listOf(value) }));

const single = {
  Key: attributes,
  Item: attributes,
  Attributes: attributes,
  ExpressionAttributeValues: attributes,
};

const batchRequests = mapOf(
  listOr(
    listOf(fields({ PutRequest: fields(single), DeleteRequest: fields(single) })),
    fields({ Keys: listOf(attributes) }),
  ),
);

const operation = fields({
  ...single,
  Items: listOf(attributes),
  ExclusiveStartKey: attributes,
  LastEvaluatedKey: attributes,
  // Legacy parameters that expressions replace.
  Expected: conditions,
  AttributeUpdates: conditions,
  KeyConditions: conditions,
  QueryFilter: conditions,
  ScanFilter: conditions,
  // Batches are maps by table name, transactions are lists.
  RequestItems: batchRequests,
  UnprocessedItems: batchRequests,
  UnprocessedKeys: batchRequests,
  Responses: listOr(listOf(fields(single)), mapOf(listOf(attributes))),
  TransactItems: listOf(mapOf(fields(single))),
});

/** Returns the input or output with its attribute values converted and undefined removed. */
function convertValues(node, convert) {
  return operation(node, convert);
}

module.exports = { convertValues };
