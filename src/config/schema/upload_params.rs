//! Declares `s3Configuration.uploadParams`: the parameters of `PutObject`, in their AWS spelling.
//!
//! See <https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html>.

use super::declaration::{Choice, Is, Kind, NO_MAX, Rule, Table, object, option};
use super::formats::{ACCOUNT, ANY, ENCRYPTION_CONTEXT, GRANTEES, HEADER, METADATA, REDIRECT, TAGS};

const HEADER_STRING: Kind = Kind::String(&HEADER);
const GRANTEE_LIST: Kind = Kind::String(&GRANTEES);
const ON_OFF: Kind = Kind::OneOf(&[("ON", ""), ("OFF", "")]);
const COUNT: Kind = Kind::Integer { min: 1, max: NO_MAX };

const DATES: [&str; 3] = [r#""2030-01-31T12:00:00Z""#, r#""Thu, 31 Jan 2030 12:00:00 GMT""#, "1896091200"];
const ALL_USERS: [&str; 1] = [r#""uri=\"http://acs.amazonaws.com/groups/global/AllUsers\"""#];
const NEEDS_KMS: &str = "requires ServerSideEncryption: \"aws:kms\"";
const SET_KMS: &str = "Set ServerSideEncryption to \"aws:kms\" or \"aws:kms:dsse\"";
const KMS: Is = Is::OneOf(&["aws:kms", "aws:kms:dsse"]);

pub(crate) static UPLOAD_RULE: Table = Table::new(
    "UploadRule",
    "Parameters for some of the assets.",
    &[
        option(
            "filter",
            Kind::List { item: &Kind::String(&ANY), min: 0, max: usize::MAX },
            "Glob patterns as minimatch 3 reads them with `matchBase`, against paths below the assets folder. An entry without a filter, or with `*` among its patterns, is the default for all other assets; the last such entry applies.",
        )
        .values("a list of patterns")
        .examples(&[r#"["*.jpg", "sounds/**"]"#]),
        object("params", &UPLOAD_PARAMETERS),
    ],
);

pub(crate) static UPLOAD_PARAMETERS: Table = Table::new(
    "UploadParameters",
    "Parameters of S3's `PutObject`, in their AWS spelling.",
    &[
        option("CacheControl", HEADER_STRING, "How long devices and CDNs may cache the asset.")
            .values("a string")
            .examples(&[r#""max-age=3600""#]),
        option(
            "ContentDisposition",
            HEADER_STRING,
            "Whether a browser displays or saves the asset, and under which name.",
        )
        .values("a string")
        .examples(&[r#""inline""#]),
        option("ContentEncoding", HEADER_STRING, "How the file is already compressed.")
            .values("a string")
            .examples(&[r#""gzip""#]),
        option("ContentLanguage", HEADER_STRING, "The language of the asset.")
            .values("a string")
            .examples(&[r#""en-GB""#]),
        option(
            "Expires",
            Kind::Date,
            "When the asset expires: an ISO date, an HTTP date, or seconds since 1970. Without an offset it is UTC.",
        )
        .values("a date, or seconds since 1970")
        .examples(&DATES),
        option(
            "WebsiteRedirectLocation",
            Kind::String(&REDIRECT),
            "The redirect target when the bucket is served as a website.",
        )
        .values("a URL or a path")
        .examples(&[r#""/new-home.html""#]),
        option("Metadata", Kind::Map(&METADATA), "Custom names and values, up to 2 KB in total.")
            .values("an object of strings")
            .examples(&[r#"{"author": "suncoast"}"#]),
        option(
            "Tagging",
            Kind::String(&TAGS),
            "Up to 10 tags, for cost reports and lifecycle rules. Needs `s3:PutObjectTagging`.",
        )
        .values("tags, encoded as in a URL")
        .examples(&[r#""project=cats&stage=beta""#]),
        option(
            "StorageClass",
            Kind::OneOf(&STORAGE_CLASSES),
            "The storage class. Alexa cannot read `GLACIER` and `DEEP_ARCHIVE`.",
        )
        .default_is("`STANDARD`, as in S3"),
        option("ChecksumAlgorithm", Kind::OneOf(&CHECKSUM_ALGORITHMS), "The checksum that S3 verifies and stores.")
            .default_is("chosen by the AWS SDK"),
        option(
            "ServerSideEncryption",
            Kind::OneOf(&[("AES256", ""), ("aws:kms", ""), ("aws:kms:dsse", "")]),
            "The encryption of the asset. Objects that are encrypted with a KMS key cannot be read anonymously, and so not by Alexa.",
        )
        .default_is("the bucket's"),
        option("SSEKMSKeyId", HEADER_STRING, "The KMS key. Needs `ServerSideEncryption: \"aws:kms\"`.")
            .values("a key")
            .examples(&[r#""alias/suncoast""#]),
        option(
            "SSEKMSEncryptionContext",
            Kind::String(&ENCRYPTION_CONTEXT),
            "The encryption context. Needs `ServerSideEncryption: \"aws:kms\"`.",
        )
        .values("Base64 of a JSON object of strings")
        .examples(&[r#""eyJ0ZWFtIjoic3VuY29hc3QifQ==""#]),
        option(
            "BucketKeyEnabled",
            Kind::Bool,
            "Requests one KMS key for the bucket instead of one for each object, which is cheaper.",
        )
        .default_is("the bucket's"),
        option(
            "GrantFullControl",
            GRANTEE_LIST,
            "Grantees with full control of the object. With any grant, no canned ACL is sent.",
        )
        .values("grantees")
        .examples(&ALL_USERS),
        option(
            "GrantRead",
            GRANTEE_LIST,
            "Grantees that may read the object. With any grant, no canned ACL is sent; the example makes the asset public again.",
        )
        .values("grantees")
        .examples(&ALL_USERS),
        option(
            "GrantReadACP",
            GRANTEE_LIST,
            "Grantees that may read the object's ACL. With any grant, no canned ACL is sent.",
        )
        .values("grantees")
        .examples(&ALL_USERS),
        option(
            "GrantWriteACP",
            GRANTEE_LIST,
            "Grantees that may write the object's ACL. With any grant, no canned ACL is sent.",
        )
        .values("grantees")
        .examples(&ALL_USERS),
        option(
            "ExpectedBucketOwner",
            Kind::String(&ACCOUNT),
            "Rejects the upload if the bucket belongs to another account.",
        )
        .values("an account ID of 12 digits")
        .examples(&[r#""123456789012""#]),
        option(
            "RequestPayer",
            Kind::OneOf(&[("requester", "")]),
            "Agrees to pay for the requests. Alexa cannot read from a Requester Pays bucket.",
        ),
        option(
            "ObjectLockMode",
            Kind::OneOf(&[("GOVERNANCE", ""), ("COMPLIANCE", "")]),
            "The mode of the lock, which decides who may remove it. Needs `ObjectLockRetainUntilDate`.",
        ),
        option(
            "ObjectLockRetainUntilDate",
            Kind::Date,
            "The date until which the object cannot be deleted. Needs `ObjectLockMode`.",
        )
        .values("a date, or seconds since 1970")
        .examples(&DATES),
        option("ObjectLockLegalHoldStatus", ON_OFF, "Whether the object is retained until the hold is removed."),
        option("ObjectLockEventHold", ON_OFF, "Whether the object is retained until an event that is reported to S3."),
        option(
            "ObjectLockEventHoldDurationDays",
            COUNT,
            "How long the object is retained after that event. Not with `ObjectLockEventHoldDurationYears`.",
        )
        .values("days"),
        option(
            "ObjectLockEventHoldDurationYears",
            COUNT,
            "How long the object is retained after that event. Not with `ObjectLockEventHoldDurationDays`.",
        )
        .values("years"),
    ],
)
.unsupported(&[
    ("ACL", "s3Configuration.publicAccess determines how assets become readable"),
    ("Body", "it is the file of the asset"),
    ("Bucket", "it is s3Configuration.bucketName"),
    ("ContentType", "the file extension determines it"),
    ("Key", "it consists of the names of the project, the target and the asset"),
    ("ChecksumCRC32", CONTENT),
    ("ChecksumCRC32C", CONTENT),
    ("ChecksumCRC64NVME", CONTENT),
    ("ChecksumMD5", CONTENT),
    ("ChecksumSHA1", CONTENT),
    ("ChecksumSHA256", CONTENT),
    ("ChecksumSHA512", CONTENT),
    ("ChecksumXXHASH128", CONTENT),
    ("ChecksumXXHASH3", CONTENT),
    ("ChecksumXXHASH64", CONTENT),
    ("ContentLength", CONTENT),
    ("ContentMD5", CONTENT),
    ("IfMatch", CONDITION),
    ("IfNoneMatch", CONDITION),
    ("SSECustomerAlgorithm", CUSTOMER_KEY),
    ("SSECustomerKey", CUSTOMER_KEY),
    ("SSECustomerKeyMD5", CUSTOMER_KEY),
    ("SSECustomerProvidedKey", CUSTOMER_KEY),
    ("WriteOffsetBytes", "it appends to an object, and assets are uploaded as a whole"),
    ("GrantWrite", "it exists for buckets only: use GrantFullControl, GrantRead, GrantReadACP or GrantWriteACP"),
])
.rules(&[
    Rule {
        either: ("SSEKMSKeyId", Is::Unset),
        or: &[("ServerSideEncryption", KMS)],
        problem: NEEDS_KMS,
        hint: SET_KMS,
    },
    Rule {
        either: ("SSEKMSEncryptionContext", Is::Unset),
        or: &[("ServerSideEncryption", KMS)],
        problem: NEEDS_KMS,
        hint: SET_KMS,
    },
    Rule {
        either: ("ObjectLockMode", Is::Unset),
        or: &[("ObjectLockRetainUntilDate", Is::Set)],
        problem: "requires ObjectLockRetainUntilDate",
        hint: "Set both of them",
    },
    Rule {
        either: ("ObjectLockRetainUntilDate", Is::Unset),
        or: &[("ObjectLockMode", Is::Set)],
        problem: "requires ObjectLockMode",
        hint: "Set both of them",
    },
    Rule {
        either: ("ObjectLockEventHoldDurationDays", Is::Unset),
        or: &[("ObjectLockEventHoldDurationYears", Is::Unset)],
        problem: "and ObjectLockEventHoldDurationYears are mutually exclusive",
        hint: "Remove one of them",
    },
]);

const CONTENT: &str = "it is computed from the content of each file (ChecksumAlgorithm selects the checksum)";
const CONDITION: &str = "it would apply to one state of one object, and changed assets are uploaded anyway";
const CUSTOMER_KEY: &str = "every reader would have to send the key, so Alexa could not read the asset";

/// The checksums that the AWS SDK computes while it sends.
const CHECKSUM_ALGORITHMS: [Choice; 5] =
    [("CRC32", ""), ("CRC32C", ""), ("CRC64NVME", ""), ("SHA1", ""), ("SHA256", "")];

const STORAGE_CLASSES: [Choice; 10] = [
    ("STANDARD", ""),
    ("STANDARD_IA", ""),
    ("ONEZONE_IA", ""),
    ("INTELLIGENT_TIERING", ""),
    ("GLACIER_IR", ""),
    ("REDUCED_REDUNDANCY", ""),
    ("EXPRESS_ONEZONE", ""),
    ("OUTPOSTS", ""),
    ("GLACIER", ""),
    ("DEEP_ARCHIVE", ""),
];
