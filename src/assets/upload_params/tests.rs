use super::*;
use crate::config::schema::upload_params::UPLOAD_PARAMETERS;
use serde_json::{Map, json};
use std::collections::BTreeSet;

fn upload_params(value: Value) -> UploadParams {
    UploadParams::parse(Some(&value)).unwrap()
}

/// The parameters of a single default entry.
fn read(params: Value) -> PutObjectParams {
    upload_params(json!([{ "params": params }])).params_for("a.mp3").clone()
}

/// The error's text, which has to name the key in full.
fn refused(value: Value) -> String {
    let error = UploadParams::parse(Some(&value)).unwrap_err();
    assert_eq!(error.code, ErrorCode::InvalidOption);
    error.to_string()
}

fn refused_param(name: &str, value: Value) -> String {
    let text = refused(json!([{}, {}, { "params": { name: value } }]));
    assert!(text.starts_with(&format!("s3Configuration.uploadParams[2].params.{name}")), "{text}");
    text
}

fn cache_control(rules: &UploadParams, path: &str) -> Option<String> {
    rules.params_for(path).cache_control.clone()
}

#[test]
fn the_first_match_wins_and_the_rest_gets_the_default() {
    let rules = upload_params(json!([
        { "params": { "CacheControl": "default" } },
        { "filter": ["*.mp3", "*.jpg"], "params": { "CacheControl": "media" } },
        { "filter": ["*.mp3", "*.html"], "params": { "CacheControl": "late" } },
    ]));
    assert_eq!(cache_control(&rules, "deep/a.mp3").as_deref(), Some("media"));
    assert_eq!(cache_control(&rules, "a.html").as_deref(), Some("late"));
    assert_eq!(cache_control(&rules, "a.json").as_deref(), Some("default"));
    assert_eq!(rules.warnings(), [] as [String; 0]);
}

#[test]
fn the_last_default_wins_and_a_star_makes_one() {
    let rules = upload_params(json!([
        { "params": { "CacheControl": "one" } },
        { "filter": ["*.mp3", "*"], "params": { "CacheControl": "two" } },
        { "filter": ["*.mp3"], "params": { "CacheControl": "sound" } },
    ]));
    assert_eq!(cache_control(&rules, "a.mp3").as_deref(), Some("sound"));
    assert_eq!(cache_control(&rules, "a.png").as_deref(), Some("two"));
    assert_eq!(
        rules.warnings(),
        ["s3Configuration.uploadParams[0] is not used: s3Configuration.uploadParams[1] is a later default"]
    );
}

#[test]
fn without_a_default_the_rest_gets_nothing() {
    let rules = upload_params(json!([{ "filter": ["*.mp3"], "params": { "CacheControl": "sound" } }]));
    assert_eq!(rules.params_for("a.png"), &PutObjectParams::default());
    for nothing in [None, Some(json!(null)), Some(json!([]))] {
        let rules = UploadParams::parse(nothing.as_ref()).unwrap();
        assert_eq!(rules.params_for("a.png"), &PutObjectParams::default());
    }
}

#[test]
fn an_entry_without_parameters_keeps_its_files_out_of_the_default() {
    let rules = upload_params(json!([{ "params": { "CacheControl": "all" } }, { "filter": ["*.mp3"] }]));
    assert_eq!(cache_control(&rules, "a.mp3"), None);
    assert_eq!(cache_control(&rules, "a.png").as_deref(), Some("all"));
}

