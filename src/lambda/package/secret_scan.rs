//! Recognizes files that look like credentials by their path and content.
//!
//! They are packaged, since a dependency may need them, but reported. Those of a Litexa project itself are never
//! packaged: see `project_files`.

use crate::config::project_files::is_env;

/// Returns whether a file with this path in the package and this content looks like credentials.
pub(crate) fn is_credential_file(path: &str, bytes: &[u8]) -> bool {
    let mut parts = path.rsplit('/');
    let name = parts.next().unwrap_or(path);
    // The AWS tools store access keys and cached sign-in tokens there.
    let in_aws_folder = parts.any(|folder| folder == ".aws");
    let by_name = match name {
        "aws-config.json" | "artifacts.json" | ".netrc" | ".git-credentials" => true,
        _ => in_aws_folder || is_env(name) || name.ends_with(".p12") || name.ends_with(".pfx"),
    };
    match name {
        _ if bytes.is_empty() => false,
        ".npmrc" | ".yarnrc" | ".yarnrc.yml" => has_registry_secret(bytes),
        _ if is_key_file(name) => contains(bytes, b"PRIVATE KEY"),
        _ => by_name,
    }
}

fn is_key_file(name: &str) -> bool {
    name.ends_with(".pem") || name.ends_with(".key") || matches!(name, "id_rsa" | "id_dsa" | "id_ecdsa" | "id_ed25519")
}

/// Returns whether there is a literal token, not one from the environment such as `_authToken=${NPM_TOKEN}`.
fn has_registry_secret(bytes: &[u8]) -> bool {
    const KEYS: [&str; 5] = ["_authToken", "_auth", "_password", "npmAuthToken", "npmAuthIdent"];
    let text = String::from_utf8_lossy(bytes);
    text.lines().any(|line| KEYS.iter().any(|key| value_of(key, line).is_some_and(|value| !value.starts_with("${"))))
}

/// Returns the text after `key` and `=` or `:` in a line, if there is any.
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

    #[test]
    fn credential_files_are_recognized_by_path_and_content() {
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
            assert_eq!(is_credential_file(path, content.as_bytes()), expected, "{path}: {content}");
        }
    }
}
