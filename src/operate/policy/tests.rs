use super::selection::{OPERATOR_STATEMENTS, STATEMENTS};
use super::*;
use crate::testing::deploy_request;

const IN_FRANKFURT: Place<'_> = Place { region: "eu-central-1", account: Some("123456789012") };

fn sid(statement: &Value) -> &str {
    statement["Sid"].as_str().unwrap()
}

fn sids(options: &Value, purpose: Purpose) -> Vec<String> {
    statements(&deploy_request(options), purpose, IN_FRANKFURT).iter().map(|one| sid(one).to_owned()).collect()
}

fn actions(statements: &[Value]) -> Vec<String> {
    let list = |statement: &Value| match &statement["Action"] {
        Value::Array(actions) => actions.iter().map(|action| action.as_str().unwrap().to_owned()).collect(),
        action => vec![action.as_str().unwrap().to_owned()],
    };
    let mut actions: Vec<_> = statements.iter().flat_map(list).collect();
    actions.sort();
    actions.dedup();
    actions
}

#[test]
fn parameters_that_are_null_need_no_rights() {
    let of =
        |keep_versions: Value| sids(&json!({"lambdaConfiguration": {"keepVersions": keep_versions}}), Purpose::Deploy);
    let without = sids(&json!({}), Purpose::Deploy);
    assert_eq!(of(Value::Null), without);
    assert_ne!(of(json!(3)), without);
}

#[test]
fn every_documented_statement_has_a_rule_and_no_other() {
    let documented: Vec<_> = documented().collect();
    let mut documented: Vec<_> = documented.iter().map(sid).collect();
    let mut ruled: Vec<_> = STATEMENTS.iter().chain(&OPERATOR_STATEMENTS).map(|(name, _)| *name).collect();
    documented.sort_unstable();
    ruled.sort_unstable();
    assert_eq!(documented, ruled);
}

#[test]
fn a_target_with_every_option_needs_every_statement() {
    let base = json!({
        "s3Configuration": {"bucketName": "cats-assets", "publicAccess": "bucketPolicy", "deleteRemovedAssets": true},
        "lambdaConfiguration": {"keepVersions": 3},
        "dynamoDbConfiguration": {
            "timeToLive": {"AttributeName": "x"}, "deletionProtection": true, "pointInTimeRecovery": true,
        },
        "tags": {"team": "voice"},
    });
    let mut dedicated = base.clone();
    dedicated["iamConfiguration"] = json!({"role": "dedicated"});
    let mut found = sids(&base, Purpose::All);
    found.extend(sids(&dedicated, Purpose::All));
    for statement in documented() {
        assert!(found.iter().any(|name| name == sid(&statement)), "{statement}");
    }
}

#[test]
fn a_policy_fits_into_a_managed_one_with_the_longest_names_and_every_option() {
    let options = json!({
        "s3Configuration": {"bucketName": "b".repeat(63), "publicAccess": "bucketPolicy", "deleteRemovedAssets": true},
        "lambdaConfiguration": {"keepVersions": 3},
        "dynamoDbConfiguration": {
            "timeToLive": {"AttributeName": "x"}, "deletionProtection": true, "pointInTimeRecovery": true,
        },
        "tags": {"team": "voice"},
    });
    let mut dedicated = options.clone();
    dedicated["iamConfiguration"] = json!({"role": "dedicated"});
    for options in [options, dedicated] {
        let mut target = deploy_request(&options);
        (target.project.name, target.project.variant) = ("n".repeat(30), "v".repeat(18));
        assert_eq!(target.project.function_name().len(), 64);
        for purpose in [Purpose::Deploy, Purpose::Logs, Purpose::Operate] {
            let needed = statements(&target, purpose, IN_FRANKFURT);
            let document = document(needed.clone());
            assert!(size(&document) <= MAX_MANAGED_POLICY, "{purpose:?}: {}", size(&document));
            let kept = policy_document::statements(&document).unwrap();
            assert_eq!(rights(&kept), rights(&needed));
        }
    }
}

