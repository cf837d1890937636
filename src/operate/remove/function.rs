//! Removes the function, with its versions, aliases and permissions.

use crate::aws::policy_document::{parse, statements};
use crate::aws::session::Session;
use crate::aws::{self, CallResult, retry};
use crate::config::project::Project;
use crate::deploy::change::{Action, Change};
use crate::error::{Error, ErrorCode, Result};
use crate::lambda::alias::list_aliases;
use crate::lambda::alias::target::LATEST;
use crate::lambda::{function_state, versions};
use crate::operate::missing_rights::MissingRights;
use crate::output::format;
use aws_sdk_lambda::Client;
use futures_util::future::try_join_all;
use serde_json::Value;
use std::time::Duration;

/// How the IDs of the statements begin that deployments have added.
const OWN_STATEMENTS: &str = "lc-";

const MAX_POLL_PAUSE: Duration = Duration::from_secs(5);

/// The current state of a function that exists.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct ObservedFunction {
    /// The number of its published versions.
    pub(crate) versions: usize,
    pub(crate) aliases: Vec<String>,
    pub(crate) role: String,
    pub(crate) log_group: Option<String>,
    /// Others who may invoke it: the principals of statements that no deployment has added.
    /// `None` if a policy may not be read.
    pub(crate) grantees: Option<Vec<String>>,
    /// The target that has deployed the function, by its environment.
    pub(crate) variant: Option<String>,
}

/// Reads the function; `None` if it does not exist, or if AWS does not allow it to be read.
pub(crate) async fn observe(
    session: Session<'_>,
    name: &str,
    rights: &MissingRights,
) -> Result<Option<ObservedFunction>> {
    let lambda = Client::new(session.config);
    let configuration = async {
        let request = lambda.get_function_configuration().function_name(name);
        let call = aws::call(format!("looking up the function {name}"), "lambda:GetFunctionConfiguration");
        Ok(call.send(|| request.clone().send()).await.optional()?)
    };
    let (configuration, versions, aliases) = tokio::try_join!(
        rights.read(configuration),
        rights.read(count_versions(&lambda, name)),
        rights.read(alias_names(&lambda, name)),
    )?;
    let Some(configuration) = configuration else { return Ok(None) };
    let qualifiers = std::iter::once(None).chain(aliases.iter().map(Some));
    let grantees = try_join_all(qualifiers.map(|qualifier| read_grantees(&lambda, name, qualifier))).await?;
    let variant = function_state::deployed_variant(&configuration).map(str::to_owned);
    Ok(Some(ObservedFunction {
        versions,
        variant,
        role: configuration.role.unwrap_or_default(),
        log_group: configuration.logging_config.and_then(|logging| logging.log_group),
        grantees: grantees.into_iter().collect::<Option<Vec<_>>>().map(|lists| lists.concat()),
        aliases,
    }))
}

async fn count_versions(lambda: &Client, name: &str) -> Result<usize> {
    let versions = versions::list(lambda, name, None).await.optional()?;
    // `$LATEST` is not a published version.
    Ok(versions.iter().flatten().filter(|version| version.version() != Some(LATEST)).count())
}

async fn alias_names(lambda: &Client, name: &str) -> Result<Vec<String>> {
    let aliases = list_aliases(lambda, name).await?;
    let mut names: Vec<String> = aliases.into_iter().filter_map(|alias| alias.name).collect();
    names.sort_unstable();
    Ok(names)
}

/// Returns others who may invoke the function or one of its aliases; `None` if the policy may not be read.
async fn read_grantees(lambda: &Client, name: &str, qualifier: Option<&String>) -> Result<Option<Vec<String>>> {
    let request = lambda.get_policy().function_name(name).set_qualifier(qualifier.cloned());
    let subject = qualifier.map_or_else(|| name.to_owned(), |alias| format!("{name}:{alias}"));
    let call = aws::call(format!("reading the policy of {subject}"), "lambda:GetPolicy");
    match call.send(|| request.clone().send()).await.optional() {
        Err(error) if error.is_denied() => Ok(None),
        policy => Ok(Some(policy?.and_then(|answer| answer.policy).map_or_else(Vec::new, |policy| grantees(&policy)))),
    }
}

/// Returns the principals of a policy's statements that no deployment has added.
fn grantees(policy: &str) -> Vec<String> {
    let statements = parse(policy).and_then(|policy| statements(&policy)).unwrap_or_default();
    let is_own = |statement: &&Value| {
        statement.get("Sid").and_then(Value::as_str).is_some_and(|id| id.starts_with(OWN_STATEMENTS))
    };
    statements.iter().filter(|statement| !is_own(statement)).map(principal).collect()
}

/// Returns the principal of a statement, as one text.
fn principal(statement: &Value) -> String {
    let first = |principal: &Value| match principal {
        Value::Object(kinds) => kinds.values().next().cloned().unwrap_or_default(),
        other => other.clone(),
    };
    match first(statement.get("Principal").unwrap_or(&Value::Null)) {
        Value::String(name) => name,
        other => other.to_string(),
    }
}

