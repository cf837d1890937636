//! Points the endpoint to another version of the function, or back to the newest one.
//!
//! A deployment leaves it there until it has other code (`lambda/alias/`).

use crate::aws;
use crate::aws::session::Session;
use crate::deploy::request::DeployRequest;
use crate::error::{Error, ErrorCode, Result};
use crate::lambda::alias::list_aliases;
use crate::lambda::alias::note::{self, Note, Origin};
use crate::lambda::alias::target::{Endpoint, LATEST, Target};
use crate::lambda::configuration::{Configuration, EndpointVersion, FunctionOptions};
use crate::lambda::{function_state, runtime};
use crate::operate::versions::{self, Versions};
use aws_sdk_lambda::Client;
use aws_sdk_lambda::operation::get_function_configuration::GetFunctionConfigurationOutput;
use aws_sdk_lambda::types::{AliasConfiguration, AliasRoutingConfiguration, Runtime, State};
use jiff::civil::Date;
use serde::Serialize;
use std::collections::BTreeSet;

/// The parts of a skill that are left as they are.
const NOT_ROLLED_BACK: &[&str] = &[
    "the assets in the bucket",
    "the table and its items",
    "the skill's manifest and interaction model, which Alexa keeps",
];

/// The new target of the endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wanted {
    Version(u64),
    /// The newest version before the current one that has other code.
    Earlier,
    /// The version that a deployment points the endpoint to.
    Newest,
}

/// A roll-back, or the plan of one.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Rollback {
    function: String,
    alias: String,
    /// The former target of the alias.
    from: String,
    /// The new one.
    to: String,
    /// Whether the two differ, or the alias is not yet marked as rolled back or as not rolled back anymore.
    is_change: bool,
    /// Whether the alias was changed, and not only planned to be.
    is_done: bool,
    /// The parts of the skill that are left as they are.
    not_rolled_back: &'static [&'static str],
    warnings: Vec<String>,
    /// The command that points the alias to the former target.
    way_back: String,
}

/// Points the endpoint to the wanted version, or plans to do so.
///
/// # Errors
/// `InvalidOption` for a version that does not exist, or if there is none; `ResourceNotReady` for one that cannot be
/// invoked, if the target is not deployed, or if the alias was changed in the meantime; the error of a call.
pub(crate) async fn run(
    session: Session<'_>,
    target: &DeployRequest,
    wanted: Wanted,
    is_dry_run: bool,
) -> Result<Rollback> {
    let function = target.project.function_name();
    let alias = format!("release-{}", target.current_version);
    let lambda = Client::new(session.config);
    let versions = versions::list(session, &function).await?;
    let observed = versions.alias(&alias).ok_or_else(|| {
        Error::new(ErrorCode::ResourceNotReady, format!("{function} has no alias {alias}")).hint("Deploy first")
    })?;
    let current = Current {
        target: Target::of(observed),
        note: Note::of(observed.description().unwrap_or_default()),
        endpoint: FunctionOptions::new(target)?.endpoint,
    };
    let to = choose(wanted, &current, &versions)?;
    let newest = versions.versions.first().map(|newest| published(newest.version));
    let note = note_for(wanted, &to, (&current, newest.as_ref()));
    let is_change = to != current.target || note != current.note;
    let warnings = match to.only_version().filter(|version| *version != LATEST && to != current.target) {
        Some(version) => check(&lambda, &versions, (&current.target, version)).await?,
        None => Vec::new(),
    };
    if is_change && !is_dry_run {
        Move { function: &function, observed, to: &to, note }.apply(session).await?;
    }
    Ok(Rollback {
        from: current.target.to_string(),
        to: to.to_string(),
        is_change,
        is_done: is_change && !is_dry_run,
        not_rolled_back: if wanted == Wanted::Newest { &[] } else { NOT_ROLLED_BACK },
        warnings,
        way_back: current.target.command(Endpoint {
            function: &function,
            alias: &alias,
            region: session.region(),
            target: &target.project.variant,
            mode: current.endpoint,
        }),
        function,
        alias,
    })
}

