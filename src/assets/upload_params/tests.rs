use super::*;
use serde_json::json;

fn rules(value: Value) -> UploadParams {
    UploadParams::parse(Some(&value)).unwrap()
}

/// The parameters of a single default entry.
fn read(params: Value) -> PutObjectParams {
    rules(json!([{ "params": params }])).params_for("a.mp3").clone()
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
    let rules = rules(json!([
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
    let rules = rules(json!([
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
    let rules = rules(json!([{ "filter": ["*.mp3"], "params": { "CacheControl": "sound" } }]));
    assert_eq!(rules.params_for("a.png"), &PutObjectParams::default());
    for nothing in [None, Some(json!(null)), Some(json!([]))] {
        let rules = UploadParams::parse(nothing.as_ref()).unwrap();
        assert_eq!(rules.params_for("a.png"), &PutObjectParams::default());
    }
}

#[test]
fn an_entry_without_parameters_keeps_its_files_out_of_the_default() {
    let rules = rules(json!([{ "params": { "CacheControl": "all" } }, { "filter": ["*.mp3"] }]));
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
    let given: Vec<_> = everything.as_object().unwrap().keys().cloned().collect();
    let known = KNOWN.map(|(name, _)| name).into_iter().filter(|name| !name.ends_with("DurationYears"));
    assert_eq!(given, known.collect::<Vec<_>>(), "no parameter is forgotten here");
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
    let nulls: Map<String, Value> = KNOWN.iter().map(|(name, _)| (name.to_string(), Value::Null)).collect();
    assert_eq!(read(Value::Object(nulls)), PutObjectParams::default());
}

#[test]
fn reserved_and_senseless_parameters_are_refused_with_their_reason() {
    for name in ["Key", "Body", "ContentType", "ACL", "Bucket"] {
        assert!(refused_param(name, json!("x")).contains(" is reserved: "));
    }
    assert!(refused_param("SSECustomerKey", json!("x")).contains("Alexa could not read"));
    assert!(refused_param("ContentMD5", json!("x")).contains("computed"));
    assert!(refused_param("IfNoneMatch", json!("*")).contains("what differs"));
}

#[test]
fn no_parameter_is_both_known_and_refused() {
    assert!(KNOWN.iter().all(|(known, _)| REFUSED.iter().all(|(refused, _)| known != refused)));
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
        assert!(text.ends_with(&format!("is unknown. Perhaps {meant} is meant.")), "{text}");
    }
    assert!(refused_param("Colour", json!("red")).contains("Known are BucketKeyEnabled, CacheControl,"));
}

#[test]
fn wrong_types_and_values_are_refused() {
    for (name, value, expected) in [
        ("CacheControl", json!(600), "is the number 600, and has to be a string"),
        ("CacheControl", json!(""), "is empty"),
        ("CacheControl", json!("a\r\nx-amz-acl: private"), "holds '\\r'"),
        ("ContentDisposition", json!("attachment; filename=ü"), "holds 'ü'"),
        ("BucketKeyEnabled", json!("true"), "is 'true', and has to be true or false"),
        ("Expires", json!("soon"), "is 'soon', and is no date"),
        ("Expires", json!({}), "is an object, and has to be a date"),
        ("Expires", json!(1_800_000_000_000_i64), "milliseconds"),
        ("Metadata", json!({ "size": 7 }), ".size is the number 7, and has to be a string"),
        ("Metadata", json!({ "a b": "x" }), "no HTTP header can have"),
        ("Metadata", json!({ "a": "x", "A": "y" }), "is there twice"),
        ("Metadata", json!({ "a": "x".repeat(2048) }), "has 2049 bytes, and S3 takes 2048"),
        ("Metadata", json!(["a"]), "is a list, and has to be an object of strings"),
        ("StorageClass", json!("standard"), "is 'standard', and has to be one of STANDARD, "),
        ("ServerSideEncryption", json!("kms"), "one of AES256, aws:kms"),
        ("Tagging", json!({ "a": "b" }), "is an object, and has to be a string"),
        ("Tagging", json!("=b"), "a tag without a name"),
        ("Tagging", json!("a=b&a=c"), "two tags of one name"),
        ("Tagging", json!("a&b&c&d&e&f&g&h&i&j&k"), "has 11 tags, and S3 takes 10"),
        ("ExpectedBucketOwner", json!(123_456_789_012_i64), "has to be a string"),
        ("ExpectedBucketOwner", json!("12345"), "twelve digits"),
        ("GrantRead", json!("everybody"), "has to name grantees"),
        ("WebsiteRedirectLocation", json!("other.html"), "has to start with /"),
        ("ObjectLockEventHoldDurationDays", json!(0), "a whole number above zero"),
        ("ObjectLockEventHoldDurationDays", json!(1.5), "a whole number above zero"),
        ("SSEKMSKeyId", json!("alias/cats"), "needs ServerSideEncryption: 'aws:kms'"),
    ] {
        let text = refused_param(name, value);
        assert!(text.contains(expected), "{text}");
    }
    let text = refused(json!([{ "params": { "ObjectLockMode": "GOVERNANCE" } }]));
    assert!(text.contains("ObjectLockRetainUntilDate together"), "{text}");
}

#[test]
fn entries_of_a_wrong_shape_are_refused() {
    for (value, expected) in [
        (json!({ "params": {} }), "s3Configuration.uploadParams is an object, and has to be a list"),
        (json!(["*.mp3"]), "s3Configuration.uploadParams[0] is '*.mp3', and has to be an object"),
        (json!([{ "filter": "*.mp3" }]), "s3Configuration.uploadParams[0].filter is '*.mp3', and has to be a list"),
        (json!([{ "filter": [1] }]), "s3Configuration.uploadParams[0].filter[0] is the number 1"),
        (json!([{}, { "params": [] }]), "s3Configuration.uploadParams[1].params is a list"),
        (json!([{ "filters": [] }]), "s3Configuration.uploadParams[0].filters is unknown. Perhaps filter is meant."),
        (json!([{ "CacheControl": "x" }]), "s3Configuration.uploadParams[0].CacheControl is unknown. Known are "),
        (json!([{ "filter": ["*", "{a,b}".repeat(20)] }]), "s3Configuration.uploadParams[0].filter[1] is '{a,b}{a,b}"),
    ] {
        let text = refused(value);
        assert!(text.starts_with(expected), "{text}");
    }
}

#[test]
fn what_alexa_cannot_read_is_warned_of() {
    for (params, expected) in [
        (json!({ "ServerSideEncryption": "aws:kms" }), "params.ServerSideEncryption is a KMS encryption"),
        (json!({ "StorageClass": "DEEP_ARCHIVE" }), "before it is restored"),
        (json!({ "GrantRead": "id=\"abc\"" }), "no grant lets everybody read it"),
        (json!({ "RequestPayer": "requester" }), "whose readers pay"),
    ] {
        let rules = rules(json!([{ "params": params }]));
        let [warning] = rules.warnings() else { panic!("one warning for {params}: {:?}", rules.warnings()) };
        assert!(warning.starts_with("s3Configuration.uploadParams[0].params") && warning.contains(expected));
    }
    let public = json!({ "GrantRead": "uri=\"http://acs.amazonaws.com/groups/global/AllUsers\"" });
    let fine = json!([{ "params": { "ServerSideEncryption": "AES256" } }, { "filter": ["a"], "params": public }]);
    assert_eq!(rules(fine).warnings(), [] as [String; 0]);
    assert_eq!(rules(json!([{ "filter": [] }])).warnings().len(), 1);
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

/// Objects in S3 carry fingerprints of earlier versions: another value here uploads every asset of everybody anew.
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
