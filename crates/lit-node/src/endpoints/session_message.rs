use alloy_primitives::Address;
use lit_recap::SiweMessage;
use lit_session_crypto::{SessionPublicKey, rewrite_for_pkp};
use lit_types::{
    AuthContext, NodeErrorCode, NodeErrorKind,
    constants::{RESOLVED_AUTH_CONTEXT_PREFIX, SESSION_KEY_URI_PREFIX},
};
use time::OffsetDateTime;

use crate::refusal::Refusal;

/// Parses a message that a PKP is to sign. It must not contain an auth context, which only nodes may add.
pub(super) fn parse(text: &str) -> Result<SiweMessage, Refusal> {
    let message: SiweMessage = text.parse().map_err(bad_message)?;
    if message
        .statement()
        .is_some_and(|text| text.contains(RESOLVED_AUTH_CONTEXT_PREFIX))
    {
        return Err(brings_auth_context());
    }
    Ok(message)
}

/// Checks that the message authorizes the session key of the request.
pub(super) fn check_uri(message: &SiweMessage, session_key: &str) -> Result<(), Refusal> {
    let key = session_key.strip_prefix(SESSION_KEY_URI_PREFIX);
    if key.is_none_or(|key| key.parse::<SessionPublicKey>().is_err()) {
        return Err(bad_message(
            "malformed sessionKey: expected the URI of a session key",
        ));
    }
    if message.uri() != session_key {
        return Err(bad_message("the URI of the message is not the session key"));
    }
    Ok(())
}

/// Rewrites the message for the PKP: with its address, issued at the time of the nonce's block, and with the auth context in the
/// ReCap.
pub(super) fn resolve(
    message: &SiweMessage,
    pkp: Address,
    issued_at: OffsetDateTime,
    context: &AuthContext,
) -> Result<SiweMessage, Refusal> {
    rewrite_for_pkp(message, pkp, issued_at, context).map_err(|error| {
        match error.node_error_code() {
            Some(code) => Refusal::coded(code, error),
            None => Refusal::uncoded(500, NodeErrorKind::Conversion, error),
        }
    })
}

pub(super) fn bad_message(reason: impl std::fmt::Display) -> Refusal {
    Refusal::coded(NodeErrorCode::NodeSIWEMessageError, reason)
}

fn brings_auth_context() -> Refusal {
    let code = NodeErrorCode::NodeInvalidAuthContextResource;
    Refusal::coded(
        code,
        "the message contains a resolved auth context, which only nodes may add",
    )
}