/// The endpoint before it is changed.
struct Current {
    target: Target,
    note: Option<Note>,
    endpoint: EndpointVersion,
}

/// Returns the new target of the endpoint.
fn choose(wanted: Wanted, current: &Current, versions: &Versions) -> Result<Target> {
    let function = &versions.function;
    let refused = |message: String| Error::new(ErrorCode::InvalidOption, message);
    let existing = || {
        let numbers: Vec<_> = versions.versions.iter().map(|version| version.version.to_string()).collect();
        if numbers.is_empty() { "none".to_owned() } else { numbers.join(", ") }
    };
    match wanted {
        Wanted::Version(version) => match versions.find(version) {
            Some(found) => Ok(published(found.version)),
            None => Err(refused(format!("version {version} of {function} does not exist"))
                .hint(format!("These versions do: {}", existing()))),
        },
        Wanted::Earlier => match earlier(&current.target, versions) {
            Some(version) => Ok(published(version)),
            None => Err(refused(format!(
                "{function} has not published a version before {} that has other code",
                current.target
            ))
            .hint(match newest(current, versions) {
                Some(newest) if newest != current.target => {
                    format!("--undo points the endpoint to {newest} again. These versions exist: {}", existing())
                }
                _ => format!("Name a version. These exist: {}", existing()),
            })),
        },
        Wanted::Newest => newest(current, versions)
            .ok_or_else(|| refused(format!("{function} has not published a version")).hint("Deploy first")),
    }
}

/// Returns the target that a deployment points the endpoint to.
fn newest(current: &Current, versions: &Versions) -> Option<Target> {
    match current.endpoint {
        EndpointVersion::Latest => Some(Target::latest()),
        EndpointVersion::Published => versions.versions.first().map(|newest| published(newest.version)),
    }
}

/// Returns the note by which a deployment recognizes that the skill is rolled back, or not anymore.
fn note_for(wanted: Wanted, to: &Target, (current, newest): (&Current, Option<&Target>)) -> Option<Note> {
    if wanted == Wanted::Newest {
        return Note::deployed(to);
    }
    let is_there = *to == current.target;
    let is_published = current.endpoint == EndpointVersion::Published;
    match &current.note {
        // It was rolled back by hand.
        note if is_there && !note.as_ref().is_some_and(|note| note.is_about(to)) => note.clone(),
        // A deployment would point it there, so nothing is rolled back. At an older version, one was interrupted.
        Some(note) if is_there && note.has_deployed(to) && is_published && newest == Some(to) => Some(note.clone()),
        _ => Some(Note::new(Origin::RolledBack, to)),
    }
}

fn published(version: u64) -> Target {
    Target::of_version(&version.to_string())
}

/// Returns the newest version before the newest one that is served whose code differs from that one's.
fn earlier(current: &Target, versions: &Versions) -> Option<u64> {
    let served = current.newest();
    let code = match served {
        Some(version) => versions.find(version).map(|found| found.code_sha256.as_str()),
        None => Some(versions.latest_code_sha256.as_str()),
    };
    let is_before = |version: u64| served.is_none_or(|served| version < served);
    let mut earlier = versions.versions.iter().filter(|found| is_before(found.version));
    earlier.find(|found| Some(found.code_sha256.as_str()) != code).map(|found| found.version)
}

