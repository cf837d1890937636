//! Determines the ARN of the log group, by which Live Tail knows it.

use crate::aws::account::account_id;
use crate::aws::arn::{Arn, Partition};
use crate::error::Result;
use crate::logs::source::LogSource;
use aws_config::SdkConfig;

/// The sources of the log group's account.
pub(crate) struct Account<'a> {
    pub(crate) config: &'a SdkConfig,
    /// The ARN of the deployed function.
    pub(crate) function_arn: Option<&'a str>,
    /// The account of the credentials, if their source names it.
    pub(crate) of_credentials: Option<&'a str>,
}

/// Returns the ARN. It does not end in `:*`, which StartLiveTail rejects.
///
/// # Errors
/// That of GetCallerIdentity, if nothing else names the account.
pub(super) async fn log_group_arn(source: &LogSource<'_>, account: &Account<'_>) -> Result<String> {
    let (group, region) = (&source.log_group, source.region());
    let function = account.function_arn.and_then(Arn::parse).filter(|arn| arn.region == region);
    let known = function.map(|arn| arn.account).or(account.of_credentials);
    let account = match known {
        Some(account) => account.to_owned(),
        None => account_id(account.config).await?,
    };
    Ok(format!("arn:{}:logs:{region}:{account}:log-group:{group}", Partition::of_region(region).id))
}
