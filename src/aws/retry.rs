//! Decides when a refused call is sent again, and polls for states.
//!
//! AWS refuses some requests for a reason that passes: a function is busy, a role is not known everywhere yet. The
//! table [`TRANSIENT`] lists these refusals; every call consults it (`call.rs`). Throttling, lost connections and
//! errors of the server are retried below, by the SDK's own standard retries.

use crate::aws::error::ServiceErrorInfo;
use crate::error::Result;
use std::future::Future;
use std::time::Duration;
use tokio::time::Instant;

/// Time that a resource has to become ready, and a new role to become known. Other tools wait for a role up to 15
/// minutes; more than one minute is rare.
pub(crate) const READY_TIMEOUT: Duration = Duration::from_mins(5);

/// A change of this run whose effects are not visible everywhere yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RecentChange {
    /// This run has created the bucket.
    BucketCreated,
    /// This run has created the bucket and opened it to public ACLs or to public policies.
    PublicAccessAllowed,
    /// Another deployment has just created the bucket, and may be about to open it.
    BucketAppeared,
    /// This run or a concurrent one has created or changed the role, or it was read a moment ago. Before that, an answer
    /// that it does not exist is true.
    RoleCreated,
    /// The role may have been changed elsewhere a moment ago: another tool manages it, or it has policies that this
    /// module does not know.
    RoleOfOthers,
    /// The function exists, as for a role.
    FunctionCreated,
    /// The table exists, as for a role.
    TableCreated,
    /// A change of the table that takes its time, such as a backup.
    TableChanged,
    /// The log group exists, as for a role.
    LogGroupCreated,
}

/// A refusal that passes.
#[derive(Debug)]
pub(crate) struct Transient {
    codes: &'static [&'static str],
    /// A part of AWS's message, where the code alone has several meanings; empty for any message.
    message: &'static str,
    /// Parts of messages for which waiting does not help.
    except: &'static [&'static str],
    /// The changes after which the refusal passes; it always passes if there are none.
    after: &'static [RecentChange],
    /// Time after which the refusal is final.
    timeout: Duration,
    /// Whether the refused change, or an earlier attempt at it, may have been carried out.
    may_be_done: bool,
    /// The cause of the refusal, as a log line.
    reason: &'static str,
    /// Where it is documented or reported.
    #[cfg_attr(not(test), expect(dead_code, reason = "read by people, and by a test"))]
    source: &'static str,
}

/// The changes after which a bucket is new, and may be missing in some answers of S3.
const BUCKET_IS_NEW: &[RecentChange] =
    &[RecentChange::BucketCreated, RecentChange::PublicAccessAllowed, RecentChange::BucketAppeared];

/// A role that this module manages, and may just have changed, is not known everywhere yet.
const NEW_ROLE: Transient = Transient {
    codes: &["InvalidParameterValueException"],
    message: "",
    except: &[],
    after: &[RecentChange::RoleCreated],
    timeout: READY_TIMEOUT,
    may_be_done: false,
    reason: "the role is new and not known everywhere yet",
    source: "https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot.html#troubleshoot_general_eventual-consistency",
};

/// A role that another tool manages may be new, too, but not for long.
const OTHER_ROLE: Transient = Transient {
    after: &[],
    timeout: Duration::from_secs(30),
    reason: "the role, or a policy of it, may be new and not known everywhere yet",
    ..NEW_ROLE
};

/// A resource that has just been created is not known everywhere yet.
const NEW_RESOURCE: Transient = Transient {
    codes: &["ResourceNotFoundException"],
    message: "",
    except: &[],
    after: &[],
    timeout: Duration::from_mins(1),
    may_be_done: false,
    reason: "",
    source: "",
};

/// Concurrent changes of a resource exclude each other.
const BUSY: Transient = Transient {
    codes: &[],
    message: "",
    except: &[],
    after: &[],
    timeout: READY_TIMEOUT,
    may_be_done: false,
    reason: "",
    source: "",
};

