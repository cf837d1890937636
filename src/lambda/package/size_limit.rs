//! Checks Lambda's limit for unzipped code before anything is read or uploaded.

use std::collections::BTreeMap;

use crate::config::options::PackageInclude;
use crate::error::{Error, ErrorCode, Result};
use crate::lambda::package::source::Source;
use crate::output::format;

/// Lambda rejects more with `Unzipped size must be smaller than 262144000 bytes`; its documentation has 250 MB.
/// See <https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html>.
const MAX_UNZIPPED_BYTES: u64 = 262_144_000;

/// The number of the largest packages that an error lists.
const MAX_LISTED: usize = 5;

/// Checks that Lambda can unzip the package.
///
/// # Errors
/// `InvalidPackage`, with the largest packages, if it exceeds the limit.
pub(crate) fn check(sources: &BTreeMap<String, Source>, include: PackageInclude) -> Result<()> {
    let unzipped: u64 = sources.values().map(Source::size).sum();
    if unzipped <= MAX_UNZIPPED_BYTES {
        return Ok(());
    }
    let message = format!(
        "the unzipped package is {}, but Lambda's limit is {}; the largest parts are {}",
        format::bytes(unzipped),
        format::bytes(MAX_UNZIPPED_BYTES),
        largest(sources)
    );
    let hint = match include {
        PackageInclude::All => {
            "Set packageConfiguration.include to \"production\", which leaves out what only development needs"
        }
        PackageInclude::Production => "Remove packages that the skill does not need at run time",
    };
    Err(Error::new(ErrorCode::InvalidPackage, message).hint(hint))
}

fn largest(sources: &BTreeMap<String, Source>) -> String {
    let mut sizes: BTreeMap<&str, u64> = BTreeMap::new();
    for (name, source) in sources {
        *sizes.entry(package_of(name)).or_default() += source.size();
    }
    let mut sizes: Vec<_> = sizes.into_iter().collect();
    sizes.sort_by_key(|(_, size)| std::cmp::Reverse(*size));
    let listed = sizes.iter().take(MAX_LISTED).map(|(name, size)| format!("{name} ({})", format::bytes(*size)));
    listed.collect::<Vec<_>>().join(", ")
}

/// Returns the top-level npm package that contains the entry, or the entry itself outside of node_modules.
pub(crate) fn package_of(name: &str) -> &str {
    let Some(inside) = name.strip_prefix("node_modules/") else { return name };
    let slashes = usize::from(inside.starts_with('@'));
    inside.match_indices('/').nth(slashes).and_then(|(end, _)| inside.get(..end)).unwrap_or(inside)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nested_packages_count_towards_the_top_level_package() {
        assert_eq!(package_of("index.js"), "index.js");
        assert_eq!(package_of("node_modules/a/lib/b.js"), "a");
        assert_eq!(package_of("node_modules/@scope/a/node_modules/b/c.js"), "@scope/a");
        assert_eq!(package_of("node_modules/.package-lock.json"), ".package-lock.json");
    }

    #[test]
    fn a_package_may_have_the_size_of_the_limit_and_no_byte_more() {
        let file = |size| Source::Memory(vec![0; size]);
        let limit = MAX_UNZIPPED_BYTES as usize;
        assert_eq!(check(&BTreeMap::from([("index.js".to_string(), file(limit))]), PackageInclude::All), Ok(()));
        let over = BTreeMap::from([
            ("index.js".to_string(), file(1)),
            ("node_modules/@big/one/a.node".to_string(), file(limit - 10)),
            ("node_modules/small/b.js".to_string(), file(10)),
        ]);
        let error = check(&over, PackageInclude::All).unwrap_err();
        assert_eq!(error.code, ErrorCode::InvalidPackage);
        assert!(error.message.contains("limit is 262.1 MB"), "{error}");
        assert!(error.message.ends_with("@big/one (262.1 MB), small (10 bytes), index.js (1 byte)"), "{error}");
    }
}