/// Returns each action with its resources and its condition.
fn rights(statements: &[Value]) -> Vec<String> {
    let of = |one: &Value| {
        let (resources, condition) = (one["Resource"].to_string(), one["Condition"].to_string());
        actions(std::slice::from_ref(one)).into_iter().map(move |action| format!("{action} {resources} {condition}"))
    };
    let mut rights: Vec<_> = statements.iter().flat_map(|one| of(one).collect::<Vec<_>>()).collect();
    rights.sort();
    rights.dedup();
    rights
}

#[test]
fn a_policy_that_fits_keeps_its_statements() {
    let needed = statements(&deploy_request(&json!({"tags": {"team": "voice"}})), Purpose::Deploy, IN_FRANKFURT);
    assert_eq!(document(needed.clone()), policy_document::document(needed));
}

#[test]
fn the_placeholders_are_replaced() {
    let options = json!({"s3Configuration": {"bucketName": "cats-assets"}});
    for purpose in [Purpose::Deploy, Purpose::Logs, Purpose::Operate, Purpose::All] {
        let text = Value::from(statements(&deploy_request(&options), purpose, IN_FRANKFURT)).to_string();
        for placeholder in ["myAccountId", "myBucketName", "*_*", ":*:123456789012"] {
            assert!(!text.contains(placeholder), "{purpose:?}: {placeholder} in {text}");
        }
        assert!(
            text.contains("arn:aws:logs:eu-central-1:123456789012:log-group:/aws/lambda/cats_beta_litexa_handler:*")
        );
    }
    let text = Value::from(statements(&deploy_request(&options), Purpose::All, IN_FRANKFURT)).to_string();
    for resource in [
        "arn:aws:iam::123456789012:role/litexa_handler_lambda",
        "arn:aws:lambda:eu-central-1:123456789012:function:cats_beta_litexa_handler:*",
        "arn:aws:dynamodb:eu-central-1:123456789012:table/cats_beta_litexa_handler_state",
        "arn:aws:s3:::cats-assets/cats/beta/*",
        "arn:aws:s3:::cats-assets/.litexa-deploy-aws/cats/beta/upload-manifest.json",
        "arn:aws:s3:::cats-assets/.litexa-deploy-aws/cats_beta_litexa_handler-*",
        "arn:aws:iam::aws:policy/AmazonDynamoDBFullAccess_v2",
    ] {
        assert!(text.contains(&format!("\"{resource}\"")), "{resource}");
    }
}

#[test]
fn every_arn_is_in_the_partition_of_the_region() {
    for (region, partition) in
        [("cn-north-1", "aws-cn"), ("us-gov-west-1", "aws-us-gov"), ("eusc-de-east-1", "aws-eusc")]
    {
        let options = json!({"s3Configuration": {"bucketName": "cats-assets"}});
        let text = Value::from(statements(&deploy_request(&options), Purpose::All, Place { region, account: None }))
            .to_string();
        assert!(!text.contains("arn:aws:") && text.contains(&format!("arn:{partition}:s3:::cats-assets/")), "{text}");
        assert!(text.contains(&format!("arn:{partition}:lambda:{region}:myAccountId:")), "{text}");
    }
}

#[test]
fn each_purpose_has_its_own_actions() {
    let options = json!({"s3Configuration": {"bucketName": "cats-assets"}});
    let of = |purpose| actions(&statements(&deploy_request(&options), purpose, IN_FRANKFURT));
    let (deploy, logs, operate, all) = (of(Purpose::Deploy), of(Purpose::Logs), of(Purpose::Operate), of(Purpose::All));
    assert_eq!(
        logs,
        [
            "logs:DescribeLogGroups",
            "logs:DescribeLogStreams",
            "logs:FilterLogEvents",
            "logs:GetLogEvents",
            "logs:GetQueryResults",
            "logs:StartLiveTail",
            "logs:StartQuery",
            "logs:StopQuery",
        ]
    );
    assert!(deploy.iter().any(|action| action == "logs:PutRetentionPolicy"));
    assert!(!deploy.iter().any(|action| action == "logs:GetLogEvents" || action == "logs:StartQuery"));
    for action in ["lambda:UpdateAlias", "lambda:InvokeFunction", "lambda:DeleteFunction", "iam:GetRole"] {
        assert!(operate.iter().any(|found| found == action), "{action}");
    }
    for action in ["lambda:UpdateFunctionCode", "lambda:AddPermission", "iam:PassRole", "s3:PutObject"] {
        assert!(!operate.iter().any(|found| found == action), "{action}");
    }
    let mut union: Vec<_> = deploy.into_iter().chain(logs).chain(operate).collect();
    union.sort();
    union.dedup();
    assert_eq!(union, all);
}