const TRANSIENT: [Transient; 27] = [
    // Lambda.
    Transient {
        codes: &["ResourceConflictException"],
        // The rest is about resources that exist, versions with an alias, and functions whose creation failed, which
        // stay so.
        except: &["already exist", "provided already", "aliases reference it", "state: Failed"],
        may_be_done: true,
        reason: "the function is busy with another change",
        source: "https://docs.aws.amazon.com/lambda/latest/dg/functions-states.html",
        ..BUSY
    },
    Transient { message: "cannot be assumed by Lambda", ..NEW_ROLE },
    Transient { message: "cannot be assumed by Lambda", ..OTHER_ROLE },
    // "… to call CreateNetworkInterface on EC2", or SendMessage on SQS. It is also the answer for a role that lacks the
    // right, which stays so.
    Transient {
        message: "execution role does not have permissions to call",
        timeout: Duration::from_mins(1),
        reason: "the policies of the role are new and not known everywhere yet",
        source: "https://github.com/aws/aws-cdk/issues/7998",
        ..NEW_ROLE
    },
    Transient {
        message: "execution role does not have permissions to call",
        // The policies of other roles are known, and have not been changed.
        after: &[RecentChange::RoleOfOthers],
        source: "https://github.com/aws/aws-cdk/issues/7998",
        ..OTHER_ROLE
    },
    // The key of the environment variables: KMS does not know the role yet.
    Transient {
        message: "does not refer to a valid principal",
        timeout: Duration::from_mins(1),
        source: "https://github.com/hashicorp/terraform-provider-aws/blob/main/internal/service/lambda/function.go",
        ..NEW_ROLE
    },
    Transient {
        message: "does not refer to a valid principal",
        source: "https://github.com/hashicorp/terraform-provider-aws/blob/main/internal/service/lambda/function.go",
        ..OTHER_ROLE
    },
    Transient {
        codes: &["InvalidParameterValueException"],
        message: "throttled by EC2",
        reason: "EC2 throttles Lambda, which sets up the function's network",
        source: "https://github.com/hashicorp/terraform-provider-aws/pull/3062",
        ..BUSY
    },
    Transient {
        codes: &["EC2ThrottledException"],
        reason: "EC2 throttles Lambda, which sets up the function's network",
        source: "https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html#API_Invoke_Errors",
        ..BUSY
    },
    // Lambda reads a package from a bucket that a deployment has just created.
    Transient {
        codes: &["InvalidParameterValueException"],
        message: "S3 Error Code: NoSuchBucket",
        reason: "the bucket is new and not known everywhere yet",
        source: "https://docs.aws.amazon.com/AmazonS3/latest/userguide/Welcome.html#ConsistencyModel",
        ..NEW_RESOURCE
    },
    Transient {
        after: &[RecentChange::FunctionCreated],
        reason: "the function is new and not known everywhere yet",
        source: "https://github.com/hashicorp/terraform-provider-aws/issues/7214",
        ..NEW_RESOURCE
    },
    // IAM.
    Transient { codes: &["NoSuchEntity"], message: "role with name", ..NEW_ROLE },
    Transient {
        codes: &["ConcurrentModification", "ConcurrentModificationException"],
        reason: "the role is being changed by another request",
        source: "https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html",
        ..BUSY
    },
    Transient {
        codes: &["EntityTemporarilyUnmodifiable", "EntityTemporarilyUnmodifiableException"],
        reason: "IAM does not accept changes of the role yet",
        source: "https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteUser.html#API_DeleteUser_Errors",
        ..BUSY
    },
    // A policy has just been detached or deleted, and IAM still counts it.
    Transient {
        codes: &["DeleteConflict", "DeleteConflictException"],
        timeout: Duration::from_secs(30),
        reason: "IAM does not know yet that the role has no policies",
        source: "https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteRole.html#API_DeleteRole_Errors",
        ..BUSY
    },
    // DynamoDB.
    Transient {
        codes: &["ContinuousBackupsUnavailableException"],
        after: &[RecentChange::TableCreated, RecentChange::TableChanged],
        reason: "the backups of the new table are not ready yet",
        source: "https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_UpdateContinuousBackups.html",
        ..NEW_RESOURCE
    },
    Transient {
        codes: &["TableNotFoundException"],
        after: &[RecentChange::TableCreated],
        reason: "the table is new and not known everywhere yet",
        source: "https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_UpdateContinuousBackups.html",
        ..NEW_RESOURCE
    },
    Transient {
        after: &[RecentChange::TableCreated],
        reason: "the table is new and not known everywhere yet",
        source: "https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_DescribeTable.html",
        ..NEW_RESOURCE
    },
    Transient {
        codes: &["BackupInUseException", "TableInUseException"],
        reason: "the table is busy with another backup",
        source: "https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_CreateBackup.html#API_CreateBackup_Errors",
        ..BUSY
    },
    Transient {
        codes: &["ResourceInUseException"],
        after: &[RecentChange::TableCreated, RecentChange::TableChanged],
        may_be_done: true,
        reason: "the table is busy with another change",
        source: "https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_UpdateTimeToLive.html",
        ..BUSY
    },
    Transient {
        codes: &["LimitExceededException"],
        message: "simultaneously",
        reason: "DynamoDB is busy with other tables of the account",
        source: "https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_CreateTable.html",
        ..BUSY
    },
    // CloudWatch Logs.
    Transient {
        after: &[RecentChange::LogGroupCreated],
        reason: "the log group is new and not known everywhere yet",
        source: "https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html",
        ..NEW_RESOURCE
    },
    Transient {
        codes: &["OperationAbortedException"],
        timeout: Duration::from_mins(1),
        may_be_done: true,
        reason: "the log group is being changed by another request",
        source: "https://github.com/aws/aws-cdk/issues/15709",
        ..BUSY
    },
    Transient {
        codes: &["LimitExceededException"],
        message: "query concurrency",
        reason: "the account runs as many queries of Logs Insights as AWS allows",
        source: "https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_StartQuery.html",
        ..BUSY
    },
    // S3.
    Transient {
        codes: &["OperationAborted"],
        timeout: Duration::from_secs(13),
        may_be_done: true,
        reason: "the bucket is being changed by another request",
        source: "https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html#ErrorCodeList",
        ..BUSY
    },
    Transient {
        codes: &["NoSuchBucket"],
        after: BUCKET_IS_NEW,
        reason: "the bucket is new and not known everywhere yet",
        source: "https://docs.aws.amazon.com/AmazonS3/latest/userguide/Welcome.html#ConsistencyModel",
        ..NEW_RESOURCE
    },
    // BlockPublicAcls or BlockPublicPolicy: this deployment has opened the bucket, or the one that has created it is about
    // to.
    Transient {
        codes: &["AccessDenied"],
        message: "BlockPublic",
        except: &[],
        after: &[RecentChange::PublicAccessAllowed, RecentChange::BucketAppeared],
        timeout: Duration::from_secs(20),
        may_be_done: false,
        reason: "the bucket is new and does not allow public access everywhere yet",
        source: "https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html",
    },
];

