'use strict';

// The partitions of AWS: https://github.com/boto/botocore/blob/develop/botocore/data/partitions.json

const PARTITIONS = [
  [/^cn-/, 'aws-cn'],
  [/^us-gov-/, 'aws-us-gov'],
  [/^eusc-/, 'aws-eusc'],
  [/^us-iso-/, 'aws-iso'],
  [/^us-isob-/, 'aws-iso-b'],
  [/^eu-isoe-/, 'aws-iso-e'],
  [/^(us|eu)-isof-/, 'aws-iso-f'],
];

/** Returns the name of the partition of a region. */
function partitionOf(region) {
  const [, name] = PARTITIONS.find(([prefix]) => prefix.test(region)) ?? [undefined, 'aws'];
  return name;
}

module.exports = { partitionOf };