/// Returns the change that deletes the function.
pub(crate) fn change(name: &str, observed: &ObservedFunction) -> Change {
    let ObservedFunction { versions, aliases, grantees, .. } = observed;
    let aliases = match aliases.as_slice() {
        [] => String::new(),
        [alias] => format!(" and the alias {alias}"),
        several => format!(" and the aliases {}", several.join(", ")),
    };
    let description = format!("deleting the function {name}, {}{aliases}", format::count(*versions, "version"));
    let resource = ("AWS::Lambda::Function", name);
    let change = Change::new(Action::Delete, resource, "lambda:DeleteFunction", description)
        .effect("the skill does not respond anymore");
    let Some(grantees) = grantees else {
        return change.effect(
            "others who may invoke it are not known, because the policy may not be read: lambda:GetPolicy allows that",
        );
    };
    grantees.iter().fold(change, |change, who| change.effect(format!("{who} cannot invoke it anymore")))
}

/// Checks that the function is not that of another target whose names on AWS are the same.
///
/// # Errors
/// `NotRemoved`, naming that target.
pub(crate) fn ensure_own(project: &Project, observed: Option<&ObservedFunction>) -> Result<()> {
    let Some(variant) = observed.and_then(|function| function.variant.as_deref()) else { return Ok(()) };
    let Some(other) = project.namesake(variant) else { return Ok(()) };
    let message = format!(
        "the function {} belongs to the target {variant} of the project {other}, which has the same names on AWS",
        project.function_name()
    );
    Err(Error::new(ErrorCode::NotRemoved, message)
        .hint("Remove it in that project. If this project or its target was renamed, deploy it first"))
}

/// Deletes the function and all that belongs to it, and waits until it is gone.
///
/// # Errors
/// The error of a call; `ResourceNotReady` if the function is there for too long.
pub(crate) async fn delete(session: Session<'_>, name: &str) -> Result<()> {
    let lambda = Client::new(session.config);
    let request = lambda.delete_function().function_name(name);
    aws::call(format!("deleting the function {name}"), "lambda:DeleteFunction")
        .reporting(session.reporter)
        .send(|| request.clone().send())
        .await
        .optional()?;
    let gone = retry::poll(retry::READY_TIMEOUT, MAX_POLL_PAUSE, || async {
        let request = lambda.get_function_configuration().function_name(name);
        let call = aws::call(format!("looking up the function {name}"), "lambda:GetFunctionConfiguration");
        let found = call.send(|| request.clone().send()).await.optional()?;
        Ok(found.is_none().then_some(()))
    });
    gone.await?.ok_or_else(|| {
        let timeout = format::duration(retry::READY_TIMEOUT);
        let message = format!("waiting for the deletion of the function {name} timed out after {timeout}");
        Error::new(ErrorCode::ResourceNotReady, message).hint("Check its state in the Lambda console, and try again")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statements_of_others_are_known_by_their_principals() {
        let policy = r#"{"Statement": [
            {"Sid": "lc-any-skill", "Principal": {"Service": "alexa-appkit.amazon.com"}},
            {"Sid": "s3", "Principal": {"Service": "s3.amazonaws.com"}},
            {"Sid": "partner", "Principal": {"AWS": ["arn:aws:iam::1:root", "arn:aws:iam::2:root"]}},
            {"Principal": "*"}
        ]}"#;
        let others = ["s3.amazonaws.com", r#"["arn:aws:iam::1:root","arn:aws:iam::2:root"]"#, "*"];
        assert_eq!(grantees(policy), others);
        assert_eq!(grantees("not a policy"), [""; 0]);
    }

    #[test]
    fn the_deletion_names_versions_aliases_and_who_loses_access() {
        let observed = ObservedFunction {
            versions: 2,
            aliases: vec!["LIVE".into(), "release-0".into()],
            grantees: Some(vec!["s3.amazonaws.com".into()]),
            ..ObservedFunction::default()
        };
        let change = change("cats", &observed);
        assert_eq!(change.description, "deleting the function cats, 2 versions and the aliases LIVE, release-0");
        assert_eq!(change.effects, ["the skill does not respond anymore", "s3.amazonaws.com cannot invoke it anymore"]);
        let unknown = super::change("cats", &ObservedFunction { grantees: None, ..observed });
        assert!(unknown.effects[1].contains("lambda:GetPolicy"), "{unknown:?}");
    }

    #[test]
    fn a_function_of_another_project_with_the_same_names_is_recognized() {
        let removes = |name: &str, target: &str, variant: Option<&str>| {
            let (name, variant_of_project) = (name.to_owned(), target.to_owned());
            let project = Project { name, variant: variant_of_project, root: "/p".into(), litexa_root: "/p".into() };
            let function = ObservedFunction { variant: variant.map(str::to_owned), ..ObservedFunction::default() };
            ensure_own(&project, Some(&function)).is_ok()
        };
        assert!(!removes("cats_dev", "test", Some("dev_test")) && !removes("cats", "dev_test", Some("test")));
        assert!(removes("cats_dev", "test", Some("test")) && removes("cats_dev", "test", None));
        assert!(removes("cats", "test", Some("a value of the user")));
    }
}
