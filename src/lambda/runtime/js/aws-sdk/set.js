'use strict';

const { newError } = require('./error');
const { typeOf } = require('./type-of');

const SET_TYPES = { String: 'String', Number: 'Number', NumberValue: 'Number', Binary: 'Binary' };

/** A set, as v2 accepts and returns it. */
class DynamoDBSet {
  wrapperName = 'Set';

  constructor(list, { validate = false } = {}) {
    this.values = [].concat(list);
    this.type = SET_TYPES[typeOf(this.values[0])];
    if (!this.type) {
      throw newError('InvalidSetType', 'Sets can contain string, number, or binary values');
    }
    const other = this.values.map(typeOf).find((type) => SET_TYPES[type] !== this.type);
    if (validate && other) {
      throw newError('InvalidType', `${this.type} Set contains ${other} value`);
    }
  }

  toJSON() {
    return this.values;
  }
}

module.exports = DynamoDBSet;