#[test]
fn every_parameter_arrives() {
    let everything = json!({
        "BucketKeyEnabled": true,
        "CacheControl": "max-age=600",
        "ChecksumAlgorithm": "SHA256",
        "ContentDisposition": "attachment; filename=\"a.mp3\"",
        "ContentEncoding": "gzip",
        "ContentLanguage": "de-DE",
        "ExpectedBucketOwner": "012345678901",
        "Expires": "2030-01-31T12:00:00.000Z",
        "GrantFullControl": "id=\"abc\"",
        "GrantRead": "uri=\"http://acs.amazonaws.com/groups/global/AllUsers\", emailAddress=\"a@b.c\"",
        "GrantReadACP": "id=abc",
        "GrantWriteACP": "id=abc",
        "Metadata": { "Title": "Cats", "none": null },
        "ObjectLockEventHold": "ON",
        "ObjectLockEventHoldDurationDays": 3,
        "ObjectLockLegalHoldStatus": "OFF",
        "ObjectLockMode": "GOVERNANCE",
        "ObjectLockRetainUntilDate": 1_896_091_200,
        "RequestPayer": "requester",
        "SSEKMSEncryptionContext": "e30=",
        "SSEKMSKeyId": "alias/cats",
        "ServerSideEncryption": "aws:kms",
        "StorageClass": "STANDARD_IA",
        "Tagging": "project=cats&stage=beta",
        "WebsiteRedirectLocation": "/other.html",
    });
    let given: BTreeSet<_> = everything.as_object().unwrap().keys().map(String::as_str).collect();
    let known = UPLOAD_PARAMETERS.keys().filter(|name| !name.ends_with("DurationYears"));
    assert_eq!(given, known.collect(), "no parameter is forgotten here");
    let text = |text: &str| Some(text.to_string());
    assert_eq!(
        read(everything),
        PutObjectParams {
            bucket_key_enabled: Some(true),
            cache_control: text("max-age=600"),
            checksum_algorithm: text("SHA256"),
            content_disposition: text("attachment; filename=\"a.mp3\""),
            content_encoding: text("gzip"),
            content_language: text("de-DE"),
            expected_bucket_owner: text("012345678901"),
            expires: Some(1_896_091_200),
            grant_full_control: text("id=\"abc\""),
            grant_read: text("uri=\"http://acs.amazonaws.com/groups/global/AllUsers\", emailAddress=\"a@b.c\""),
            grant_read_acp: text("id=abc"),
            grant_write_acp: text("id=abc"),
            metadata: Some([("title".to_string(), "Cats".to_string())].into()),
            object_lock_event_hold: text("ON"),
            object_lock_event_hold_duration_days: Some(3),
            object_lock_event_hold_duration_years: None,
            object_lock_legal_hold_status: text("OFF"),
            object_lock_mode: text("GOVERNANCE"),
            object_lock_retain_until_date: Some(1_896_091_200),
            request_payer: text("requester"),
            ssekms_encryption_context: text("e30="),
            ssekms_key_id: text("alias/cats"),
            server_side_encryption: text("aws:kms"),
            storage_class: text("STANDARD_IA"),
            tagging: text("project=cats&stage=beta"),
            website_redirect_location: text("/other.html"),
        }
    );
    assert_eq!(read(json!({ "ObjectLockEventHoldDurationYears": 2 })).object_lock_event_hold_duration_years, Some(2));
}

#[test]
fn null_is_a_parameter_that_is_not_set() {
    let nulls: Map<String, Value> = UPLOAD_PARAMETERS.keys().map(|name| (name.to_owned(), Value::Null)).collect();
    assert_eq!(read(Value::Object(nulls)), PutObjectParams::default());
}

#[test]
fn unsupported_parameters_are_refused_with_their_reason() {
    for (name, reason) in UPLOAD_PARAMETERS.unsupported {
        assert!(refused_param(name, json!("x")).contains(&format!(".{name} cannot be set: {reason}. Remove it")));
        assert!(UPLOAD_PARAMETERS.keys().all(|key| key != *name));
    }
    assert!(UPLOAD_PARAMETERS.unsupported.len() > 20);
}

#[test]
fn an_unknown_parameter_is_refused_with_the_nearest_known_one() {
    for (wrong, meant) in [
        ("cacheControl", "CacheControl"),
        ("Cache-Control", "CacheControl"),
        ("MetaData", "Metadata"),
        ("SSEKMSKeyID", "SSEKMSKeyId"),
        ("ContentLangauge", "ContentLanguage"),
    ] {
        let text = refused_param(wrong, json!("x"));
        assert!(
            text.ends_with(&format!(
                "is not a known option. Did you mean s3Configuration.uploadParams[2].params.{meant}?"
            )),
            "{text}"
        );
    }
    assert!(refused_param("Color", json!("red")).contains("Known options: CacheControl, ContentDisposition,"));
}

