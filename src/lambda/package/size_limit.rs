//! Lambda's limit for unpacked code, checked before anything is read or sent.

use std::collections::BTreeMap;

use crate::error::{Error, ErrorCode, Result};
use crate::lambda::package::source::Source;

/// AWS calls it 250 MB, and refuses more with `Unzipped size must be smaller than 262144000 bytes`.
const UNPACKED_LIMIT: u64 = 262_144_000;

/// How many of the largest packages an error names.
const NAMED: usize = 5;

/// Refuses what Lambda would refuse.
pub(crate) fn check(sources: &BTreeMap<String, Source>) -> Result<()> {
    let unpacked: u64 = sources.values().map(Source::size).sum();
    if unpacked <= UNPACKED_LIMIT {
        return Ok(());
    }
    let problem = format!(
        "the function's package is {} unpacked, and Lambda takes at most {}; the largest parts are {}",
        megabytes(unpacked),
        megabytes(UNPACKED_LIMIT),
        largest(sources)
    );
    Err(Error::new(ErrorCode::InvalidPackage, problem)
        .hint("Remove what the skill does not need at run time, for instance with npm prune --omit=dev in litexa"))
}

fn largest(sources: &BTreeMap<String, Source>) -> String {
    let mut sizes: BTreeMap<&str, u64> = BTreeMap::new();
    for (name, source) in sources {
        *sizes.entry(package_of(name)).or_default() += source.size();
    }
    let mut sizes: Vec<_> = sizes.into_iter().collect();
    sizes.sort_by_key(|(_, size)| std::cmp::Reverse(*size));
    let named = sizes.iter().take(NAMED).map(|(name, size)| format!("{name} ({})", megabytes(*size)));
    named.collect::<Vec<_>>().join(", ")
}

/// The installed package that an entry belongs to, counting what is nested in it; the entry itself if there is none.
pub(crate) fn package_of(name: &str) -> &str {
    let Some(inside) = name.strip_prefix("node_modules/") else { return name };
    let slashes = usize::from(inside.starts_with('@'));
    inside.match_indices('/').nth(slashes).and_then(|(end, _)| inside.get(..end)).unwrap_or(inside)
}

/// In the unit in which AWS states its limits.
fn megabytes(bytes: u64) -> String {
    format!("{:.1} MB", bytes as f64 / 1_048_576.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_belong_to_the_installed_package() {
        assert_eq!(package_of("index.js"), "index.js");
        assert_eq!(package_of("node_modules/a/lib/b.js"), "a");
        assert_eq!(package_of("node_modules/@scope/a/node_modules/b/c.js"), "@scope/a");
        assert_eq!(package_of("node_modules/.package-lock.json"), ".package-lock.json");
    }

    #[test]
    fn the_limit_itself_is_allowed() {
        let file = |size| Source::Memory(vec![0; size]);
        let limit = UNPACKED_LIMIT as usize;
        assert_eq!(check(&BTreeMap::from([("index.js".to_string(), file(limit))])), Ok(()));
        let over = BTreeMap::from([
            ("index.js".to_string(), file(1)),
            ("node_modules/@big/one/a.node".to_string(), file(limit - 10)),
            ("node_modules/small/b.js".to_string(), file(10)),
        ]);
        let error = check(&over).unwrap_err();
        assert_eq!(error.code, ErrorCode::InvalidPackage);
        assert!(error.message.contains("at most 250.0 MB"), "{error}");
        assert!(error.message.ends_with("@big/one (250.0 MB), small (0.0 MB), index.js (0.0 MB)"), "{error}");
    }
}
