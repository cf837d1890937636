'use strict';

/** A number of DynamoDB with all its digits, for `wrapNumbers`. */
class NumberValue {
  wrapperName = 'NumberValue';

  constructor(value) {
    this.value = value.toString();
  }

  toJSON() {
    return this.toNumber();
  }

  toNumber() {
    return Number(this.value);
  }

  toString() {
    return this.value;
  }
}

module.exports = NumberValue;