/// A refused call that is sent again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Retry {
    pub(crate) pause: Duration,
    pub(crate) reason: &'static str,
    pub(crate) may_be_done: bool,
}

/// Returns how a refused call goes on; `None` if the refusal is final.
///
/// `changes` are those of this run that came before, `retries` the number of times that the call was sent again, and
/// `elapsed` the time since it was sent first.
pub(crate) fn decide(
    refusal: &ServiceErrorInfo,
    changes: &[RecentChange],
    retries: u32,
    elapsed: Duration,
) -> Option<Retry> {
    let applies = |entry: &&Transient| {
        entry.codes.contains(&refusal.code.as_str())
            && refusal.message.contains(entry.message)
            && !entry.except.iter().any(|part| refusal.message.contains(part))
            && (entry.after.is_empty() || changes.iter().any(|change| entry.after.contains(change)))
    };
    let entry = TRANSIENT.iter().find(applies)?;
    (elapsed < entry.timeout).then(|| Retry {
        pause: pause(retries, Duration::from_secs(10)),
        reason: entry.reason,
        may_be_done: entry.may_be_done,
    })
}

/// Returns the pause after an attempt: 200 ms after the first one, then half as much again each time, up to `max`.
pub(crate) fn pause(attempt: u32, max: Duration) -> Duration {
    const FIRST: Duration = Duration::from_millis(200);
    const GROWTH: f64 = 1.5;
    // More steps than any `max` needs would only make a number that is not a duration.
    const MAX_STEPS: u32 = 20;
    FIRST.mul_f64(GROWTH.powi(i32::try_from(attempt.min(MAX_STEPS)).unwrap_or(0))).min(max)
}

