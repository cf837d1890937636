//! The forms of strings that `lambdaConfiguration` accepts: those of AWS's service model
//! (<https://github.com/boto/botocore/blob/develop/botocore/data/lambda/2015-03-31/service-2.json>).

use super::declaration::Format;
use super::formats::{ANY, expect, is_log_group_name, is_word};

/// A runtime of Node.js, or one that a layer brings. AWS decides which exist.
pub(crate) const RUNTIME: Format = Format {
    pattern: r"^(nodejs\d+\.(x|\d+)|provided(\.[a-z0-9]+)?)$",
    help: "Write a runtime of Node.js, such as nodejs24.x, or remove it for the default",
    check: |text| expect(is_runtime(text), "a Node.js runtime of Lambda, since the handler is JavaScript", text),
    ..ANY
};

/// See <https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunction.html>.
pub(crate) const ROLE_ARN: Format = Format {
    pattern: r"^arn:aws[a-zA-Z-]*:iam::\d{12}:role/[a-zA-Z0-9_+=,.@/-]+$",
    help: "Write the role's ARN, as in arn:aws:iam::123456789012:role/name",
    check: |text| expect(is_role_arn(text), "the ARN of a role", text),
    ..ANY
};

pub(crate) const DESCRIPTION: Format = Format {
    pattern: r"^[\s\S]{0,256}$",
    help: "Shorten it",
    check: |text| match text.chars().count() {
        0..=256 => Ok(()),
        length => Err(format!("must have at most 256 characters, but has {length}")),
    },
    ..ANY
};

pub(crate) const HANDLER: Format = Format {
    pattern: r"^[^ \t-\r]{1,128}$",
    help: "Write the name of the module and of the function in it, as in index.handler",
    check: |text| {
        let is_handler =
            (1..=128).contains(&text.chars().count()) && !text.contains([' ', '\t', '\n', '\u{b}', '\u{c}', '\r']);
        expect(is_handler, "1 to 128 characters without spaces", text)
    },
    ..ANY
};

pub(crate) const LOG_GROUP_NAME: Format = Format {
    pattern: r"^[.\-_/#A-Za-z0-9]{1,512}$",
    help: "Write the name of a log group, which has 1 to 512 letters, digits and . - _ / #",
    check: |text| expect(is_log_group_name(text), "the name of a log group", text),
    ..ANY
};

/// The ARN of a key, a queue or a topic; empty for none.
pub(crate) const RESOURCE_ARN: Format = Format {
    pattern: r"^$|^arn:(aws[a-zA-Z-]*)?:[a-z0-9.-]+:.*$",
    help: "Write the ARN, as in arn:aws:sqs:us-east-1:123456789012:name",
    check: |text| expect(text.is_empty() || service_of_arn(text).is_some(), "an ARN", text),
    ..ANY
};

pub(crate) const LAYER_ARN: Format = Format {
    pattern: r"^arn:[a-zA-Z0-9-]+:lambda:.*:(layer:[a-zA-Z0-9_-]+:[0-9]+|awslayer:[a-zA-Z0-9_-]+)$",
    help: "Write the ARN with its version, as in arn:aws:lambda:us-east-1:123456789012:layer:name:1",
    check: |text| expect(is_layer_arn(text), "the ARN of a version of a layer", text),
    ..ANY
};

pub(crate) const ACCESS_POINT_ARN: Format = Format {
    pattern: r"^arn:(aws[a-zA-Z-]*)?:(elasticfilesystem|s3files):.*access-point/fsap-[a-f0-9]+$",
    help: "Write the ARN of an access point, as in arn:aws:elasticfilesystem:us-east-1:123456789012:access-point/fsap-0123456789abcdef0",
    check: |text| {
        let is_hex = |byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
        let is_access_point = matches!(service_of_arn(text), Some("elasticfilesystem" | "s3files"))
            && text.rsplit_once("access-point/fsap-").is_some_and(|(_, id)| is_word(id, is_hex));
        expect(is_access_point, "the ARN of an access point", text)
    },
    ..ANY
};

