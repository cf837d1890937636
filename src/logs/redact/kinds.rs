//! Lists the kinds of secrets that are redacted. The documentation and the tests follow this table.

/// A kind of secret.
pub(super) struct Kind {
    /// Its name in the documentation.
    #[cfg_attr(not(test), expect(dead_code, reason = "for the test of the documentation"))]
    pub(super) title: &'static str,
    /// How it is recognized, for the documentation.
    #[cfg_attr(not(test), expect(dead_code, reason = "for the test of the documentation"))]
    pub(super) description: &'static str,
    pub(super) by: By,
}

pub(super) enum By {
    /// By the name of the value, which may be the end of a longer name, in any case and with `_`, `-` or neither.
    Names(&'static [&'static str], Rule),
    /// By its own form.
    Form(Form),
}

/// The forms of secrets that need no name.
#[derive(Clone, Copy, Debug)]
pub(super) enum Form {
    AmazonToken,
    WebToken,
    Scheme,
    AwsCredential,
    UrlPassword,
    PrivateKey,
    ServiceKey,
}

/// Which values of a name are secrets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rule {
    /// All but `null`, a number and the like.
    Any,
    /// As well, but a word after a colon, without quotes, is a sentence (`the password: too short`) unless it looks
    /// generated.
    NoSentence,
    /// The value after the scheme (`Bearer`), to the end of the line.
    Header,
    /// If it has `=`.
    Cookie,
    /// Only from 16 characters on: in a query any, otherwise in quotes and with lowercase, uppercase and digits.
    Code,
    /// Only in the query of a URL, from 16 characters on.
    Query,
    /// Only values that look random, from 16 characters on.
    Random,
}

pub(super) const KINDS: [Kind; 15] = [
    Kind {
        title: "tokens of Alexa, of account linking and of AWS sessions",
        description: "the names `access_token`, `consent_token`, `refresh_token`, `id_token`, `auth_token`, `session_token`, `security_token`, `bearer_token`",
        by: By::Names(
            &[
                "access_token",
                "consent_token",
                "refresh_token",
                "id_token",
                "auth_token",
                "session_token",
                "security_token",
                "bearer_token",
            ],
            Rule::Any,
        ),
    },
    Kind {
        title: "client secrets and secret keys",
        description: "the names `client_secret`, `app_secret`, `consumer_secret`, `shared_secret`, `token_secret`, `secret_access_key`, `secret_key`",
        by: By::Names(
            &[
                "client_secret",
                "app_secret",
                "consumer_secret",
                "shared_secret",
                "token_secret",
                "secret_access_key",
                "secret_key",
            ],
            Rule::Any,
        ),
    },
    Kind {
        title: "passwords and API keys",
        description: "the names `password`, `passwd`, `passphrase`, `pwd`, `api_key`, `private_key`",
        by: By::Names(&["password", "passwd", "passphrase", "pwd", "api_key", "private_key"], Rule::NoSentence),
    },
    Kind {
        title: "authorization headers",
        description: "the name `authorization`; the scheme stays",
        by: By::Names(&["authorization"], Rule::Header),
    },
    Kind {
        title: "cookies",
        description: "the name `cookie`, if the value has `=`",
        by: By::Names(&["cookie"], Rule::Cookie),
    },
    Kind {
        title: "authorization codes",
        description: "the names `authorization_code`, `oauth_code`, `auth_code`, `code`, from 16 characters on: in a query, or in quotes with lowercase, uppercase and digits",
        // The longest first: of those that end here, the first one counts.
        by: By::Names(&["authorization_code", "oauth_code", "auth_code", "code"], Rule::Code),
    },
    Kind {
        title: "secrets in a query",
        description: "the names `token`, `key`, `secret`, `pass`, `auth`, `sig`, `signature`, `assertion`, from 16 characters on",
        by: By::Names(&["token", "key", "secret", "pass", "auth", "sig", "signature", "assertion"], Rule::Query),
    },
    Kind {
        title: "other tokens and secrets",
        description: "the names `token`, `secret`, `signature`, from 16 characters on, if they look random",
        by: By::Names(&["token", "secret", "signature"], Rule::Random),
    },
    Kind {
        title: "tokens of Login with Amazon",
        description: "`Atza|`, `Atzr|`, `Atc|` and the like",
        by: By::Form(Form::AmazonToken),
    },
    Kind { title: "web tokens", description: "`eyJ…` with two or more parts", by: By::Form(Form::WebToken) },
    Kind {
        title: "credentials after `Bearer` or `Basic`",
        description: "from 8 characters on, if they look generated",
        by: By::Form(Form::Scheme),
    },
    Kind {
        title: "credentials of AWS",
        description: "`AKIA…` and `ASIA…`, the secret key in the same event, and session tokens (`IQoJb3JpZ2lu…`, `FwoGZXIvYXdz…`)",
        by: By::Form(Form::AwsCredential),
    },
    Kind { title: "passwords in a URL", description: "`://name:password@`", by: By::Form(Form::UrlPassword) },
    Kind {
        title: "keys of other services",
        description: "`sk_live_…`, `ghp_…`, `glpat-…`, `xoxb-…`, `AIza…`, `ya29.…`, `sk-proj-…`, `sk-ant-…`, `SG.…`, `npm_…`, `hf_…` and the like",
        by: By::Form(Form::ServiceKey),
    },
    Kind { title: "private keys", description: "`-----BEGIN … PRIVATE KEY-----`", by: By::Form(Form::PrivateKey) },
];