/// Checks that a version can be invoked, and returns what to know about it.
async fn check(lambda: &Client, versions: &Versions, (served, number): (&Target, &str)) -> Result<Vec<String>> {
    let function = &versions.function;
    let version = function_state::get_version(lambda, function, number).await?;
    let mut warnings = judge(&version, number, runtime::today())?;
    let exists =
        |served: &&str| *served == LATEST || served.parse().is_ok_and(|served| versions.find(served).is_some());
    if let Some(served) = served.only_version().filter(exists) {
        // A skill that does not answer has to go back, also if this cannot be read.
        warnings.extend(match function_state::get_version(lambda, function, served).await {
            Ok(served) => other_configuration(&version, number, &served),
            Err(error) => Some(format!("the configuration of version {number} was not compared: {error}")),
        });
    }
    Ok(warnings)
}

/// Returns a warning with the parameters that become others. A version keeps those with which it was published.
fn other_configuration(
    version: &GetFunctionConfigurationOutput,
    number: &str,
    served: &GetFunctionConfigurationOutput,
) -> Option<String> {
    // Each version has a description of its own.
    let of = |found| Configuration { description: None, ..Configuration::of_function(found) };
    let (new, old) = (of(version), of(served));
    let mut names: BTreeSet<_> = new.differences(served).into_iter().chain(old.differences(version)).collect();
    if version.architectures() != served.architectures() {
        names.insert("Architectures".to_owned());
    }
    let names: Vec<_> = names.into_iter().collect();
    (!names.is_empty()).then(|| format!("version {number} has another configuration: {}", new.describe(&names, served)))
}

fn judge(version: &GetFunctionConfigurationOutput, number: &str, today: Date) -> Result<Vec<String>> {
    let unusable = |reason: String| Error::new(ErrorCode::ResourceNotReady, format!("version {number} {reason}"));
    let mut warnings = Vec::new();
    match version.state() {
        Some(State::Failed) => {
            let reason = version.state_reason().unwrap_or("Lambda reports no reason");
            return Err(unusable(format!("cannot be invoked: {reason}")).hint("Name another version"));
        }
        Some(State::Pending) => {
            return Err(unusable("is not active yet".to_owned()).hint("Try again in a while, or name another version"));
        }
        Some(State::Inactive) => warnings.push(format!(
            "version {number} was not invoked for weeks: its first invocation may fail while Lambda activates it"
        )),
        _ => {}
    }
    let runtime = version.runtime().map_or("", Runtime::as_str);
    if let Some(end) = runtime::end_of_support(runtime).filter(|end| *end <= today) {
        warnings.push(format!(
            "version {number} runs on {runtime}, which AWS does not support since {end}: it is invoked, but gets no fixes"
        ));
    }
    Ok(warnings)
}

/// Points an alias elsewhere.
struct Move<'a> {
    function: &'a str,
    observed: &'a AliasConfiguration,
    to: &'a Target,
    note: Option<Note>,
}