pub(crate) const CAPACITY_PROVIDER_ARN: Format = Format {
    pattern: r"^arn:(aws[a-zA-Z-]*)?:lambda:.*capacity-provider:.+$",
    help: "Write the ARN, as in arn:aws:lambda:us-east-1:123456789012:capacity-provider:name",
    check: |text| {
        let is_provider = service_of_arn(text) == Some("lambda")
            && text.split_once("capacity-provider:").is_some_and(|(_, name)| !name.is_empty());
        expect(is_provider, "the ARN of a capacity provider", text)
    },
    ..ANY
};

pub(crate) const MOUNT_PATH: Format = Format {
    pattern: r"^/mnt/[a-zA-Z0-9._-]{1,155}$",
    help: "Write a folder in /mnt, as in /mnt/sounds",
    check: |text| {
        let is_name = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
        let is_path = text.len() <= 160 && text.strip_prefix("/mnt/").is_some_and(|name| is_word(name, is_name));
        expect(is_path, "a folder in /mnt", text)
    },
    ..ANY
};

pub(crate) const SUBNET: Format = Format {
    pattern: "^subnet-[0-9a-z]+$",
    help: "Write the ID, as in subnet-0123456789abcdef0",
    check: |text| {
        let is_part = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
        expect(text.strip_prefix("subnet-").is_some_and(|id| is_word(id, is_part)), "the ID of a subnet", text)
    },
    ..ANY
};

pub(crate) const SECURITY_GROUP: Format = Format {
    pattern: "^sg-[0-9a-zA-Z]+$",
    help: "Write the ID, as in sg-0123456789abcdef0",
    check: |text| {
        let is_part = |byte: u8| byte.is_ascii_alphanumeric();
        expect(text.strip_prefix("sg-").is_some_and(|id| is_word(id, is_part)), "the ID of a security group", text)
    },
    ..ANY
};

/// Names of variables, without those of Lambda itself. See
/// <https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html>.
pub(crate) const VARIABLE_NAME: Format = Format {
    pattern: "^[A-Za-z][A-Za-z0-9_]+$",
    except: &[
        "AWS_ACCESS_KEY",
        "AWS_ACCESS_KEY_ID",
        "AWS_DEFAULT_REGION",
        "AWS_EXECUTION_ENV",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
        "AWS_LAMBDA_FUNCTION_NAME",
        "AWS_LAMBDA_FUNCTION_VERSION",
        "AWS_LAMBDA_INITIALIZATION_TYPE",
        "AWS_LAMBDA_LOG_GROUP_NAME",
        "AWS_LAMBDA_LOG_STREAM_NAME",
        "AWS_LAMBDA_RUNTIME_API",
        "AWS_REGION",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_SESSION_TOKEN",
        "LAMBDA_RUNTIME_DIR",
        "LAMBDA_TASK_ROOT",
        "_HANDLER",
        "_X_AMZN_TRACE_ID",
    ],
    help: "The name of a variable has at least 2 characters: letters, digits and _. It begins with a letter. Variables that Lambda sets itself are reserved",
    check: |name| {
        let characters = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        if name.len() >= 2 && characters && name.starts_with(|c: char| c.is_ascii_alphabetic()) {
            return Ok(());
        }
        Err("is not a valid name for a variable of a function".into())
    },
    ..ANY
};

/// The line breaks of JavaScript's patterns, which `.` does not match.
const LINE_BREAKS: [char; 4] = ['\n', '\r', '\u{2028}', '\u{2029}'];

/// Returns the service in an ARN of AWS; `None` for other texts.
fn service_of_arn(text: &str) -> Option<&str> {
    let parts: Vec<_> = text.splitn(4, ':').collect();
    let ["arn", partition, service, rest] = parts[..] else { return None };
    let is_partition_part = |byte: u8| byte.is_ascii_alphabetic() || byte == b'-';
    let is_partition =
        partition.is_empty() || partition.strip_prefix("aws").is_some_and(|rest| rest.bytes().all(is_partition_part));
    let is_service_part = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-.".contains(&byte);
    let is_arn = is_partition && is_word(service, is_service_part) && !rest.contains(LINE_BREAKS);
    is_arn.then_some(service)
}

