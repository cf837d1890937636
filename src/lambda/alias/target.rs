//! Describes what an alias points to.

use crate::lambda::configuration::EndpointVersion;
use aws_sdk_lambda::types::AliasConfiguration;
use std::collections::BTreeMap;
use std::fmt;

/// The version without a number: the newest code.
pub(crate) const LATEST: &str = "$LATEST";

/// The version that an alias points to, and others by their share of the invocations.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Target {
    version: String,
    others: BTreeMap<String, f64>,
}

/// An endpoint, as commands name it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Endpoint<'a> {
    pub(crate) function: &'a str,
    pub(crate) alias: &'a str,
    pub(crate) region: &'a str,
    /// The name of the deployment target.
    pub(crate) target: &'a str,
    /// The version that deployments point it to.
    pub(crate) mode: EndpointVersion,
}

impl Endpoint<'_> {
    /// Returns the command of the AWS CLI that removes a statement of its policy, for a message.
    pub(crate) fn remove_permission(self, statement_id: &str) -> String {
        let Endpoint { function, alias, region, .. } = self;
        format!(
            "`aws lambda remove-permission --function-name {function} --qualifier {alias} --statement-id {statement_id} --region {region}`"
        )
    }
}

impl Target {
    /// The newest code.
    pub(crate) fn latest() -> Self {
        Target::of_version(LATEST)
    }

    /// A version by its number, or [`LATEST`].
    pub(crate) fn of_version(version: &str) -> Self {
        Target { version: version.to_owned(), others: BTreeMap::new() }
    }

    /// Returns the version that most invocations use.
    pub(crate) fn version(&self) -> &str {
        &self.version
    }

    /// Returns the numbers of all published versions that invocations use.
    pub(crate) fn published(&self) -> impl Iterator<Item = u64> {
        std::iter::once(&self.version).chain(self.others.keys()).filter_map(|version| version.parse().ok())
    }

    pub(crate) fn of(alias: &AliasConfiguration) -> Self {
        let weights = alias.routing_config().and_then(|routing| routing.additional_version_weights());
        let others = weights.into_iter().flatten().map(|(version, weight)| (version.clone(), *weight));
        Target { version: alias.function_version().unwrap_or(LATEST).to_owned(), others: others.collect() }
    }

    /// Returns whether all invocations use `$LATEST`. An alias with weights never points to it. See
    /// <https://docs.aws.amazon.com/lambda/latest/dg/lambda-traffic-shifting-using-aliases.html>.
    pub(crate) fn is_latest(&self) -> bool {
        self.version == LATEST && self.others.is_empty()
    }

    /// Returns the versions with their shares of the invocations.
    pub(crate) fn shares(&self) -> impl Iterator<Item = (&str, f64)> {
        let others = self.others.iter().map(|(version, weight)| (version.as_str(), *weight));
        let rest = 1.0 - self.others.values().sum::<f64>();
        std::iter::once((self.version.as_str(), rest)).chain(others)
    }

    /// Returns the newest version that gets invocations; `None` if that is `$LATEST`.
    pub(crate) fn newest(&self) -> Option<u64> {
        self.shares().filter_map(|(version, _)| version.parse().ok()).max()
    }

    /// Returns the only version; `None` if invocations are divided.
    pub(crate) fn only_version(&self) -> Option<&str> {
        self.others.is_empty().then_some(self.version.as_str())
    }

    /// Returns whether this is a single version that was published after that of another target.
    pub(crate) fn is_after(&self, other: &Target) -> bool {
        let number = |target: &Target| target.only_version()?.parse::<u64>().ok();
        number(self).zip(number(other)).is_some_and(|(own, other)| own > other)
    }

    /// Returns a short text that no other target has: the version, and others with their shares.
    pub(crate) fn key(&self) -> String {
        let others = self.others.iter().map(|(version, weight)| format!("+{version}={weight}"));
        std::iter::once(self.version.clone()).chain(others).collect()
    }

    /// Returns the command that points the endpoint to this target. sh, PowerShell and cmd.exe read it alike, unless only
    /// the AWS CLI can point to `$LATEST`: its quotes are those of the first two.
    pub(crate) fn command(&self, endpoint: Endpoint<'_>) -> String {
        let Endpoint { target, mode, .. } = endpoint;
        match self.only_version() {
            Some(LATEST) if mode == EndpointVersion::Latest => format!("litexa-deploy-aws rollback --undo -d {target}"),
            Some(version) if version != LATEST => format!("litexa-deploy-aws rollback {version} -d {target}"),
            _ => self.aws_command(endpoint),
        }
    }

    /// Returns the commands that point the endpoint to this target, for a message.
    pub(crate) fn commands(&self, endpoint: Endpoint<'_>) -> String {
        let (command, by_hand) = (self.command(endpoint), self.by_hand(endpoint));
        if by_hand.contains(&command) { by_hand } else { format!("`{command}`, or {by_hand}") }
    }

