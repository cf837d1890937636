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
pub(crate) enum Change {
    /// This run has created the bucket.
    BucketCreated,
    /// This run has created the bucket and opened it to public ACLs or to public policies.
    PublicAccessAllowed,
    /// Another deployment has just created the bucket, and may be about to open it.
    BucketAppeared,
    /// The role exists: this run or a concurrent one has created it, or it was read. Before that, an answer that it does
    /// not exist is true.
    RoleCreated,
}

/// A refusal that passes.
#[derive(Debug)]
pub(crate) struct Transient {
    code: &'static str,
    /// A part of AWS's message, where the code alone has several meanings; empty for any message.
    message: &'static str,
    /// Parts of messages for which waiting does not help.
    except: &'static [&'static str],
    /// The changes after which the refusal passes; it always passes if there are none.
    after: &'static [Change],
    /// Time after which the refusal is final.
    timeout: Duration,
    /// Whether the refused change, or an earlier attempt at it, may have been carried out.
    may_be_done: bool,
    /// The cause of the refusal, as a log line.
    reason: &'static str,
    /// Where AWS documents it.
    #[cfg_attr(not(test), expect(dead_code, reason = "read by people, and by a test"))]
    source: &'static str,
}

/// The changes after which a bucket is new, and may be missing in some answers of S3.
const BUCKET_IS_NEW: &[Change] = &[Change::BucketCreated, Change::PublicAccessAllowed, Change::BucketAppeared];