#[test]
fn wrong_types_and_values_are_refused() {
    for (name, value, expected) in [
        ("CacheControl", json!(600), "must be a string, but is 600"),
        ("CacheControl", json!(""), "must not be empty"),
        ("CacheControl", json!("a\r\nx-amz-acl: private"), "must be ASCII, but contains '\\r'"),
        ("ContentDisposition", json!("attachment; filename=ü"), "must be ASCII, but contains 'ü'"),
        ("BucketKeyEnabled", json!("true"), "must be true or false, but is \"true\""),
        ("Expires", json!("soon"), "must be a date, but is \"soon\""),
        ("Expires", json!({}), "must be a date, but is {}"),
        ("Expires", json!(1_800_000_000_000_i64), "milliseconds"),
        ("Metadata", json!({ "size": 7 }), ".size must be a string, but is 7"),
        ("Metadata", json!({ "a b": "x" }), "is not a valid name for an HTTP header"),
        ("Metadata", json!({ "a": "x", "A": "y" }), "contains a twice"),
        ("Metadata", json!({ "a": "x".repeat(2048) }), "must have at most 2048 bytes, but has 2049"),
        ("Metadata", json!(["a"]), "must be an object of strings, but is [\"a\"]"),
        ("StorageClass", json!("standard"), "must be one of \"STANDARD\", "),
        ("ServerSideEncryption", json!("kms"), "one of \"AES256\", \"aws:kms\""),
        ("Tagging", json!({ "a": "b" }), "must be a string, but is {\"a\":\"b\"}"),
        ("Tagging", json!("=b"), "contains a tag without a name"),
        ("Tagging", json!("a=b&a=c"), "contains the same tag twice"),
        ("Tagging", json!("a=b&%61=c"), "contains the same tag twice"),
        ("Tagging", json!("aws:x=1"), "has the tag \"aws:x\". The name of a tag"),
        ("Tagging", json!("AWS%3Ax=1"), "has the tag \"AWS:x\". The name of a tag"),
        ("Tagging", json!(format!("{}=1", "x".repeat(129))), "has the tag \"xxx"),
        ("Tagging", json!(format!("x={}", "1".repeat(257))), "has a tag with the value"),
        ("Tagging", json!("a=%zz"), "has a tag with the value"),
        ("Tagging", json!("a=1;b=2"), "has a tag with the value"),
        ("Tagging", json!("a&b&c&d&e&f&g&h&i&j&k"), "must have at most 10 tags, but has 11"),
        ("ExpectedBucketOwner", json!(123_456_789_012_i64), "must be a string"),
        ("ExpectedBucketOwner", json!("12345"), "must be an account ID of 12 digits, but is \"12345\""),
        ("GrantRead", json!("anyone"), "must be a list of grantees, but is \"anyone\""),
        ("WebsiteRedirectLocation", json!("other.html"), "begins with /, but is \"other.html\""),
        ("ObjectLockEventHoldDurationDays", json!(0), "a whole number of at least 1, but is 0"),
        ("ObjectLockEventHoldDurationDays", json!(1.5), "a whole number of at least 1"),
        ("SSEKMSEncryptionContext", json!(r#"{"team":"cats"}"#), "must be the Base64 of a JSON object of strings"),
        ("SSEKMSEncryptionContext", json!("eyJ0ZWFtIjo3fQ=="), "must be the Base64 of a JSON object of strings"),
        ("SSEKMSEncryptionContext", json!("WyJjYXRzIl0="), "must be the Base64 of a JSON object of strings"),
        ("SSEKMSEncryptionContext", json!("eyJ0ZWFtIjoiY2F0cyJ9"), "requires ServerSideEncryption: \"aws:kms\""),
        ("SSEKMSKeyId", json!("alias/cats"), "requires ServerSideEncryption: \"aws:kms\""),
        ("ObjectLockMode", json!("GOVERNANCE"), "requires ObjectLockRetainUntilDate"),
        ("ObjectLockRetainUntilDate", json!("2030-01-31"), "requires ObjectLockMode"),
    ] {
        let text = refused_param(name, value);
        assert!(text.contains(expected), "{text}");
    }
}

#[test]
fn entries_of_a_wrong_shape_are_refused() {
    for (value, expected) in [
        (json!({ "params": {} }), "s3Configuration.uploadParams must be a list of objects, but is {"),
        (json!(["*.mp3"]), "s3Configuration.uploadParams[0] must be an object, but is \"*.mp3\""),
        (
            json!([{ "filter": "*.mp3" }]),
            "s3Configuration.uploadParams[0].filter must be a list of strings, but is \"*.mp3\". Write [\"*.mp3\"]",
        ),
        (json!([{ "filter": [1] }]), "s3Configuration.uploadParams[0].filter[0] must be a string, but is 1"),
        (json!([{}, { "params": [] }]), "s3Configuration.uploadParams[1].params must be an object, but is []"),
        (
            json!([{ "filters": [] }]),
            "s3Configuration.uploadParams[0].filters is not a known option. Did you mean s3Configuration.uploadParams[0].filter?",
        ),
        (
            json!([{ "CacheControl": "x" }]),
            "s3Configuration.uploadParams[0].CacheControl is not a known option. Known options: filter, params",
        ),
        (
            json!([{ "filter": ["*", "{a,b}".repeat(20)] }]),
            "s3Configuration.uploadParams[0].filter[1] must be a valid pattern, but is \"{a,b}{a,b}",
        ),
    ] {
        let text = refused(value);
        assert!(text.starts_with(expected), "{text}");
    }
}

#[test]
fn parameters_that_keep_alexa_from_reading_are_warnings() {
    for (params, expected) in [
        (json!({ "ServerSideEncryption": "aws:kms" }), "params.ServerSideEncryption encrypts with a KMS key"),
        (json!({ "StorageClass": "DEEP_ARCHIVE" }), "before it is restored"),
        (json!({ "GrantRead": "id=\"abc\"" }), "no grant allows anonymous reads"),
        (json!({ "RequestPayer": "requester" }), "Requester Pays bucket"),
    ] {
        let rules = upload_params(json!([{ "params": params }]));
        let [warning] = rules.warnings() else { panic!("one warning for {params}: {:?}", rules.warnings()) };
        assert!(warning.starts_with("s3Configuration.uploadParams[0].params") && warning.contains(expected));
    }
    let public = json!({ "GrantRead": "uri=\"http://acs.amazonaws.com/groups/global/AllUsers\"" });
    let fine = json!([{ "params": { "ServerSideEncryption": "AES256" } }, { "filter": ["a"], "params": public }]);
    assert_eq!(upload_params(fine).warnings(), [] as [String; 0]);
    assert_eq!(upload_params(json!([{ "filter": [] }])).warnings().len(), 1);
}

#[test]
fn the_fingerprint_follows_what_the_object_becomes() {
    let plain = PutObjectParams::default().fingerprint("audio/mpeg");
    assert_eq!(plain, PutObjectParams::default().fingerprint("audio/mpeg"));
    assert_eq!(plain.len(), 16);
    let mut all = vec![plain.clone(), PutObjectParams::default().fingerprint("image/png")];
    for params in [
        json!({ "CacheControl": "a" }),
        json!({ "ContentEncoding": "a" }),
        json!({ "Expires": 1 }),
        json!({ "Metadata": { "a": "b" } }),
        json!({ "Metadata": { "a": "c" } }),
        json!({ "GrantRead": "id=a" }),
        json!({ "GrantReadACP": "id=a" }),
        json!({ "BucketKeyEnabled": false }),
    ] {
        all.push(read(params).fingerprint("audio/mpeg"));
    }
    let distinct: std::collections::BTreeSet<_> = all.iter().collect();
    assert_eq!(distinct.len(), all.len(), "{all:?}");
    for of_the_request in [json!({ "ExpectedBucketOwner": "012345678901" }), json!({ "RequestPayer": "requester" })] {
        assert_eq!(read(of_the_request).fingerprint("audio/mpeg"), plain);
    }
}

/// The manifests of earlier versions contain these: another value uploads every asset of every user again.
#[test]
fn the_fingerprint_stays_what_it_was() {
    let params = json!({ "CacheControl": "max-age=600", "Metadata": { "b": "2", "a": "1" }, "SSEKMSKeyId": null });
    assert_eq!(PutObjectParams::default().fingerprint("audio/mpeg"), "e7df40391330ba3d");
    assert_eq!(read(params).fingerprint("audio/mpeg"), "8fb40e43b859fc5d");
}

#[test]
fn with_grants_no_canned_acl_is_sent() {
    assert!(!read(json!({ "CacheControl": "x" })).has_grants());
    for grant in ["GrantFullControl", "GrantRead", "GrantReadACP", "GrantWriteACP"] {
        assert!(read(json!({ grant: "id=a" })).has_grants());
    }
}
