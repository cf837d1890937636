'use strict';

// Lists the crates in the addon as a software bill of materials, in CycloneDX's format
// (https://cyclonedx.org/docs/1.6/json/): `node scripts/release/sbom.js <file>`.
//
// Its content follows from Cargo.lock and the target alone, so that the same sources make the same package.

const fs = require('node:fs');
const path = require('node:path');
const { cargoEnvironment, ROOT } = require('../lib/cargo');
const { runMain } = require('../lib/exec');
const { linkedCrates } = require('./crates');

const PURL = (type, name, version) => `pkg:${type}/${name.replace('@', '%40')}@${version}`;

/** Returns the bill of materials of the addon for a target. */
async function billOfMaterials(target) {
  const { name, version, license } = JSON.parse(read('package.json'));
  const checksums = lockedChecksums(read('Cargo.lock'));
  const crates = await linkedCrates(target);
  const purl = PURL('npm', name, version);
  return {
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    version: 1,
    metadata: {
      component: { type: 'library', 'bom-ref': purl, name, version, purl, ...licensed(license) },
      properties: [{ name: 'cargo:target', value: target }],
    },
    components: crates.map((crate) => component(crate, checksums)).sort(byRef),
  };
}

function component({ name, version, license }, checksums) {
  const purl = PURL('cargo', name, version);
  const checksum = checksums.get(`${name} ${version}`);
  return {
    type: 'library',
    'bom-ref': purl,
    name,
    version,
    purl,
    ...licensed(license.replaceAll('/', ' OR ')),
    ...(checksum && { hashes: [{ alg: 'SHA-256', content: checksum }] }),
  };
}

const licensed = (expression) => ({ licenses: [{ expression }] });
const byRef = (a, b) => (a['bom-ref'] < b['bom-ref'] ? -1 : 1);
const read = (file) => fs.readFileSync(path.join(ROOT, file), 'utf8');

/** Returns the SHA-256 of each crate from the registry, by name and version. */
function lockedChecksums(lock) {
  const entry = /name = "([^"]+)"\r?\nversion = "([^"]+)"\r?\nsource = [^\n]+\nchecksum = "(\w+)"/g;
  const entries = [...lock.matchAll(entry)];
  return new Map(entries.map(([, name, version, sum]) => [`${name} ${version}`, sum]));
}

module.exports = { billOfMaterials };

if (require.main === module) {
  runMain(async ([file]) => {
    const { CARGO_BUILD_TARGET: target } = await cargoEnvironment();
    fs.writeFileSync(file, `${JSON.stringify(await billOfMaterials(target), null, 2)}\n`);
  });
}