fn is_layer_arn(text: &str) -> bool {
    let is_name = |name: &str| is_word(name, |byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
    let is_partition = |name: &str| is_word(name, |byte| byte.is_ascii_alphanumeric() || byte == b'-');
    let Some((partition, rest)) = text.strip_prefix("arn:").and_then(|rest| rest.split_once(":lambda:")) else {
        return false;
    };
    if !is_partition(partition) || rest.contains(LINE_BREAKS) {
        return false;
    }
    let parts: Vec<_> = rest.rsplitn(3, ':').collect();
    match parts[..] {
        [name, "awslayer", _] => is_name(name),
        [version, name, before] => {
            is_word(version, |byte| byte.is_ascii_digit()) && is_name(name) && before.ends_with(":layer")
        }
        _ => false,
    }
}

fn is_role_arn(text: &str) -> bool {
    let parts: Vec<_> = text.splitn(6, ':').collect();
    let ["arn", partition, "iam", "", account, resource] = parts[..] else { return false };
    let is_partition = |c: char| c.is_ascii_alphabetic() || c == '-';
    let is_name = |c: char| c.is_ascii_alphanumeric() || "_+=,.@/-".contains(c);
    partition.strip_prefix("aws").is_some_and(|rest| rest.chars().all(is_partition))
        && account.len() == 12
        && account.bytes().all(|byte| byte.is_ascii_digit())
        && resource.strip_prefix("role/").is_some_and(|name| !name.is_empty() && name.chars().all(is_name))
}

fn is_runtime(name: &str) -> bool {
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let is_version = |version: &str| {
        version.split_once('.').is_some_and(|(major, minor)| is_number(major) && (minor == "x" || is_number(minor)))
    };
    let is_word = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
    name.strip_prefix("nodejs").is_some_and(is_version)
        || name == "provided"
        || name.strip_prefix("provided.").is_some_and(is_word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_are_those_of_lambdas_service_model() {
        const LAYER: &str = "arn:aws:lambda:us-east-1:123456789012:layer:sounds:3";
        const ACCESS_POINT: &str =
            "arn:aws:elasticfilesystem:us-east-1:123456789012:access-point/fsap-0123456789abcdef0";
        const PROVIDER: &str = "arn:aws:lambda:us-east-1:123456789012:capacity-provider:cats";
        for (format, right, wrong) in [
            (&HANDLER, &["index.handler", "a/b.c"][..], &["", "a b", "a\tb"][..]),
            (
                &RESOURCE_ARN,
                &["", "arn:aws:kms:us-east-1:1:key/x", "arn:aws-cn:sqs:cn-north-1:1:q", "arn::sns:x"],
                &["alias/x", "arn:aws1:sqs:x", "arn:aws:SQS:x", "arn:aws:sqs", "arn:aws:sqs:x\ny"],
            ),
            (
                &LAYER_ARN,
                &[LAYER, "arn:aws:lambda:::awslayer:AmazonLinux1803"],
                &[
                    "",
                    "arn:aws:lambda:us-east-1:1:layer:sounds",
                    "arn:a:b:lambda:x:1:layer:x:1",
                    "arn:aws:lambda:x\n:layer:x:1",
                ],
            ),
            (&ACCESS_POINT_ARN, &[ACCESS_POINT], &["", "fsap-1", "arn:aws:elasticfilesystem:x:access-point/fsap-0ABC"]),
            (&CAPACITY_PROVIDER_ARN, &[PROVIDER], &["", LAYER, "arn:aws:lambda:us-east-1:1:capacity-provider:"]),
            (&MOUNT_PATH, &["/mnt/sounds"], &["/mnt/", "/sounds", "/mnt/a b"]),
            (&SUBNET, &["subnet-0a1"], &["subnet-", "subnet-ABC", "sg-1"]),
            (&SECURITY_GROUP, &["sg-0a1", "sg-ABC"], &["sg-", "subnet-1"]),
            (&LOG_GROUP_NAME, &["/aws/lambda/cats"], &["", "a b", "a*"]),
        ] {
            for text in right {
                assert_eq!((format.check)(text), Ok(()), "{text}");
            }
            for text in wrong {
                assert!((format.check)(text).is_err(), "{text}");
            }
        }
    }
}
