use alloy_primitives::Address;
use lit_recap::{ExtractError, NotaBene, RECAP_URN_PREFIX, ReCap, SiweBuilder, SiweMessage};
use lit_session_crypto::SessionPublicKey;
use lit_types::{
    AuthContext, LitAbility, NodeErrorCode, NodeErrorKind,
    constants::{
        CLOCK_TOLERANCE, MAX_SESSION_LIFETIME, RESOLVED_AUTH_CONTEXT_PREFIX, SESSION_KEY_URI_PREFIX,
    },
};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use super::Refusal;

/// Reads a message that is to be signed for a PKP. How a session came to be is for nodes to say, not for the message.
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

/// That the message authorises the session key of the request.
pub(super) fn check_uri(message: &SiweMessage, session_key: &str) -> Result<(), Refusal> {
    let key = session_key.strip_prefix(SESSION_KEY_URI_PREFIX);
    if key.is_none_or(|key| key.parse::<SessionPublicKey>().is_err()) {
        return Err(bad_message("sessionKey is no URI of a session key"));
    }
    if message.uri() != session_key {
        return Err(bad_message("the URI of the message is not the session key"));
    }
    Ok(())
}

/// That the message is of this time, and not for too long.
pub(super) fn check_times(message: &SiweMessage, now: OffsetDateTime) -> Result<(), Refusal> {
    let later = |at: OffsetDateTime, duration| {
        at.saturating_add(time::Duration::try_from(duration).unwrap_or(time::Duration::MAX))
    };
    let issued_at = message.issued_at();
    if issued_at > later(now, CLOCK_TOLERANCE) {
        return Err(bad_message("the message was issued in the future"));
    }
    let Some(expiration) = message.expiration() else {
        return Err(bad_message("the message has no expiration time"));
    };
    if expiration < issued_at {
        let code = NodeErrorCode::NodeExpWrongOrTooLarge;
        return Err(Refusal::coded(
            code,
            "the message expires before it is issued",
        ));
    }
    if later(expiration, CLOCK_TOLERANCE) < now {
        return Err(bad_message("the message has expired"));
    }
    if expiration > later(issued_at, MAX_SESSION_LIFETIME) {
        return Err(bad_message("the message is valid for more than 30 days"));
    }
    Ok(())
}

/// What the message grants: the ReCap it ends with. Nodes put one ReCap in the place of all resources, so there may be no
/// others.
pub(super) fn granted(message: &SiweMessage) -> Result<ReCap, Refusal> {
    let recaps = message
        .resources()
        .filter(|resource| resource.starts_with(RECAP_URN_PREFIX))
        .filter_map(|resource| resource.parse::<ReCap>().ok());
    for recap in recaps {
        let of_nodes = |key: &String| key.starts_with(RESOLVED_AUTH_CONTEXT_PREFIX);
        if recap.attenuations().keys().any(of_nodes) {
            return Err(brings_auth_context());
        }
    }
    let recap = ReCap::extract(message).map_err(|error| match error {
        ExtractError::StatementMismatch => {
            Refusal::coded(NodeErrorCode::NodeSIWECapabilityInvalid, error)
        }
        _ => Refusal::uncoded(500, NodeErrorKind::Conversion, error),
    })?;
    if message.resources().len() > 1 {
        let code = NodeErrorCode::NodeSIWECapabilityInvalid;
        return Err(Refusal::coded(
            code,
            "the message has resources beside its ReCap",
        ));
    }
    Ok(recap)
}

/// The message that is signed: of the PKP, issued when the block of its nonce was made, and with the auth context in its ReCap
/// (wire protocol specification, section 3.5). What it granted before stays, and so does its statement, which goes on.
pub(super) fn resolve(
    message: &SiweMessage,
    mut granted: ReCap,
    pkp: Address,
    issued_at: OffsetDateTime,
    context: &AuthContext,
) -> Result<SiweMessage, Refusal> {
    let mut note = NotaBene::new();
    let context = serde_json::to_value(context).map_err(bad_message)?;
    note.insert("auth_context".to_owned(), context);
    granted.attenuate(
        format!("{RESOLVED_AUTH_CONTEXT_PREFIX}://*"),
        LitAbility::RateLimitIncreaseAuth.into(),
        note,
    );
    let issued_at = issued_at.format(&Rfc3339).map_err(bad_message)?;
    let mut resolved = SiweBuilder::new(
        pkp,
        message.uri(),
        message.nonce().parse().map_err(bad_message)?,
        issued_at.parse().map_err(bad_message)?,
    )
    .domain(message.domain())
    .chain_id(message.chain_id())
    .statement(message.statement().unwrap_or_default())
    .recap(granted);
    if let Some(expiration) = message.expiration_timestamp() {
        resolved = resolved.expiration(expiration);
    }
    if let Some(not_before) = message.not_before() {
        resolved = resolved.not_before(not_before.try_into().map_err(bad_message)?);
    }
    if let Some(id) = message.request_id() {
        resolved = resolved.request_id(id);
    }
    resolved.build().map_err(bad_message)
}

pub(super) fn bad_message(reason: impl std::fmt::Display) -> Refusal {
    Refusal::coded(NodeErrorCode::NodeSIWEMessageError, reason)
}

fn brings_auth_context() -> Refusal {
    let code = NodeErrorCode::NodeInvalidAuthContextResource;
    Refusal::coded(
        code,
        "the message brings an auth context, which nodes make themselves",
    )
}
