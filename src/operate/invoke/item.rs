//! Deletes the item that the handler has written for a device of our own.

use crate::aws;
use crate::aws::session::Session;
use crate::error::Result;
use crate::operate::invoke::session::OWN_DEVICE;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue};
use serde::Serialize;

/// The attribute by which Litexa's handler reads and writes the state of a device, unless the skill has a function
/// `generateDBKey`. See `lambda-db-dynamo.coffee` in <https://github.com/alexa/litexa>.
const KEY: &str = "userId";

/// Whether the item was deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Item {
    Deleted,
    /// There is none by this key.
    None,
    /// The caller keeps it, or it belongs to a device of others.
    Kept,
    /// The right to delete it is missing.
    Denied,
    /// It could not be deleted. The next call tries it again.
    Failed,
}

/// Deletes the item of a device. That of another one than our own stays: an event may name a user's.
///
/// # Errors
/// The error of the call, except for a right that is missing.
pub(crate) async fn delete(session: Session<'_>, table: &str, device: &str) -> Result<Item> {
    if !device.starts_with(OWN_DEVICE) {
        session.reporter.warning(format!("the item of the device {device} stays, because the event names the device"));
        return Ok(Item::Kept);
    }
    let request = Client::new(session.config).delete_item().table_name(table);
    let request = request.key(KEY, AttributeValue::S(device.to_owned())).return_values(ReturnValue::AllOld);
    let call = aws::call(format!("deleting the item of the test in {table}"), "dynamodb:DeleteItem");
    match call.send(|| request.clone().send()).await {
        Ok(answer) if answer.attributes.as_ref().is_some_and(|attributes| !attributes.is_empty()) => Ok(Item::Deleted),
        Ok(_) => Ok(Item::None),
        Err(error) if error.is_not_found() => Ok(Item::None),
        Err(error) if error.is_denied() => {
            session.reporter.warning(error.to_string());
            Ok(Item::Denied)
        }
        Err(error) => Err(error.into()),
    }
}
