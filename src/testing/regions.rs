//! Lists the regions that AWS's SDKs know, for tests of everything that depends on a region's partition.
//!
//! `regions.json` has those of botocore's partitions.json, which `__test__/contract/regions.test.js` compares
//! (<https://github.com/boto/botocore/blob/develop/botocore/data/partitions.json>).

use serde::Deserialize;
use std::collections::BTreeMap;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Entry {
    dns_suffix: String,
    regions: Vec<String>,
}

/// A region and its partition.
#[derive(Debug)]
pub(crate) struct KnownRegion {
    pub(crate) name: String,
    /// The second part of its ARNs.
    pub(crate) partition: String,
    pub(crate) dns_suffix: String,
}

/// Returns all regions of all partitions.
pub(crate) fn all() -> Vec<KnownRegion> {
    let partitions: BTreeMap<String, Entry> = serde_json::from_str(include_str!("regions.json")).unwrap();
    assert!(partitions.len() >= 8);
    let regions = partitions.into_iter().flat_map(|(partition, entry)| {
        entry.regions.into_iter().map(move |name| KnownRegion {
            name,
            partition: partition.clone(),
            dns_suffix: entry.dns_suffix.clone(),
        })
    });
    regions.collect()
}
