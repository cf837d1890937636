//! Decides what to change on the bucket itself: values only.

use crate::assets::public_access::statement::{with_statement, without_statement};
use crate::aws::s3::Bucket;
use crate::config::options::PublicAccess;
use crate::deploy::change::{Action, Change};
use crate::error::Result;

/// The names of CloudFormation.
const BUCKET: &str = "AWS::S3::Bucket";
const BUCKET_POLICY: &str = "AWS::S3::BucketPolicy";

/// The bucket as it must be for a target.
#[derive(Clone, Copy)]
pub(crate) struct DesiredBucket<'a> {
    pub(crate) bucket: &'a Bucket,
    /// The prefix of the target's keys, such as `cats/beta/`.
    pub(crate) prefix: &'a str,
    pub(crate) public_access: PublicAccess,
}

/// How far the creation of the bucket has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Creation {
    #[default]
    NotBegun,
    /// An earlier deployment of this project has begun it.
    Interrupted,
    /// An earlier deployment of this project seems to have begun it, but the bucket has older objects.
    InUse,
    Complete,
}

/// The bucket as it is, as far as its changes depend on it.
#[derive(Clone, Copy)]
pub(crate) struct ObservedBucket<'a> {
    pub(crate) creation: Creation,
    /// The policy, which is empty if there is none; `None` if it cannot be read.
    pub(crate) policy: Option<&'a str>,
}

/// A change of the bucket: one request that writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BucketChange {
    Create,
    /// Allows the kind of public access that the assets need.
    AllowPublicAccess,
    AllowCrossOriginReads,
    /// Adds the target's statement to the bucket's policy.
    GrantPublicRead {
        /// Whether the bucket does not have a policy.
        is_first: bool,
    },
    /// Removes the target's statement from the bucket's policy.
    RevokePublicRead {
        /// Whether the policy does not have another statement.
        is_last: bool,
    },
}

/// Returns the changes of the bucket in their order.
///
/// # Errors
/// `AwsRequestRejected` for a policy that cannot be edited.
pub(crate) fn changes(desired: &DesiredBucket<'_>, observed: &ObservedBucket<'_>) -> Result<Vec<BucketChange>> {
    let mut changes = Vec::new();
    if observed.creation == Creation::NotBegun {
        changes.push(BucketChange::Create);
    }
    // The settings of a bucket that this module has not created are left unchanged.
    if matches!(observed.creation, Creation::NotBegun | Creation::Interrupted) {
        if desired.public_access != PublicAccess::None {
            changes.push(BucketChange::AllowPublicAccess);
        }
        changes.push(BucketChange::AllowCrossOriginReads);
    }
    if let Some(policy) = observed.policy {
        changes.extend(policy_change(desired, policy)?);
    }
    Ok(changes)
}

fn policy_change(desired: &DesiredBucket<'_>, policy: &str) -> Result<Option<BucketChange>> {
    let DesiredBucket { bucket, prefix, public_access } = desired;
    Ok(match public_access {
        PublicAccess::Acl => None,
        PublicAccess::BucketPolicy => with_statement(policy, bucket, prefix)?
            .map(|_| BucketChange::GrantPublicRead { is_first: policy.trim().is_empty() }),
        PublicAccess::None => without_statement(policy, bucket, prefix)
            .map(|edited| BucketChange::RevokePublicRead { is_last: edited.is_empty() }),
    })
}

impl BucketChange {
    /// Returns the line that a deployment logs for the change.
    pub(crate) fn line(self, DesiredBucket { bucket, prefix, .. }: &DesiredBucket<'_>) -> String {
        let name = &bucket.name;
        match self {
            BucketChange::Create => format!("creating the S3 bucket {name} in {}", bucket.region),
            BucketChange::AllowPublicAccess => {
                format!("allowing public access to the assets in the bucket {name}")
            }
            BucketChange::AllowCrossOriginReads => format!("allowing cross-origin reads from the bucket {name}"),
            BucketChange::GrantPublicRead { .. } => format!("granting public read access to {name}/{prefix}*"),
            BucketChange::RevokePublicRead { .. } => format!("revoking public read access to {name}/{prefix}*"),
        }
    }