/// Calls `ask` until it returns something, at growing intervals of up to `max_pause`. Returns `None` after `timeout`.
pub(crate) async fn poll<T, F>(timeout: Duration, max_pause: Duration, ask: impl Fn() -> F) -> Result<Option<T>>
where
    F: Future<Output = Result<Option<T>>>,
{
    let end = Instant::now() + timeout;
    let polling = async {
        for attempt in 0.. {
            if let Some(found) = ask().await? {
                return Ok(Some(found));
            }
            tokio::time::sleep(pause(attempt, max_pause)).await;
        }
        Ok(None)
    };
    tokio::time::timeout_at(end, polling).await.unwrap_or(Ok(None))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn retry(code: &str, message: &str, change: Option<RecentChange>) -> Option<Retry> {
        let refusal =
            ServiceErrorInfo { code: code.into(), message: message.into(), status: Some(409), is_unread: false };
        decide(&refusal, change.as_slice(), 0, Duration::ZERO)
    }

    #[test]
    fn a_busy_function_is_waited_for_and_a_failed_one_is_not() {
        let busy = |message: &str| retry("ResourceConflictException", message, None);
        let prefix = "The operation cannot be performed at this time. The function is currently in the following state";
        assert!(
            busy("The operation cannot be performed at this time. An update is in progress for resource: arn")
                .is_some()
        );
        assert!(busy(&format!("{prefix}: Pending")).is_some());
        assert!(busy(&format!("{prefix}: Failed")).is_none());
        assert!(busy("Function already exist: cats").is_none());
        assert!(busy("Unable to delete version because the following aliases reference it: [LIVE]").is_none());
        assert!(busy("The statement id (lc-1) provided already exists. Please provide a new statement id.").is_none());
    }

    #[test]
    fn a_new_role_is_waited_for_and_a_retired_policy_is_not() {
        let role = "The role defined for the function cannot be assumed by Lambda.";
        assert!(retry("InvalidParameterValueException", role, None).is_some());
        let size = "Unzipped size must be smaller than 262144000 bytes";
        assert!(retry("InvalidParameterValueException", size, None).is_none());
        let unknown = "The role with name litexa_handler_lambda cannot be found.";
        assert!(retry("NoSuchEntity", unknown, Some(RecentChange::RoleCreated)).is_some());
        assert!(retry("NoSuchEntity", unknown, None).is_none());
        let policy = "Policy arn:aws:iam::aws:policy/CloudWatchFullAccess does not exist or is not attachable.";
        assert!(retry("NoSuchEntity", policy, Some(RecentChange::RoleCreated)).is_none());
    }

    #[test]
    fn a_role_of_another_tool_is_waited_for_only_briefly() {
        let role_and_policies = [
            "The role defined for the function cannot be assumed by Lambda.",
            "The provided execution role does not have permissions to call CreateNetworkInterface on EC2",
            "The provided execution role does not have permissions to call SendMessage on SQS",
            "Lambda was unable to configure access to your environment variables because the KMS key is invalid for CreateGrant. Please check your KMS key settings. KMS Exception: InvalidArnException KMS Message: ARN does not refer to a valid principal",
        ];
        for message in role_and_policies {
            let refusal = ServiceErrorInfo {
                code: "InvalidParameterValueException".into(),
                message: message.into(),
                status: Some(400),
                is_unread: false,
            };
            let waits = |changes: &[RecentChange], seconds| {
                decide(&refusal, changes, 0, Duration::from_secs(seconds)).is_some()
            };
            let others = &[RecentChange::RoleOfOthers];
            assert!(waits(others, 29) && !waits(others, 30), "{message}");
            assert_eq!(waits(&[], 0), !message.contains("permissions to call"), "{message}");
            assert!(waits(&[RecentChange::FunctionCreated, RecentChange::RoleCreated], 59), "{message}");
        }
        let alias =
            "KMS key is invalid for CreateGrant. KMS Message: Key Aliases are not supported for this operation.";
        assert!(retry("InvalidParameterValueException", alias, Some(RecentChange::RoleCreated)).is_none());
    }

    #[test]
    fn a_missing_resource_is_waited_for_only_after_its_own_creation() {
        let missing =
            |change| retry("ResourceNotFoundException", "Function not found: arn", change).map(|retry| retry.reason);
        assert_eq!(missing(None), None);
        for (change, resource) in [
            (RecentChange::FunctionCreated, "function"),
            (RecentChange::TableCreated, "table"),
            (RecentChange::LogGroupCreated, "log group"),
        ] {
            assert!(missing(Some(change)).unwrap().starts_with(&format!("the {resource} is new")), "{change:?}");
        }
        assert_eq!(missing(Some(RecentChange::RoleCreated)), None);
    }

    #[test]
    fn a_busy_resource_is_waited_for() {
        for (code, message) in [
            ("EntityTemporarilyUnmodifiable", ""),
            ("ConcurrentModification", "Another request updating the entity is in progress."),
            ("OperationAbortedException", "A conflicting operation is currently in progress against this resource."),
            (
                "InvalidParameterValueException",
                "Your request has been throttled by EC2, please make sure you have enough API rate limit.",
            ),
            (
                "LimitExceededException",
                "Subscriber limit exceeded: Only 50 tables can be created, updated, or deleted simultaneously",
            ),
            ("LimitExceededException", "Account maximum query concurrency limit of [30] reached."),
        ] {
            assert!(retry(code, message, None).is_some(), "{code}");
        }
        assert!(retry("ResourceInUseException", "Table already exists: cats", None).is_none());
        assert!(
            retry("ResourceInUseException", "Table is being updated: cats", Some(RecentChange::TableCreated)).is_some()
        );
        assert!(retry("LimitExceededException", "The number of roles is limited", None).is_none());
    }

    #[test]
    fn blocked_public_access_passes_only_after_our_own_change() {
        let message = "User: arn is not authorized because public ACLs are blocked by the BlockPublicAcls setting";
        assert!(retry("AccessDenied", message, None).is_none());
        assert!(retry("AccessDenied", message, Some(RecentChange::PublicAccessAllowed)).is_some());
        assert!(retry("AccessDenied", "no", Some(RecentChange::PublicAccessAllowed)).is_none());
    }

    #[test]
    fn a_missing_bucket_is_waited_for_only_if_it_is_new() {
        assert!(retry("NoSuchBucket", "", None).is_none());
        for change in [RecentChange::BucketCreated, RecentChange::PublicAccessAllowed, RecentChange::BucketAppeared] {
            assert!(retry("NoSuchBucket", "", Some(change)).is_some(), "after {change:?}");
            // The answer to a HEAD request: the bucket or the object is missing.
            assert!(retry("NotFound", "", Some(change)).is_none(), "after {change:?}");
        }
        assert!(retry("NoSuchBucket", "", Some(RecentChange::RoleCreated)).is_none());
        assert!(retry("AccessDenied", "BlockPublicAcls", Some(RecentChange::BucketCreated)).is_none(), "never opened");
        assert!(retry("AccessDenied", "BlockPublicPolicy", Some(RecentChange::BucketAppeared)).is_some());
    }

    #[test]
    fn a_refusal_is_final_after_its_timeout() {
        let refusal = ServiceErrorInfo { code: "OperationAborted".into(), ..ServiceErrorInfo::default() };
        let after = |seconds| decide(&refusal, &[], 3, Duration::from_secs(seconds));
        assert_eq!(after(12).unwrap().pause, Duration::from_millis(675));
        assert!(after(12).unwrap().may_be_done);
        assert_eq!(after(13), None);
    }

    #[test]
    fn pauses_grow_up_to_their_maximum() {
        let max = Duration::from_secs(3);
        let pauses = [0, 1, 2, 7, 1_000_000].map(|attempt| pause(attempt, max).as_millis());
        assert_eq!(pauses, [200, 300, 450, 3000, 3000]);
    }

    #[test]
    fn every_entry_names_its_source_and_its_limit() {
        for Transient { codes, source, reason, timeout, .. } in &TRANSIENT {
            assert!(!codes.is_empty() && !reason.is_empty(), "{source}");
            let sources = ["https://docs.aws.amazon.com/", "https://github.com/"];
            assert!(sources.iter().any(|site| source.starts_with(site)), "{codes:?}");
            assert!(*timeout <= READY_TIMEOUT, "{codes:?}");
        }
    }

    #[tokio::test]
    async fn polling_ends_with_the_answer_or_after_the_timeout() {
        let asked = std::sync::atomic::AtomicU32::new(0);
        let ask = || async {
            let number = asked.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            Ok((number == 3).then_some("ready"))
        };
        let short = Duration::from_millis(5);
        assert_eq!(poll(Duration::from_mins(1), short, ask).await, Ok(Some("ready")));
        let never = poll(Duration::from_millis(20), short, || async { Ok(None::<()>) });
        assert_eq!(never.await, Ok(None));
    }
}
