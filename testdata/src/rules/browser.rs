//! What becomes of the results of browser helpers when a wallet is asked only if need be.

use alloy_primitives::Address;
use lit_recap::SiweMessage;
use serde_json::{Value, json};

use crate::case::Case;

/// The AuthSig of an EVM wallet, with its address in the form of EIP-55, after at most one prompt: one less than the official
/// client needs.
pub(super) fn asked_once(official: Option<Value>) -> Option<Value> {
    let mut official = official?;
    let prompts = official.get_mut("prompts")?.as_array_mut()?;
    prompts.pop();
    if prompts.is_empty() {
        return Some(official);
    }
    let address = official["authSig"]["address"].as_str()?.to_owned();
    let checksummed = address.parse::<Address>().ok()?.to_checksum(None);
    let stored = official["stored"].as_str()?.replace(&address, &checksummed);
    official["stored"] = stored.into();
    official["authSig"]["address"] = checksummed.into();
    Some(official)
}

/// Whether a kept text has expired or is for other resources, read off its fields.
pub(super) fn read_as_fields(case: &Case) -> Option<Value> {
    let now = case.text_at("/now")?.parse::<lit_types::Timestamp>().ok()?;
    let Ok(message) = case.text_at("/signedMessage")?.parse::<SiweMessage>() else {
        return Some(json!({ "expired": null, "mustResign": true }));
    };
    let expired = message.expiration().is_some_and(|end| end < now.at());
    let wanted = case.at("/resources").and_then(Value::as_array);
    let wanted = wanted.into_iter().flatten().filter_map(Value::as_str);
    let other = !message.resources().eq(wanted);
    Some(json!({ "expired": expired, "mustResign": expired || other }))
}