const TRANSIENT: [Transient; 10] = [
    Transient {
        code: "ResourceConflictException",
        message: "",
        // The rest is about resources that exist, versions with an alias, and functions whose creation failed, which
        // stay so.
        except: &["already exist", "provided already", "aliases reference it", "state: Failed"],
        after: &[],
        timeout: READY_TIMEOUT,
        may_be_done: true,
        reason: "the function is busy with another change",
        source: "https://docs.aws.amazon.com/lambda/latest/dg/functions-states.html",
    },
    Transient {
        code: "InvalidParameterValueException",
        message: "cannot be assumed by Lambda",
        except: &[],
        after: &[],
        timeout: READY_TIMEOUT,
        may_be_done: false,
        reason: "the role is new and not known everywhere yet",
        source: "https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot.html#troubleshoot_general_eventual-consistency",
    },
    Transient {
        code: "NoSuchEntity",
        message: "role with name",
        except: &[],
        after: &[Change::RoleCreated],
        timeout: READY_TIMEOUT,
        may_be_done: false,
        reason: "the role is new and not known everywhere yet",
        source: "https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot.html#troubleshoot_general_eventual-consistency",
    },
    Transient {
        code: "ConcurrentModification",
        message: "",
        except: &[],
        after: &[],
        timeout: READY_TIMEOUT,
        may_be_done: false,
        reason: "the role is being changed by another request",
        source: "https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html",
    },
    Transient {
        code: "ConcurrentModificationException",
        message: "",
        except: &[],
        after: &[],
        timeout: READY_TIMEOUT,
        may_be_done: false,
        reason: "the role is being changed by another request",
        source: "https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html",
    },
    Transient {
        code: "OperationAborted",
        message: "",
        except: &[],
        after: &[],
        timeout: Duration::from_secs(13),
        may_be_done: true,
        reason: "the bucket is being changed by another request",
        source: "https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html#ErrorCodeList",
    },
    Transient {
        code: "NoSuchBucket",
        message: "",
        except: &[],
        after: BUCKET_IS_NEW,
        timeout: Duration::from_mins(1),
        may_be_done: false,
        reason: "the bucket is new and not known everywhere yet",
        source: "https://docs.aws.amazon.com/AmazonS3/latest/userguide/Welcome.html#ConsistencyModel",
    },
    // The answer to a HEAD request has no body, so no code of S3's own: the bucket or the object is not found.
    Transient {
        code: "NotFound",
        message: "",
        except: &[],
        after: BUCKET_IS_NEW,
        timeout: Duration::from_secs(20),
        may_be_done: false,
        reason: "the bucket is new and not known everywhere yet",
        source: "https://docs.aws.amazon.com/AmazonS3/latest/userguide/Welcome.html#ConsistencyModel",
    },
    // BlockPublicAcls or BlockPublicPolicy.
    Transient {
        code: "AccessDenied",
        message: "BlockPublic",
        except: &[],
        after: &[Change::PublicAccessAllowed],
        timeout: Duration::from_secs(20),
        may_be_done: false,
        reason: "the bucket's public access is not known everywhere yet",
        source: "https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html",
    },
    Transient {
        code: "AccessDenied",
        message: "BlockPublic",
        except: &[],
        after: &[Change::BucketAppeared],
        timeout: Duration::from_secs(15),
        may_be_done: false,
        reason: "the bucket is new, and the deployment that has created it may be about to allow public access",
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
/// `change` is a change of this run that came before, `retries` the number of times that the call was sent again, and
/// `elapsed` the time since it was sent first.
pub(crate) fn decide(
    refusal: &ServiceErrorInfo,
    change: Option<Change>,
    retries: u32,
    elapsed: Duration,
) -> Option<Retry> {
    let applies = |entry: &&Transient| {
        entry.code == refusal.code
            && refusal.message.contains(entry.message)
            && !entry.except.iter().any(|part| refusal.message.contains(part))
            && (entry.after.is_empty() || change.is_some_and(|change| entry.after.contains(&change)))
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

    fn retry(code: &str, message: &str, change: Option<Change>) -> Option<Retry> {
        let refusal = ServiceErrorInfo { code: code.into(), message: message.into(), status: Some(409) };
        decide(&refusal, change, 0, Duration::ZERO)
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
        assert!(retry("NoSuchEntity", unknown, Some(Change::RoleCreated)).is_some());
        assert!(retry("NoSuchEntity", unknown, None).is_none());
        let policy = "Policy arn:aws:iam::aws:policy/CloudWatchFullAccess does not exist or is not attachable.";
        assert!(retry("NoSuchEntity", policy, Some(Change::RoleCreated)).is_none());
    }

    #[test]
    fn blocked_public_access_passes_only_after_our_own_change() {
        let message = "User: arn is not authorized because public ACLs are blocked by the BlockPublicAcls setting";
        assert!(retry("AccessDenied", message, None).is_none());
        assert!(retry("AccessDenied", message, Some(Change::PublicAccessAllowed)).is_some());
        assert!(retry("AccessDenied", "no", Some(Change::PublicAccessAllowed)).is_none());
    }

    #[test]
    fn a_missing_bucket_is_waited_for_only_if_it_is_new() {
        for code in ["NoSuchBucket", "NotFound"] {
            assert!(retry(code, "", None).is_none());
            for change in [Change::BucketCreated, Change::PublicAccessAllowed, Change::BucketAppeared] {
                assert!(retry(code, "", Some(change)).is_some(), "{code} after {change:?}");
            }
            assert!(retry(code, "", Some(Change::RoleCreated)).is_none());
        }
        assert!(retry("AccessDenied", "BlockPublicAcls", Some(Change::BucketCreated)).is_none(), "never opened");
        assert!(retry("AccessDenied", "BlockPublicPolicy", Some(Change::BucketAppeared)).is_some());
    }

    #[test]
    fn a_refusal_is_final_after_its_timeout() {
        let refusal = ServiceErrorInfo { code: "OperationAborted".into(), ..ServiceErrorInfo::default() };
        let after = |seconds| decide(&refusal, None, 3, Duration::from_secs(seconds));
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
    fn every_entry_names_its_source() {
        for Transient { code, source, timeout, .. } in &TRANSIENT {
            assert!(source.starts_with("https://docs.aws.amazon.com/"), "{code}");
            assert!(*timeout <= READY_TIMEOUT, "{code}");
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
