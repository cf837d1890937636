'use strict';

// The partitions of AWS: https://github.com/boto/botocore/blob/develop/botocore/data/partitions.json

const PARTITIONS = [
  { id: 'aws-cn', prefix: 'cn-', globalRegion: 'cn-north-1' },
  { id: 'aws-us-gov', prefix: 'us-gov-', globalRegion: 'us-gov-west-1' },
  { id: 'aws-eusc', prefix: 'eusc-', globalRegion: 'eusc-de-east-1' },
  { id: 'aws-iso', prefix: 'us-iso-', globalRegion: 'us-iso-east-1' },
  { id: 'aws-iso-b', prefix: 'us-isob-', globalRegion: 'us-isob-east-1' },
];

const STANDARD = { id: 'aws', globalRegion: 'us-east-1' };

/** Returns the partition of a region, `{id, globalRegion}`: IAM's requests are signed for the latter. */
function partitionOf(region) {
  return PARTITIONS.find(({ prefix }) => region.startsWith(prefix)) ?? STANDARD;
}

module.exports = { partitionOf };