    /// Returns the command of the AWS CLI for it, for a message. It works without the right to list versions, which a
    /// deployment does not need.
    pub(crate) fn by_hand(&self, endpoint: Endpoint<'_>) -> String {
        let note = if self.is_latest() { " (in cmd.exe, without the single quotes)" } else { "" };
        format!("`{}`{note}", self.aws_command(endpoint))
    }

    fn aws_command(&self, endpoint: Endpoint<'_>) -> String {
        let Endpoint { function, alias, region, .. } = endpoint;
        let version = if self.version == LATEST { "'$LATEST'" } else { &self.version };
        let weights: Vec<_> = self.others.iter().map(|(version, weight)| format!("{version}={weight}")).collect();
        let weights = weights.join(",");
        // Also without other versions: Lambda keeps those of before if they are not mentioned
        // (https://docs.aws.amazon.com/lambda/latest/dg/configuring-alias-routing.html).
        format!(
            "aws lambda update-alias --function-name {function} --name {alias} --function-version {version} --region {region} --routing-config \"AdditionalVersionWeights={{{weights}}}\""
        )
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_version(f, &self.version)?;
        for (version, weight) in &self.others {
            f.write_str(" and ")?;
            write_version(f, version)?;
            write!(f, " ({:.0} %)", weight * 100.0)?;
        }
        Ok(())
    }
}

fn write_version(f: &mut fmt::Formatter<'_>, version: &str) -> fmt::Result {
    if version == LATEST { f.write_str(LATEST) } else { write!(f, "version {version}") }
}

/// Returns a target that divides the invocations, for tests.
#[cfg(test)]
pub(crate) fn divided(version: &str, others: &[(&str, f64)]) -> Target {
    let others = others.iter().map(|(version, weight)| ((*version).to_owned(), *weight)).collect();
    Target { version: version.to_owned(), others }
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_sdk_lambda::types::AliasRoutingConfiguration;

    fn target(version: &str, others: &[(&str, f64)]) -> Target {
        let weights = others.iter().map(|(version, weight)| ((*version).to_owned(), *weight)).collect();
        let routing = AliasRoutingConfiguration::builder().set_additional_version_weights(Some(weights)).build();
        Target::of(&AliasConfiguration::builder().function_version(version).routing_config(routing).build())
    }

    #[test]
    fn a_single_version_is_after_an_older_one() {
        let [three, ten] = ["3", "10"].map(Target::of_version);
        assert!(ten.is_after(&three) && !three.is_after(&ten) && !three.is_after(&three));
        assert!(!ten.is_after(&Target::latest()) && !Target::latest().is_after(&three));
        assert!(!divided("10", &[("11", 0.5)]).is_after(&three));
    }

    #[test]
    fn a_target_is_named_with_the_command_that_points_to_it() {
        let endpoint = |mode| Endpoint { function: "f", alias: "a", region: "r", target: "beta", mode };
        let (latest_mode, published) = (endpoint(EndpointVersion::Latest), endpoint(EndpointVersion::Published));
        for (target, name, command) in [
            (target("3", &[]), "version 3", "litexa-deploy-aws rollback 3 -d beta"),
            (
                target("2", &[("3", 0.25)]),
                "version 2 and version 3 (25 %)",
                "aws lambda update-alias --function-name f --name a --function-version 2 --region r --routing-config \"AdditionalVersionWeights={3=0.25}\"",
            ),
        ] {
            assert_eq!(target.to_string(), name);
            assert_eq!([latest_mode, published].map(|endpoint| target.command(endpoint)), [command, command]);
            // Dollar signs and single quotes are read in one way by each shell.
            assert!(!command.contains(['$', '\'', '%', '`', '\\']), "{command}");
            assert!(!target.is_latest());
        }
        assert_eq!(Target::latest().command(latest_mode), "litexa-deploy-aws rollback --undo -d beta");
        assert_eq!(
            Target::latest().command(published),
            "aws lambda update-alias --function-name f --name a --function-version '$LATEST' --region r --routing-config \"AdditionalVersionWeights={}\""
        );
        let of_aws = "aws lambda update-alias --function-name f --name a --function-version";
        let only = "--region r --routing-config \"AdditionalVersionWeights={}\"";
        for (target, mode, commands) in [
            ("3", published, format!("`litexa-deploy-aws rollback 3 -d beta`, or `{of_aws} 3 {only}`")),
            ("$LATEST", published, format!("`{of_aws} '$LATEST' {only}` (in cmd.exe, without the single quotes)")),
        ] {
            assert_eq!(Target::of_version(target).commands(mode), commands);
        }
        let latest = target("$LATEST", &[]);
        assert_eq!((latest.to_string().as_str(), latest.is_latest()), ("$LATEST", true));
    }
}
