//! Shows the changes of a dry run as text.

use crate::deploy::change::{Action, Change};
use crate::output::format;
use std::collections::BTreeSet;

/// The objects of an action that are listed one by one; more are counted.
const MAX_LISTED_OBJECTS: usize = 20;

/// The type of an asset's object, by CloudTrail's name.
const OBJECT: &str = "AWS::S3::Object";

/// Returns the lines that show all changes, in the order in which they would be made.
pub(crate) fn lines(changes: &[Change]) -> Vec<String> {
    let mut lines = vec![headline(changes.len())];
    for change in changes.iter().filter(|change| !is_counted(change, changes)) {
        lines.push(format!("{} {}", symbol(change.action), change.description));
        lines.extend(change.effects.iter().map(|effect| effect_line(effect)));
    }
    for action in [Action::Create, Action::Update, Action::Delete] {
        let number = objects(action, changes).count();
        if number > MAX_LISTED_OBJECTS {
            lines.push(format!("{} {} {}", symbol(action), verb(action), format::count(number, "object")));
            let effects: BTreeSet<&String> = objects(action, changes).flat_map(|change| &change.effects).collect();
            lines.extend(effects.into_iter().map(|effect| effect_line(effect)));
        }
    }
    lines
}

fn effect_line(effect: &str) -> String {
    format!("    {effect}")
}

fn headline(number: usize) -> String {
    match number {
        0 => "dry run: nothing would change".to_owned(),
        number => format!("dry run: {} would be made, and nothing is changed", format::count(number, "change")),
    }
}

fn symbol(action: Action) -> char {
    match action {
        Action::Create => '+',
        Action::Update => '~',
        Action::Delete => '-',
    }
}

fn verb(action: Action) -> &'static str {
    match action {
        Action::Create => "uploading",
        Action::Update => "replacing",
        Action::Delete => "deleting",
    }
}

/// Returns whether a change is one of too many objects to be listed.
fn is_counted(change: &Change, changes: &[Change]) -> bool {
    change.resource_type == OBJECT && objects(change.action, changes).nth(MAX_LISTED_OBJECTS).is_some()
}

fn objects(action: Action, changes: &[Change]) -> impl Iterator<Item = &Change> {
    changes.iter().filter(move |change| change.resource_type == OBJECT && change.action == action)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn object(action: Action, number: usize) -> Change {
        let key = format!("cats/beta/default/{number}.mp3");
        Change::new(action, (OBJECT, &key), "s3:PutObject", format!("uploading {key}"))
    }

    #[test]
    fn each_change_is_a_line_with_its_effects_below() {
        let table = Change::new(Action::Create, ("AWS::DynamoDB::Table", "t"), "dynamodb:CreateTable", "creating t");
        let function = ("AWS::Lambda::Function", "f");
        let memory =
            Change::new(Action::Update, function, "lambda:UpdateFunctionConfiguration", "MemorySize 256 -> 512");
        assert_eq!(
            lines(&[table.effect("10 units"), memory, object(Action::Delete, 1)]),
            [
                "dry run: 3 changes would be made, and nothing is changed",
                "+ creating t",
                "    10 units",
                "~ MemorySize 256 -> 512",
                "- uploading cats/beta/default/1.mp3",
            ]
        );
        assert_eq!(lines(&[]), ["dry run: nothing would change"]);
    }

    #[test]
    fn many_objects_of_an_action_are_counted() {
        let few = (0..20).map(|number| object(Action::Update, number));
        let many = (0..21).map(|number| object(Action::Create, number).effect("anyone can read the object"));
        let changes: Vec<_> = many.chain(few).collect();
        let shown = lines(&changes);
        assert_eq!(shown.len(), 1 + 20 + 2);
        assert_eq!(shown[0], "dry run: 41 changes would be made, and nothing is changed");
        assert_eq!(shown[21..], ["+ uploading 21 objects", "    anyone can read the object"]);
    }
}