#[test]
fn what_a_target_does_not_use_is_left_out() {
    let plain = sids(&json!({}), Purpose::All);
    for name in ["Bucket", "Assets", "ForTags", "ForTimeToLive", "ForDedicatedRoles", "ForKeepVersions"] {
        assert!(!plain.iter().any(|found| found == name), "{name}");
    }
    let mut without_table =
        deploy_request(&json!({"tags": {"a": "b"}, "dynamoDbConfiguration": {"deletionProtection": true}}));
    without_table.persistent_store = false;
    let found = statements(&without_table, Purpose::All, IN_FRANKFURT);
    assert!(!found.iter().any(|one| ["DynamoDB", "ForDeletionProtection"].contains(&sid(one))));
}

#[test]
fn a_role_of_others_is_only_read_and_passed() {
    let role = "arn:aws:iam::123456789012:role/teams/own";
    let options = json!({"lambdaConfiguration": {"Role": role}, "iamConfiguration": {"role": "dedicated"}});
    let found = statements(&deploy_request(&options), Purpose::All, IN_FRANKFURT);
    // A removal looks for a role of earlier options.
    let is_of_iam = |one: &&Value| one["Action"].to_string().contains("iam:") && sid(one) != "RemoveRole";
    let of_iam: Vec<_> = found.iter().filter(is_of_iam).collect();
    let expected = [("Role", "iam:GetRole"), ("PassRole", "iam:PassRole")];
    assert_eq!(of_iam.len(), expected.len());
    for (statement, (name, action)) in of_iam.iter().zip(expected) {
        assert_eq!(
            (sid(statement), &statement["Action"], &statement["Resource"]),
            (name, &json!(action), &json!(role))
        );
    }
}

#[test]
fn options_name_other_resources() {
    let boundary = "arn:aws:iam::123456789012:policy/teams/limits";
    let options = json!({
        "s3Configuration": {"bucketName": "cats-assets", "bucketOwner": "999999999999"},
        "iamConfiguration": {"role": "dedicated", "permissionsBoundary": boundary},
        "lambdaConfiguration": {"LoggingConfig": {"LogGroup": "/cats"}},
        "logsConfiguration": {"logGroup": "arn:aws:logs:eu-central-1:123456789012:log-group:/all:*"},
    });
    let found = statements(&deploy_request(&options), Purpose::All, IN_FRANKFURT);
    let by = |name: &str| found.iter().find(|one| sid(one) == name).unwrap();
    assert_eq!(by("Assets")["Condition"], json!({"StringEquals": {"aws:ResourceAccount": "999999999999"}}));
    assert_eq!(
        by("ForDedicatedRolesWithBoundary")["Condition"],
        json!({"ArnEquals": {"iam:PermissionsBoundary": boundary}})
    );
    assert_eq!(by("ForDedicatedRoles")["Resource"], json!("arn:aws:iam::123456789012:role/cats_beta_litexa_handler"));
    let group = |name: &str| format!("arn:aws:logs:eu-central-1:123456789012:log-group:{name}");
    assert_eq!(by("Logs")["Resource"], json!([group("/cats"), group("/all"), group("/cats:*"), group("/all:*")]));
    assert_eq!(by("DescribeLogGroups")["Resource"], json!(group("*")));
}

#[test]
fn a_policy_without_rights_for_a_bucket_has_a_note_of_that() {
    let without = |options: &Value, purpose| {
        let notes = selection::notes(&deploy_request(options), purpose);
        notes.iter().any(|note| note.contains("the target has no bucket"))
    };
    let bucket = json!({"s3Configuration": {"bucketName": "cats-assets"}});
    for purpose in [Purpose::Deploy, Purpose::Operate, Purpose::All] {
        assert!(without(&json!({}), purpose), "{purpose:?}");
        assert!(!without(&bucket, purpose), "{purpose:?}");
    }
    assert!(!without(&json!({}), Purpose::Logs));
}