    /// Returns the IAM action of the request.
    pub(crate) fn iam_action(self) -> &'static str {
        match self {
            BucketChange::Create => "s3:CreateBucket",
            BucketChange::AllowPublicAccess => "s3:PutBucketPublicAccessBlock",
            BucketChange::AllowCrossOriginReads => "s3:PutBucketCORS",
            BucketChange::GrantPublicRead { .. } | BucketChange::RevokePublicRead { is_last: false } => {
                "s3:PutBucketPolicy"
            }
            BucketChange::RevokePublicRead { is_last: true } => "s3:DeleteBucketPolicy",
        }
    }

    /// Describes the change.
    pub(crate) fn describe(self, desired: &DesiredBucket<'_>) -> Change {
        let (action, resource_type) = match self {
            BucketChange::Create => (Action::Create, BUCKET),
            BucketChange::AllowPublicAccess | BucketChange::AllowCrossOriginReads => (Action::Update, BUCKET),
            BucketChange::GrantPublicRead { is_first: true } => (Action::Create, BUCKET_POLICY),
            BucketChange::RevokePublicRead { is_last: true } => (Action::Delete, BUCKET_POLICY),
            BucketChange::GrantPublicRead { .. } | BucketChange::RevokePublicRead { .. } => {
                (Action::Update, BUCKET_POLICY)
            }
        };
        let resource = (resource_type, desired.bucket.name.as_str());
        let change = Change::new(action, resource, self.iam_action(), self.line(desired));
        match self.effect(desired) {
            Some(effect) => change.effect(effect),
            None => change,
        }
    }

    /// Returns what becomes public, or no longer is.
    fn effect(self, DesiredBucket { bucket, prefix, public_access }: &DesiredBucket<'_>) -> Option<String> {
        let name = &bucket.name;
        match (self, public_access) {
            (BucketChange::AllowPublicAccess, PublicAccess::Acl) => {
                Some(format!("objects in {name} can be made public by their ACLs"))
            }
            (BucketChange::AllowPublicAccess, _) => Some(format!("{name} can be made public by its policy")),
            (BucketChange::GrantPublicRead { .. }, _) => {
                Some(format!("anyone can read the objects under {name}/{prefix}"))
            }
            (BucketChange::RevokePublicRead { .. }, _) => {
                Some(format!("Alexa can no longer read the objects under {name}/{prefix}"))
            }
            (BucketChange::Create | BucketChange::AllowCrossOriginReads, _) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::s3::{BucketStatus, RequestParams};
    use BucketChange::{AllowCrossOriginReads, AllowPublicAccess, Create, GrantPublicRead, RevokePublicRead};

    const OTHER: &str = r#"{"Statement": [{"Sid": "Other", "Effect": "Deny", "Action": "s3:*"}]}"#;

    fn bucket() -> Bucket {
        let (name, region) = ("cats-assets".to_owned(), "eu-west-1".to_owned());
        Bucket { name, region, status: BucketStatus::Accessible, params: RequestParams::default() }
    }

    fn changes_of(public_access: PublicAccess, creation: Creation, policy: Option<&str>) -> Vec<BucketChange> {
        let bucket = bucket();
        let desired = DesiredBucket { bucket: &bucket, prefix: "cats/beta/", public_access };
        changes(&desired, &ObservedBucket { creation, policy }).unwrap()
    }

    fn granted(policy: &str) -> String {
        with_statement(policy, &bucket(), "cats/beta/").unwrap().unwrap()
    }

    #[test]
    fn a_new_bucket_is_configured_as_the_kind_of_public_access_needs() {
        let new = |access| changes_of(access, Creation::NotBegun, Some(""));
        assert_eq!(new(PublicAccess::Acl), [Create, AllowPublicAccess, AllowCrossOriginReads]);
        assert_eq!(new(PublicAccess::None), [Create, AllowCrossOriginReads]);
        let grant = GrantPublicRead { is_first: true };
        assert_eq!(new(PublicAccess::BucketPolicy), [Create, AllowPublicAccess, AllowCrossOriginReads, grant]);
    }

    #[test]
    fn an_interrupted_creation_is_finished_unless_the_bucket_is_in_use() {
        let acl = |creation| changes_of(PublicAccess::Acl, creation, None);
        assert_eq!(acl(Creation::Interrupted), [AllowPublicAccess, AllowCrossOriginReads]);
        assert_eq!(changes_of(PublicAccess::None, Creation::Interrupted, Some("")), [AllowCrossOriginReads]);
        assert_eq!(acl(Creation::InUse), []);
        assert_eq!(acl(Creation::Complete), []);
    }

    #[test]
    fn the_policy_of_an_existing_bucket_is_edited_only_if_the_statement_is_missing_or_not_wanted() {
        let existing = |access, policy: &str| changes_of(access, Creation::Complete, Some(policy));
        let with_policy = |policy: &str| existing(PublicAccess::BucketPolicy, policy);
        assert_eq!(with_policy(""), [GrantPublicRead { is_first: true }]);
        assert_eq!(with_policy(OTHER), [GrantPublicRead { is_first: false }]);
        assert_eq!(with_policy(&granted(OTHER)), []);

        let private = |policy: &str| existing(PublicAccess::None, policy);
        assert_eq!(private(&granted("")), [RevokePublicRead { is_last: true }]);
        assert_eq!(private(&granted(OTHER)), [RevokePublicRead { is_last: false }]);
        assert_eq!([private(OTHER), private("")].concat(), []);
        assert_eq!(existing(PublicAccess::Acl, &granted("")), []);
    }

    #[test]
    fn a_policy_that_cannot_be_read_is_not_edited() {
        for access in [PublicAccess::BucketPolicy, PublicAccess::None] {
            assert_eq!(changes_of(access, Creation::Complete, None), []);
        }
    }

    #[test]
    fn a_policy_of_an_unknown_format_is_an_error() {
        let bucket = bucket();
        let public_access = PublicAccess::BucketPolicy;
        let desired = DesiredBucket { bucket: &bucket, prefix: "cats/beta/", public_access };
        let observed = ObservedBucket { creation: Creation::Complete, policy: Some("{}") };
        assert!(changes(&desired, &observed).is_err());
    }

    #[test]
    fn a_change_names_the_bucket_the_action_and_what_becomes_public() {
        let bucket = bucket();
        let described = |change: BucketChange, public_access| {
            change.describe(&DesiredBucket { bucket: &bucket, prefix: "cats/beta/", public_access })
        };
        let creation = described(Create, PublicAccess::Acl);
        assert_eq!(creation.description, "creating the S3 bucket cats-assets in eu-west-1");
        assert_eq!((creation.action, creation.iam_action), (Action::Create, "s3:CreateBucket"));
        assert!(creation.effects.is_empty());

        let grant = described(GrantPublicRead { is_first: true }, PublicAccess::BucketPolicy);
        assert_eq!((grant.resource_type, grant.resource.as_str()), ("AWS::S3::BucketPolicy", "cats-assets"));
        assert_eq!(grant.effects, ["anyone can read the objects under cats-assets/cats/beta/"]);

        let revocations = [true, false].map(|is_last| described(RevokePublicRead { is_last }, PublicAccess::None));
        assert_eq!(revocations.each_ref().map(|it| it.action), [Action::Delete, Action::Update]);
        assert_eq!(revocations.each_ref().map(|it| it.iam_action), ["s3:DeleteBucketPolicy", "s3:PutBucketPolicy"]);
    }
}
