//! Compares the target with its config: by the changes of a dry run of everything but the code.

use crate::aws::s3::BucketLookup;
use crate::aws::session::Session;
use crate::deploy::arn_options;
use crate::deploy::change::Change;
use crate::deploy::request::DeployRequest;
use crate::error::{ErrorCode, Result};
use crate::operate::status::reads::Reads;
use crate::output::Output;
use crate::{assets, lambda};
use futures_util::future::BoxFuture;
use serde::Serialize;
use std::future::Future;

/// The changes that the next deployment would make, or why it would fail.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Difference {
    changes: Vec<Change>,
    /// The failure of a deployment, before it changes anything.
    failure: Option<String>,
}

/// The differences of each part of a target; `None` if it is not compared.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Differences {
    /// Function, role, table, log group, aliases and permission.
    handler: Option<Difference>,
    /// The bucket's access, and the objects of the files that are there.
    assets: Option<Difference>,
}

/// The target to compare.
#[derive(Clone, Copy)]
pub(crate) struct Comparison<'a> {
    pub(crate) session: Session<'a>,
    /// For a dry run, without a handler.
    pub(crate) request: &'a DeployRequest,
    pub(crate) bucket: Option<&'a BucketLookup<'a>>,
    pub(crate) output: &'a Output<'a>,
}

impl<'a> Comparison<'a> {
    /// Decides both parts concurrently, as a dry run does.
    ///
    /// # Errors
    /// `AwsUnavailable`.
    pub(crate) async fn read(self, reads: &Reads) -> Result<Differences> {
        let (handler, assets) = tokio::try_join!(
            reads.part("differences: handler", self.handler()),
            reads.part("differences: assets", self.assets()),
        )?;
        Ok(Differences { handler, assets })
    }

    /// Boxed, since futures of deployments are large: see `Call::send`.
    fn handler(self) -> BoxFuture<'a, Result<Option<Difference>>> {
        let Comparison { session, request, bucket, output } = self;
        let changes = async move {
            arn_options::check_partition(request, session.region())?;
            let plan = lambda::Plan::new(request, None)?;
            Ok(lambda::prepare(&plan, session.config, bucket, output).await?.changes())
        };
        Box::pin(difference(changes))
    }

    fn assets(self) -> BoxFuture<'a, Result<Option<Difference>>> {
        let Comparison { session, request, bucket, output } = self;
        let (Some(languages), Some(bucket)) = (&request.assets, bucket) else {
            return Box::pin(std::future::ready(Ok(None)));
        };
        let changes = async move {
            let plan = assets::Plan::new(request, languages)?;
            Ok(assets::prepare(&plan, session.config, bucket, output).await?.changes())
        };
        Box::pin(difference(changes))
    }
}

/// Returns the changes. A failure is one of the deployment, unless it depends on who asks, or passes.
async fn difference(changes: impl Future<Output = Result<Vec<Change>>>) -> Result<Option<Difference>> {
    match changes.await {
        Ok(changes) => Ok(Some(Difference { changes, failure: None })),
        Err(error) if matches!(error.code, ErrorCode::AccessDenied | ErrorCode::AwsUnavailable) => Err(error),
        Err(error) => Ok(Some(Difference { changes: Vec::new(), failure: Some(error.to_string()) })),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::deploy::change::Action;
    use crate::error::Error;

    async fn of(outcome: Result<Vec<Change>>) -> Result<Option<Difference>> {
        difference(async { outcome }).await
    }

    #[tokio::test]
    async fn what_stops_a_deployment_is_shown_and_a_missing_right_is_passed_on() {
        let change = Change::new(Action::Update, ("AWS::Lambda::Function", "f"), "lambda:X", "updating f");
        let found = of(Ok(vec![change.clone()])).await.unwrap().unwrap();
        assert_eq!((found.changes, found.failure), (vec![change], None));
        let failed = of(Err(Error::new(ErrorCode::ResourceNotReady, "the table t has another key"))).await;
        assert_eq!(failed.unwrap().unwrap().failure.unwrap(), "the table t has another key");
        for code in [ErrorCode::AccessDenied, ErrorCode::AwsUnavailable] {
            assert_eq!(of(Err(Error::new(code, "no"))).await.unwrap_err().code, code);
        }
    }
}
