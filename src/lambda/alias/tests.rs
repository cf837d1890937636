//! Interrupts deployments after each of their steps, in each mode and from each state of the endpoint, and checks what
//! the next deployment makes of it. The function, its versions and its alias are values.

use crate::lambda::alias::endpoint::{Decision, Published, Situation, decide, right_note};
use crate::lambda::alias::note::{self, Note, Origin};
use crate::lambda::alias::target::{Target, divided};
use crate::lambda::configuration::EndpointVersion;

/// Code and configuration.
type Content = (&'static str, u32);

#[derive(Clone, Debug, PartialEq)]
struct Function {
    latest: Content,
    versions: Vec<Content>,
    alias: Target,
    description: String,
    /// The record of this machine that the code was sent, and its version not published.
    version_is_pending: bool,
}

#[derive(Clone, Copy)]
struct Deployment {
    mode: EndpointVersion,
    content: Content,
}

/// A step of a deployment, in the order of `lambda/mod.rs`.
#[derive(Clone, Debug)]
enum Step {
    Note(Option<Note>),
    Send(Content),
    Publish,
    Point,
}

impl Function {
    /// Returns what callers of the endpoint get, if that is one version.
    fn served(&self) -> Option<Content> {
        let version = self.alias.only_version()?;
        if self.alias.is_latest() {
            Some(self.latest)
        } else {
            self.versions.get(version.parse::<usize>().ok()? - 1).copied()
        }
    }

    fn decide(&self, Deployment { mode, content }: Deployment) -> Decision {
        let newest = self
            .versions
            .last()
            .map(|(code, _)| Published { version: self.versions.len().to_string(), code_sha256: (*code).to_owned() });
        decide(&Situation {
            mode,
            found: Some(&self.alias),
            note: Note::of(&self.description).as_ref(),
            newest: newest.as_ref(),
            latest_code: Some(self.latest.0),
            code: content.0,
            code_differs: self.latest.0 != content.0,
            configuration_differs: self.latest.1 != content.1,
            serves_desired: self.served() == Some(content),
            version_is_pending: self.version_is_pending,
        })
    }

    fn steps(&self, deployment: Deployment) -> Vec<Step> {
        let decision = self.decide(deployment);
        let (code, configuration) = deployment.content;
        let mut steps = Vec::new();
        if let Decision::Point { mark: Some(mark), .. } = &decision {
            steps.push(Step::Note(Some(mark.clone())));
        }
        steps.extend([Step::Send((self.latest.0, configuration)), Step::Send((code, configuration))]);
        let points = matches!(decision, Decision::Point { .. });
        if code != self.latest.0 || self.version_is_pending || (points && deployment.mode == EndpointVersion::Published)
        {
            steps.push(Step::Publish);
        }
        let (note, right) = (Note::of(&self.description), right_note(&self.alias, &decision));
        if points {
            steps.push(Step::Point);
        } else if note.is_some() && note != right {
            steps.push(Step::Note(right));
        }
        steps
    }

    fn apply(&mut self, step: Step, mode: EndpointVersion) {
        match step {
            Step::Note(note) => self.description = note::describe(&self.description, note.as_ref()),
            Step::Send(content) => {
                self.version_is_pending |= content.0 != self.latest.0;
                self.latest = content;
            }
            Step::Publish => {
                // Lambda does not publish the same twice.
                if self.versions.last() != Some(&self.latest) {
                    self.versions.push(self.latest);
                }
                self.version_is_pending = false;
            }
            Step::Point => {
                let version = Target::of_version(&self.versions.len().to_string());
                self.alias = if mode == EndpointVersion::Latest { Target::latest() } else { version };
                self.description = note::describe(&self.description, Note::deployed(&self.alias).as_ref());
            }
        }
    }

    /// Makes the first `count` steps of a deployment. Returns the decision.
    fn deploy(&mut self, deployment: Deployment, count: usize) -> Decision {
        let decision = self.decide(deployment);
        for step in self.steps(deployment).into_iter().take(count) {
            self.apply(step, deployment.mode);
        }
        decision
    }

    fn roll_back(&mut self, version: &str, by: By) {
        self.alias = Target::of_version(version);
        if by == By::Command {
            let note = Note::new(Origin::RolledBack, &self.alias);
            self.description = note::describe(&self.description, Some(&note));
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum By {
    Command,
    Hand,
}

const ALL: usize = usize::MAX;
const MODES: [EndpointVersion; 2] = [EndpointVersion::Latest, EndpointVersion::Published];

/// The states of the endpoint of a function of which three versions were deployed, and whether it is rolled back.
fn states(mode: EndpointVersion) -> Vec<(&'static str, Function, bool)> {
    let mut deployed = Function {
        latest: ("a", 1),
        versions: vec![("a", 1)],
        alias: Target::latest(),
        description: "mine".into(),
        version_is_pending: false,
    };
    for content in [("b", 1), ("c", 1)] {
        deployed.deploy(Deployment { mode, content }, ALL);
    }
    let changed = |change: &dyn Fn(&mut Function)| {
        let mut function = deployed.clone();
        change(&mut function);
        function
    };
    vec![
        ("deployed", deployed.clone(), false),
        ("rolled back by the command", changed(&|function| function.roll_back("2", By::Command)), true),
        ("rolled back by hand", changed(&|function| function.roll_back("2", By::Hand)), true),
        ("divided by hand", changed(&|function| function.alias = divided("2", &[("3", 0.5)])), true),
    ]
}

/// Calls a check with each mode, state and change, after each number of steps.
fn after_each_step(check: impl Fn(&str, (&Function, bool), Deployment, &Function)) {
    for mode in MODES {
        for (name, before, is_rolled_back) in states(mode) {
            for content in [("c", 1), ("c", 2), ("d", 1), ("d", 2)] {
                let deployment = Deployment { mode, content };
                for count in 0..=before.steps(deployment).len() {
                    let mut interrupted = before.clone();
                    interrupted.deploy(deployment, count);
                    let case = format!("{mode:?}, {name}, {content:?} after {count} steps");
                    check(&case, (&before, is_rolled_back), deployment, &interrupted);
                }
            }
        }
    }
}

#[test]
fn an_interrupted_deployment_is_completed_by_the_next_one() {
    after_each_step(|case, (before, is_rolled_back), deployment, interrupted| {
        let (mut whole, mut completed) = (before.clone(), interrupted.clone());
        whole.deploy(deployment, ALL);
        let decision = completed.deploy(deployment, ALL);
        assert_eq!(completed, whole, "{case}");
        // Another machine does not have the record.
        let mut elsewhere = Function { version_is_pending: false, ..interrupted.clone() };
        elsewhere.deploy(deployment, ALL);
        assert_eq!(elsewhere.served(), whole.served(), "{case}, elsewhere");
        assert_eq!(elsewhere.decide(deployment), whole.decide(deployment), "{case}, elsewhere");
        let ends_rollback = matches!(decision, Decision::Point { ends_rollback: true, .. });
        assert!(is_rolled_back || !ends_rollback, "{case}: the warning is false");
        let goes_live = !is_rolled_back || deployment.content.0 != "c";
        assert_eq!(whole.served() == Some(deployment.content), goes_live, "{case}");
    });
}

#[test]
fn an_interrupted_deployment_is_completed_in_the_other_mode() {
    after_each_step(|case, (_, is_rolled_back), deployment, interrupted| {
        let [latest, published] = MODES;
        let mode = if deployment.mode == latest { published } else { latest };
        let mut completed = interrupted.clone();
        completed.deploy(Deployment { mode, ..deployment }, ALL);
        let goes_live = !is_rolled_back || deployment.content.0 != "c";
        assert_eq!(completed.served() == Some(deployment.content), goes_live, "{case}");
    });
}

#[test]
fn a_later_roll_back_stays_until_there_is_other_code() {
    after_each_step(|case, _, _, interrupted| {
        for by in [By::Command, By::Hand] {
            for mode in MODES {
                let mut function = interrupted.clone();
                function.roll_back("1", by);
                let same = Deployment { mode, content: (function.latest.0, 3) };
                for _ in 0..2 {
                    let decision = function.deploy(same, ALL);
                    assert!(matches!(decision, Decision::StayRolledBack { .. }), "{case}, by {by:?}: {decision:?}");
                    assert_eq!(function.alias, Target::of_version("1"));
                }
                let other = Deployment { mode, content: ("e", 3) };
                assert!(matches!(function.deploy(other, ALL), Decision::Point { ends_rollback: true, .. }), "{case}");
                assert_eq!(function.served(), Some(other.content), "{case}");
            }
        }
    });
}
