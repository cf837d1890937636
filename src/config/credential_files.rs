//! Recognizes files that look like credentials by their path and content.
//!
//! In a package they are kept, since a dependency may need them, but reported; among the assets they are reported, and
//! links to them rejected. Those of a Litexa project itself are never packaged: see `project_files`. The rules are our
//! own. Maintained ones, as those of gitleaks (<https://github.com/gitleaks/gitleaks>), search the content of all files:
//! they would find the keys with which packages are tested, and need an engine for regular expressions.

use crate::config::project_files::is_env;

/// A file that holds credentials: where programs look for it, and what it contains then.
struct Rule {
    /// The end of the path, in lowercase and from the beginning of a name.
    path: Path,
    /// One of these texts is in the file; none is needed if there are none.
    contains: &'static [&'static str],
}

enum Path {
    /// A name, with the folders that it is in.
    Ends(&'static str),
    /// The beginning of a name that does not end in `.pub`.
    NameBegins(&'static str),
    NameEnds(&'static str),
    NameHas(&'static str),
    /// The name of a folder above the file.
    Below(&'static str),
}

const fn rule(path: Path, contains: &'static [&'static str]) -> Rule {
    Rule { path, contains }
}

const PRIVATE_KEY: &[&str] = &["PRIVATE KEY"];
const SECRET_VALUE: &[&str] = &["password", "secret", "token", "key"];
const AWS_KEY: &[&str] = &["aws_secret_access_key", "aws_session_token"];

const RULES: [Rule; 56] = [
    rule(Path::NameBegins("aws-config.json"), &[]),
    rule(Path::Ends("artifacts.json"), &[]),
    rule(Path::Below(".aws"), &[]),
    rule(Path::Ends("aws/credentials"), AWS_KEY),
    rule(Path::Ends("credentials"), AWS_KEY),
    rule(Path::Ends(".ask/cli_config"), &[]),
    rule(Path::Ends(".netrc"), &[]),
    rule(Path::Ends("_netrc"), &[]),
    rule(Path::Ends(".git-credentials"), &[]),
    rule(Path::Ends(".pgpass"), &[]),
    rule(Path::Ends(".my.cnf"), &["password"]),
    rule(Path::Ends(".htpasswd"), &[]),
    rule(Path::Ends(".pypirc"), &["password"]),
    rule(Path::Ends(".s3cfg"), &["secret_key"]),
    rule(Path::Ends(".boto"), &["secret"]),
    rule(Path::Ends(".vault-token"), &[]),
    rule(Path::Ends(".docker/config.json"), &["\"auth\""]),
    rule(Path::Ends(".dockercfg"), &["\"auth\""]),
    rule(Path::Ends(".kube/config"), &["token", "client-key-data", "password"]),
    rule(Path::Ends("kubeconfig"), &["token", "client-key-data", "password"]),
    rule(Path::Ends("application_default_credentials.json"), &[]),
    rule(Path::Ends("gcloud/credentials.db"), &[]),
    rule(Path::Ends("gcloud/access_tokens.db"), &[]),
    rule(Path::Below("legacy_credentials"), &["token", "private_key"]),
    rule(Path::NameBegins("client_secret"), &["\"client_secret\""]),
    rule(Path::Ends("gh/hosts.yml"), &["oauth_token"]),
    // Composer's.
    rule(Path::Ends("auth.json"), &["\"http-basic\"", "\"github-oauth\"", "\"bearer\""]),
    rule(Path::Ends("bunfig.toml"), &["token", "password"]),
    rule(Path::Ends(".azure/accesstokens.json"), &[]),
    rule(Path::Ends(".azure/msal_token_cache.json"), &[]),
    rule(Path::Ends(".gem/credentials"), &[]),
    rule(Path::Ends(".cargo/credentials"), &["token"]),
    rule(Path::Ends(".cargo/credentials.toml"), &["token"]),
    rule(Path::Ends("credentials.tfrc.json"), &[]),
    rule(Path::Ends(".terraformrc"), &["token"]),
    rule(Path::Ends("terraform.rc"), &["token"]),
    rule(Path::NameEnds(".tfstate"), &[]),
    rule(Path::NameHas(".tfstate."), &[]),
    rule(Path::NameEnds(".tfvars"), SECRET_VALUE),
    rule(Path::NameEnds(".tfvars.json"), SECRET_VALUE),
    rule(Path::NameEnds(".envrc"), SECRET_VALUE),
    rule(Path::NameEnds(".p12"), &[]),
    rule(Path::NameEnds(".pfx"), &[]),
    rule(Path::NameEnds(".jks"), &[]),
    rule(Path::NameEnds(".keystore"), &[]),
    rule(Path::NameEnds(".kdbx"), &[]),
    rule(Path::NameEnds(".ppk"), &["Private-Lines"]),
    rule(Path::NameEnds(".pem"), PRIVATE_KEY),
    rule(Path::NameEnds(".key"), PRIVATE_KEY),
    rule(Path::NameEnds(".p8"), PRIVATE_KEY),
    rule(Path::NameEnds(".asc"), PRIVATE_KEY),
    rule(Path::NameEnds(".crt"), PRIVATE_KEY),
    rule(Path::NameEnds(".cer"), PRIVATE_KEY),
    // The keys of SSH, and copies of them.
    rule(Path::NameBegins("id_"), PRIVATE_KEY),
    rule(Path::NameBegins("ssh_host_"), PRIVATE_KEY),
    // The key of a service account of Google Cloud, under any name.
    rule(Path::NameEnds(".json"), &["-----BEGIN PRIVATE KEY-----"]),
];

/// A larger file is data.
const MAX_BYTES: usize = 1_000_000;

/// Returns whether a file with this path and this content looks like credentials.
pub(crate) fn is_credential_file(path: &str, bytes: &[u8]) -> bool {
    if bytes.is_empty() {
        return false;
    }
    let path = path.to_ascii_lowercase();
    let name = name_of(&path);
    if is_of_registry(name) {
        return has_registry_secret(bytes);
    }
    is_env(name) || RULES.iter().any(|rule| rule.matches(&path, name) && rule.is_in(bytes))
}

/// Returns whether a file with this path looks like credentials with some content.
pub(crate) fn may_be_credential_file(path: &str) -> bool {
    let path = path.to_ascii_lowercase();
    let name = name_of(&path);
    is_of_registry(name) || is_env(name) || RULES.iter().any(|rule| rule.matches(&path, name))
}

fn name_of(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// Returns whether a file of this name, or a copy such as `.npmrc.bak`, has tokens of registries.
fn is_of_registry(name: &str) -> bool {
    [".npmrc", ".yarnrc"].iter().any(|of| name.starts_with(of))
}

impl Rule {
    fn matches(&self, path: &str, name: &str) -> bool {
        match self.path {
            Path::Ends(end) => path.strip_suffix(end).is_some_and(|before| before.is_empty() || before.ends_with('/')),
            // To programs on Windows, `.pub` is a document of Publisher, and no public key has it elsewhere.
            Path::NameBegins(begin) => name.starts_with(begin) && !name.ends_with(".pub"),
            Path::NameEnds(end) => name.ends_with(end),
            Path::NameHas(part) => name.contains(part),
            Path::Below(folder) => path.split('/').rev().skip(1).any(|part| part == folder),
        }
    }

    fn is_in(&self, bytes: &[u8]) -> bool {
        self.contains.is_empty()
            || (bytes.len() <= MAX_BYTES && self.contains.iter().any(|text| contains(bytes, text.as_bytes())))
    }
}

/// Returns whether there is a literal token, not one from the environment such as `_authToken=${NPM_TOKEN}`.
fn has_registry_secret(bytes: &[u8]) -> bool {
    const KEYS: [&str; 5] = ["_authToken", "_auth", "_password", "npmAuthToken", "npmAuthIdent"];
    let text = String::from_utf8_lossy(bytes);
    let has_key = |line: &str| KEYS.iter().any(|key| value_of(key, line).is_some_and(|value| !value.starts_with("${")));
    let lines = text.lines().filter(|line| !line.trim_start().starts_with(['#', ';']));
    lines.into_iter().any(|line| has_key(line) || has_password_in_url(line))
}

/// Returns whether a line has a URL such as `https://user:password@npm.example`.
fn has_password_in_url(line: &str) -> bool {
    let hosts = line.split("://").skip(1).filter_map(|rest| rest.split(['/', ' ', '"', '\'']).next());
    let passwords = hosts.filter_map(|host| host.rsplit_once('@')?.0.split_once(':'));
    passwords.into_iter().any(|(_, password)| !password.is_empty() && !password.starts_with("${"))
}

/// Returns the text after `key` and `=`, `:` or a space in a line, if there is any.
fn value_of<'a>(key: &str, line: &'a str) -> Option<&'a str> {
    let (_, rest) = line.split_once(key)?;
    // The first version of Yarn writes `"//npm.example/:_authToken" "abc"`.
    let value = rest.strip_prefix("\" ").or_else(|| rest.trim_start().strip_prefix(['=', ':']))?;
    let value = value.trim().trim_matches('"');
    (!value.is_empty()).then_some(value)
}

fn contains(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window.eq_ignore_ascii_case(part))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credential_files_are_recognized_by_path_and_content() {
        let cases: [(&str, &str, bool); 75] = [
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
            ("node_modules/a/.ask/cli_config", "{\"refresh_token\": \"x\"}", true),
            ("node_modules/a/.ASK/CLI_Config", "{}", true),
            ("node_modules/a/ask/cli_config", "{}", false),
            ("node_modules/a/terraform.tfstate", "{}", true),
            ("node_modules/a/infra/Prod.TFState.backup", "{}", true),
            ("node_modules/a/prod.tfvars", "db_password = \"x\"", true),
            ("node_modules/a/prod.tfvars", "region = \"eu-west-1\"", false),
            ("node_modules/a/.docker/config.json", "{\"auths\": {\"r\": {\"auth\": \"eDp5\"}}}", true),
            ("node_modules/a/.docker/config.json", "{\"psFormat\": \"x\"}", false),
            ("node_modules/a/docker/config.json", "{\"auth\": 1}", false),
            ("node_modules/a/service.json", "{\"private_key\": \"-----BEGIN PRIVATE KEY-----\"}", true),
            ("node_modules/a/package.json", "{\"description\": \"a private key\"}", false),
            ("node_modules/a/server.PEM", "-----BEGIN EC PRIVATE KEY-----", true),
            ("node_modules/a/Server.Key", "-----BEGIN PRIVATE KEY-----", true),
            ("node_modules/a/id_rsa.bak", "-----BEGIN RSA PRIVATE KEY-----", true),
            ("node_modules/a/id_rsa.pub", "ssh-rsa PRIVATE KEY", false),
            ("node_modules/a/id_map.js", "1", false),
            ("node_modules/a/.npmrc", "registry=https://user:secret@npm.example/", true),
            ("node_modules/a/.npmrc", "registry=https://user:${PASSWORD}@npm.example/", false),
            ("node_modules/a/.npmrc", "registry=https://npm.example:8080/@scope/", false),
            ("node_modules/a/.NPMRC", "//npm.example/:_authToken=abc", true),
            ("node_modules/a/aws/credentials", "[default]\nAWS_Secret_Access_Key = x", true),
            ("node_modules/a/lib/credentials", "module.exports = 1", false),
            ("node_modules/a/.kube/config", "users:\n- token: x", true),
            ("node_modules/a/release.keystore", "x", true),
            ("node_modules/a/putty.ppk", "Private-Lines: 8", true),
            ("node_modules/a/Aws-Config.json", "{}", true),
            ("node_modules/a/AuthKey.p8", "-----BEGIN PRIVATE KEY-----", true),
            ("node_modules/a/sec.asc", "-----BEGIN PGP PRIVATE KEY BLOCK-----", true),
            ("node_modules/a/pub.asc", "-----BEGIN PGP PUBLIC KEY BLOCK-----", false),
            ("node_modules/a/ssh_host_rsa_key", "-----BEGIN OPENSSH PRIVATE KEY-----", true),
            ("node_modules/a/server.crt", "-----BEGIN CERTIFICATE-----", false),
            ("node_modules/a/server.crt", "-----BEGIN RSA PRIVATE KEY-----", true),
            ("node_modules/a/application_default_credentials.json", "{}", true),
            ("node_modules/a/client_secret.json", "{\"client_secret\": \"x\"}", true),
            ("node_modules/a/client_secret.js", "module.exports = {}", false),
            ("node_modules/a/terraform.tfstate.1.backup", "{}", true),
            ("node_modules/a/prod.auto.tfvars.json", "{\"db_password\": \"x\"}", true),
            ("node_modules/a/.terraformrc", "token = \"x\"", true),
            ("node_modules/a/bunfig.toml", "token = \"x\"", true),
            ("node_modules/a/bunfig.toml", "[install]", false),
            ("node_modules/a/.npmrc.bak", "//npm.example/:_authToken=abc", true),
            ("node_modules/a/.yarnrc", "\"//npm.example/:_authToken\" \"abc\"", true),
            ("node_modules/a/.yarnrc", "registry \"https://npm.example\"", false),
            ("node_modules/a/.npmrc", "# _auth is set by CI", false),
            ("node_modules/a/.npmrc", "; _authToken=abc", false),
            ("node_modules/a/auth.json", "{\"github-oauth\": {}}", true),
            ("node_modules/a/auth.json", "{\"type\": \"basic\"}", false),
            ("node_modules/a/.config/gh/hosts.yml", "oauth_token: x", true),
            ("node_modules/a/aws-config.json.bak", "{}", true),
        ];
        for (path, content, expected) in cases {
            assert_eq!(is_credential_file(path, content.as_bytes()), expected, "{path}: {content}");
            assert!(!expected || may_be_credential_file(path), "{path}");
        }
    }
}
