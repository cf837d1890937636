//! Reads what AWS knows about the log group.

use crate::aws::{CallError, call};
use crate::logs::source::LogSource;
use aws_sdk_cloudwatchlogs::types::LogGroup;

/// Returns the description of the log group; `None` if it does not exist.
pub(crate) async fn describe(source: &LogSource<'_>) -> Result<Option<LogGroup>, CallError> {
    let name = &source.log_group;
    let mut token: Option<String> = None;
    loop {
        let page = call(format!("looking up the log group {name}"), "logs:DescribeLogGroups")
            .reporting(source.reporter)
            .send(|| {
                let request = source.client.describe_log_groups().log_group_name_prefix(name);
                request.set_next_token(token.clone()).send()
            })
            .await?;
        let mut found = page.log_groups.unwrap_or_default().into_iter();
        if let Some(group) = found.find(|group| group.log_group_name.as_ref() == Some(name)) {
            return Ok(Some(group));
        }
        let next = page.next_token.filter(|next| !next.is_empty());
        if next.is_none() || next == token {
            return Ok(None);
        }
        token = next;
    }
}
