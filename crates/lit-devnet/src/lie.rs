//! Changes of SIWE messages by [`Fault::WrongSiwe`](crate::Fault::WrongSiwe).

use lit_recap::{ReCap, SiweMessage};
use lit_types::{LitResource, Timestamp};

use crate::SiweChange;

/// The message with one member changed.
pub(super) fn changed(message: &SiweMessage, change: SiweChange) -> String {
    let replace = |old: String, new: &str| message.as_str().replacen(&old, new, 1);
    match change {
        SiweChange::Address => replace(
            message.address().to_string(),
            "0x00000000219ab540356cBB839Cbe05303d7705Fa",
        ),
        SiweChange::Domain => replace(format!("{} wants", message.domain()), "other.example wants"),
        SiweChange::Uri => replace(
            format!("\nURI: {}", message.uri()),
            &format!("\nURI: lit:session:{}", "5a".repeat(32)),
        ),
        SiweChange::ChainId => replace(
            format!("\nChain ID: {}", message.chain_id()),
            &format!("\nChain ID: {}", message.chain_id().wrapping_add(1)),
        ),
        SiweChange::Nonce => replace(
            format!("\nNonce: {}", message.nonce()),
            &format!("\nNonce: 0x{}", "5a".repeat(32)),
        ),
        SiweChange::Expiration => match later(message) {
            Some((old, new)) => replace(
                format!("\nExpiration Time: {old}"),
                &format!("\nExpiration Time: {new}"),
            ),
            None => message.to_string(),
        },
        SiweChange::Grants => widened(message).to_string(),
    }
}

fn later(message: &SiweMessage) -> Option<(Timestamp, Timestamp)> {
    let old = message.expiration_timestamp()?;
    let day = std::time::Duration::from_secs(24 * 60 * 60);
    let new = old.checked_add(day).ok()?;
    Some((old, new))
}

fn widened(message: &SiweMessage) -> SiweMessage {
    let mut more = ReCap::new();
    for resource in [
        LitResource::any_lit_action(),
        LitResource::any_pkp(),
        LitResource::any_access_control_condition(),
    ] {
        more.grant_all(&resource);
    }
    // Replacing a resource keeps the message well-formed.
    more.add_to(message).unwrap_or_else(|_| message.clone())
}