impl Move<'_> {
    /// Changes the alias, if it still is as it was observed: a deployment may have changed it.
    async fn apply(&self, session: Session<'_>) -> Result<()> {
        let Move { function, observed, to, note } = self;
        let alias = observed.name().unwrap_or_default();
        let lambda = Client::new(session.config);
        let request = lambda.update_alias().function_name(*function).name(alias);
        let request = request.set_function_version(to.only_version().map(str::to_owned));
        let request = request.routing_config(AliasRoutingConfiguration::builder().build());
        let description = note::describe(observed.description().unwrap_or_default(), note.as_ref());
        let request = request.description(description.as_str());
        let request = request.set_revision_id(observed.revision_id().map(str::to_owned));
        let operation = format!("updating the alias {alias} of {function}: {} -> {to}", Target::of(observed));
        session.reporter.log(operation.as_str());
        let call = aws::call(operation.as_str(), "lambda:UpdateAlias").reporting(session.reporter);
        match call.send(|| request.clone().send()).await {
            Err(error) if error.is("PreconditionFailedException") => {
                let aliases = list_aliases(&lambda, function).await?;
                let is_changed = |now: &&AliasConfiguration| {
                    now.name() == Some(alias)
                        && Target::of(now) == **to
                        && now.description() == Some(description.as_str())
                };
                if aliases.iter().any(|now| is_changed(&now)) {
                    // An earlier attempt has changed it, whose answer was lost.
                    return Ok(());
                }
                let message = format!("{operation} failed: the alias was changed in the meantime");
                Err(Error::new(ErrorCode::ResourceNotReady, message)
                    .hint("Run `litexa-deploy-aws versions`, and decide again"))
            }
            outcome => Ok(outcome.map(drop)?),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_sdk_lambda::types::EnvironmentResponse;
    use jiff::civil::date;

    /// Returns a target: its first version, and the others with their weights.
    fn target(version: &str, weights: &[(&str, f64)]) -> Target {
        let weights = weights.iter().map(|(version, weight)| ((*version).to_owned(), *weight)).collect();
        let routing = AliasRoutingConfiguration::builder().set_additional_version_weights(Some(weights)).build();
        Target::of(&AliasConfiguration::builder().function_version(version).routing_config(routing).build())
    }

    fn current(target: Target) -> Current {
        Current { target, note: None, endpoint: EndpointVersion::Latest }
    }

    #[test]
    fn a_version_with_another_configuration_has_a_warning_with_the_parameters_but_without_values_of_variables() {
        let configuration = |memory, variables: &[(&str, &str)]| {
            let variables = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
            let environment = EnvironmentResponse::builder().set_variables(Some(variables)).build();
            GetFunctionConfigurationOutput::builder().memory_size(memory).environment(environment).build()
        };
        let version = configuration(256, &[("same", "1"), ("other", "secret-2")]);
        assert_eq!(other_configuration(&version, "3", &version), None);
        let served = configuration(1024, &[("same", "1"), ("other", "secret-3"), ("added", "secret-4")]);
        assert_eq!(
            other_configuration(&version, "3", &served).unwrap(),
            "version 3 has another configuration: Environment.Variables.added, Environment.Variables.other, MemorySize 1024 -> 256"
        );
    }

    #[test]
    fn the_earlier_version_is_the_newest_one_before_that_has_other_code() {
        let versions = versions::of("c", &[(1, "a"), (2, "b"), (3, "b"), (4, "c")]);
        for (served, expected) in [
            (target("$LATEST", &[]), Some("3")),
            (target("4", &[]), Some("3")),
            // Versions 2 and 3 have the same code.
            (target("3", &[]), Some("1")),
            (target("1", &[]), None),
            // Ends the shift of traffic to the newer one.
            (target("3", &[("4", 0.1)]), Some("3")),
            (target("4", &[("3", 0.1)]), Some("3")),
            // Deleted since: any other code is other code.
            (target("9", &[]), Some("4")),
        ] {
            let chosen = choose(Wanted::Earlier, &current(served.clone()), &versions);
            match expected {
                Some(version) => assert_eq!(chosen.unwrap(), Target::of_version(version), "{served}"),
                None => assert_eq!(chosen.unwrap_err().code, ErrorCode::InvalidOption),
            }
        }
        let nothing = versions::of("c", &[]);
        assert!(choose(Wanted::Earlier, &current(Target::latest()), &nothing).is_err());
        let same = versions::of("c", &[(1, "c")]);
        assert!(choose(Wanted::Earlier, &current(Target::latest()), &same).is_err());
    }

    #[test]
    fn where_nothing_earlier_exists_the_hint_names_the_way_to_the_newest_code() {
        let versions = versions::of("c", &[(1, "c")]);
        let hint = |target| choose(Wanted::Earlier, &current(target), &versions).unwrap_err().hint;
        assert_eq!(hint(published(1)), "--undo points the endpoint to $LATEST again. These versions exist: 1");
        assert_eq!(hint(Target::latest()), "Name a version. These exist: 1");
    }

    #[test]
    fn a_named_version_has_to_exist() {
        let versions = versions::of("c", &[(1, "a"), (4, "c")]);
        let choose = |version| choose(Wanted::Version(version), &current(published(4)), &versions);
        assert_eq!(choose(1).unwrap(), published(1));
        assert_eq!(choose(4).unwrap(), published(4));
        let error = choose(3).unwrap_err();
        assert_eq!(error.to_string(), "version 3 of cats does not exist. These versions do: 4, 1.");
    }

    #[test]
    fn the_newest_is_what_a_deployment_points_to() {
        let versions = versions::of("c", &[(1, "a"), (4, "c")]);
        let choose =
            |versions, endpoint| choose(Wanted::Newest, &Current { endpoint, ..current(published(1)) }, versions);
        assert_eq!(choose(&versions, EndpointVersion::Latest).unwrap(), Target::latest());
        assert_eq!(choose(&versions, EndpointVersion::Published).unwrap(), published(4));
        assert!(choose(&versions::of("c", &[]), EndpointVersion::Published).is_err());
    }

    #[test]
    fn a_roll_back_is_noted_so_that_deployments_recognize_it() {
        const LATEST_MODE: EndpointVersion = EndpointVersion::Latest;
        const PUBLISHED: EndpointVersion = EndpointVersion::Published;
        let noted = |endpoint, wanted, to: &Target, (version, note): (&str, &str)| {
            let current = Current { target: Target::of_version(version), note: Note::of(note), endpoint };
            note_for(wanted, to, (&current, Some(&published(3)))).map_or(String::new(), |note| note.to_string())
        };
        let (three, two) = (&published(3), &published(2));
        let back = Wanted::Version(2);
        for endpoint in [LATEST_MODE, PUBLISHED] {
            assert_eq!(noted(endpoint, back, two, ("3", "[deployed 3]")), "[rolled back to 2]");
            // An interrupted deployment that was about to end the roll-back does not.
            assert_eq!(noted(endpoint, back, two, ("2", "[rolled back to 2, deploying c]")), "[rolled back to 2]");
            // It was rolled back by hand.
            assert_eq!(noted(endpoint, back, two, ("2", "")), "");
            assert_eq!(noted(endpoint, back, two, ("2", "[deployed 3]")), "[deployed 3]");
            assert_eq!(noted(endpoint, Wanted::Newest, three, ("3", "[rolled back to 3]")), "[deployed 3]");
        }
        assert_eq!(noted(LATEST_MODE, back, two, ("2", "[deployed 2]")), "[rolled back to 2]");
        // A deployment that has published version 3 was interrupted.
        assert_eq!(noted(PUBLISHED, back, two, ("2", "[deployed 2]")), "[rolled back to 2]");
        assert_eq!(noted(PUBLISHED, Wanted::Version(3), three, ("3", "[deployed 3]")), "[deployed 3]");
        assert_eq!(noted(LATEST_MODE, Wanted::Newest, &Target::latest(), ("2", "[rolled back to 2]")), "");
    }

    #[test]
    fn a_version_has_to_be_usable() {
        let judge = |state: &str, runtime: &str| {
            let version = GetFunctionConfigurationOutput::builder()
                .state(State::from(state))
                .state_reason("the snapshot failed")
                .runtime(Runtime::from(runtime))
                .build();
            judge(&version, "3", date(2026, 11, 27)).map(|warnings| warnings.len())
        };
        assert_eq!(judge("Active", "nodejs24.x"), Ok(0));
        assert_eq!(judge("Active", "provided.al2023"), Ok(0));
        assert_eq!(judge("Inactive", "nodejs22.x"), Ok(1));
        assert_eq!(judge("Inactive", "nodejs18.x"), Ok(2));
        assert_eq!(judge("Active", "nodejs20.x"), Ok(1));
        assert!(judge("Failed", "nodejs24.x").unwrap_err().message.contains("the snapshot failed"));
        assert_eq!(judge("Pending", "nodejs24.x").unwrap_err().code, ErrorCode::ResourceNotReady);
    }
}
