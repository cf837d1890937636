//! Files that look like credentials. They are packed, since a dependency may need them, but not unnoticed. Those of a
//! Litexa project itself are never packed.

use crate::output::reporter::Reporter;

/// How many files a warning names; `--verbose` names the others.
const NAMED: usize = 10;

/// Names the entries that look like credentials.
pub(crate) fn warn(names: &[String], reporter: &dyn Reporter) {
    let warning = "the function's package holds files that look like credentials, and everyone who may read the \
                   function's code may read them";
    tell(warning, "looks like credentials", names, reporter);
}

/// Names the files that a dependency has from a Litexa project, and that are not packed therefore.
pub(crate) fn tell_of_left_out(names: &[String], reporter: &dyn Reporter) {
    let warning = "node_modules holds a Litexa project's own files, which are left out of the function's package";
    tell(warning, "left out", names, reporter);
}

fn tell(warning: &str, other: &str, names: &[String], reporter: &dyn Reporter) {
    let (named, others) = names.split_at(names.len().min(NAMED));
    if named.is_empty() {
        return;
    }
    let more = if others.is_empty() { String::new() } else { format!(" and {} more", others.len()) };
    reporter.warning(format!("{warning}: {}{more}", named.join(", ")));
    others.iter().for_each(|name| reporter.verbose(format!("{other}: {name}")));
}

/// Whether a file with this path in the package and this content looks like credentials.
pub(crate) fn look_like(path: &str, bytes: &[u8]) -> bool {
    let mut parts = path.rsplit('/');
    let name = parts.next().unwrap_or(path);
    // Beside the keys of profiles, the tools of AWS keep tokens of those who have signed in there.
    let in_aws_folder = parts.any(|folder| folder == ".aws");
    let by_name = match name {
        "aws-config.json" | "artifacts.json" | ".netrc" | ".git-credentials" => true,
        _ => in_aws_folder || is_env(name) || name.ends_with(".p12") || name.ends_with(".pfx"),
    };
    match name {
        _ if bytes.is_empty() => false,
        ".npmrc" | ".yarnrc" | ".yarnrc.yml" => has_registry_secret(bytes),
        _ if holds_keys(name) => contains(bytes, b"PRIVATE KEY"),
        _ => by_name,
    }
}

/// `.env`, `.env.production` and the like, but not what is there to be copied and filled in.
pub(crate) fn is_env(name: &str) -> bool {
    const PATTERNS: [&str; 5] = ["example", "sample", "template", "dist", "defaults"];
    let name = name.to_ascii_lowercase();
    let Some(rest) = name.strip_prefix(".env") else { return false };
    (rest.is_empty() || rest.starts_with('.')) && !rest.split('.').any(|stage| PATTERNS.contains(&stage))
}

fn holds_keys(name: &str) -> bool {
    name.ends_with(".pem") || name.ends_with(".key") || matches!(name, "id_rsa" | "id_dsa" | "id_ecdsa" | "id_ed25519")
}

/// A token that is written out, and not taken from the environment as in `_authToken=${NPM_TOKEN}`.
fn has_registry_secret(bytes: &[u8]) -> bool {
    const KEYS: [&str; 5] = ["_authToken", "_auth", "_password", "npmAuthToken", "npmAuthIdent"];
    let text = String::from_utf8_lossy(bytes);
    text.lines().any(|line| KEYS.iter().any(|key| value_of(key, line).is_some_and(|value| !value.starts_with("${"))))
}

/// What follows `key` and `=` or `:` in a line, if anything does.
fn value_of<'a>(key: &str, line: &'a str) -> Option<&'a str> {
    let (_, rest) = line.split_once(key)?;
    let value = rest.trim_start().strip_prefix(['=', ':'])?.trim().trim_matches('"');
    (!value.is_empty()).then_some(value)
}

fn contains(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::reporter::{Level, Recorder};

    #[test]
    fn knows_what_looks_like_credentials() {
        let cases: [(&str, &str, bool); 25] = [
            ("node_modules/a/.env", "KEY=1", true),
            ("node_modules/a/.env", "", false),
            ("node_modules/a/.ENV", "KEY=1", true),
            ("node_modules/a/.env.production", "KEY=1", true),
            ("node_modules/a/.env.example", "KEY=", false),
            ("node_modules/a/.env.production.local", "KEY=1", true),
            ("node_modules/a/.env.local.example", "KEY=", false),
            ("node_modules/a/.environment", "KEY=1", false),
            ("node_modules/a/env", "KEY=1", false),
            ("node_modules/a/.aws/sso/cache/1f.json", "{}", true),
            ("node_modules/a/.aws/credentials", "[default]", true),
            ("node_modules/a/.aws/config", "[default]", true),
            ("node_modules/a/credentials", "[default]", false),
            ("node_modules/a/aws-config.json", "{}", true),
            ("node_modules/a/artifacts.json", "{}", true),
            ("node_modules/a/key.pem", "-----BEGIN RSA PRIVATE KEY-----", true),
            ("node_modules/a/ca.pem", "-----BEGIN CERTIFICATE-----", false),
            ("node_modules/a/id_ed25519", "-----BEGIN OPENSSH PRIVATE KEY-----", true),
            ("node_modules/a/store.p12", "\u{1}", true),
            ("node_modules/a/.npmrc", "//npm.example/:_authToken=abc", true),
            ("node_modules/a/.npmrc", "//npm.example/:_authToken=${NPM_TOKEN}", false),
            ("node_modules/a/.npmrc", "save-exact=true", false),
            ("node_modules/a/.npmrc", "_auth = YWJjOmRlZg==", true),
            ("node_modules/a/.yarnrc.yml", "npmAuthToken: \"abc\"", true),
            ("node_modules/a/index.js", "'PRIVATE KEY'", false),
        ];
        for (path, content, expected) in cases {
            assert_eq!(look_like(path, content.as_bytes()), expected, "{path}: {content}");
        }
    }

    #[test]
    fn names_ten_in_a_warning_and_the_others_in_verbose() {
        let names: Vec<_> = (0..12).map(|n| format!("node_modules/a/{n}.pem")).collect();
        let recorder = Recorder::default();
        warn(&names, &recorder);
        let warnings = recorder.lines(Level::Warning);
        assert_eq!(warnings.len(), 1);
        assert!(warnings[0].ends_with("node_modules/a/9.pem and 2 more"), "{warnings:?}");
        assert_eq!(recorder.lines(Level::Verbose).len(), 2);
    }
}
