'use strict';

// The regions in src/testing/regions.json, for which the Rust tests check ARNs, URLs and policies, are
// those that AWS's SDKs know.

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { installEmulator } = require('../../scripts/lib/emulator');
const { run } = require('../../scripts/lib/exec');
const known = require('../../src/testing/regions.json');

/** Prints botocore's list of regions. The emulator needs botocore, so it is there. */
const PRINT_PARTITIONS = `
import botocore, os
print(open(os.path.join(os.path.dirname(botocore.__file__), 'data', 'partitions.json')).read())
`;

/** Not regions, but names for services without a region. */
const isRegion = (name) => !name.endsWith('-global');

test("every region of AWS's SDKs is known, with its partition and its DNS suffix", async () => {
  const python = await installEmulator();
  const { partitions } = JSON.parse(await run(python, ['-c', PRINT_PARTITIONS], { quiet: true }));
  const expected = partitions.map(({ id, outputs, regions }) => [
    id,
    { dnsSuffix: outputs.dnsSuffix, regions: Object.keys(regions).filter(isRegion) },
  ]);
  assert.ok(expected.length > 7);
  assert.deepEqual(known, Object.fromEntries(expected));
});
