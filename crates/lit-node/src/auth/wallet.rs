use alloy_primitives::Address;
use lit_recap::SiweMessage;
use lit_session_crypto::{CapabilityRefusal, check_proof};
use lit_types::{
    AuthSig, AuthSigKind,
    constants::{CAPACITY_DELEGATION_URI, SESSION_KEY_URI_PREFIX},
};
use time::OffsetDateTime;

use super::AuthRefusal;

/// Verifies a SIWE message that a wallet signed to log in. The URI of a message signed for a session or a delegation says so.
pub(super) fn verify(token: &str, now: OffsetDateTime) -> Result<(String, String), AuthRefusal> {
    let auth_sig: AuthSig =
        serde_json::from_str(token).map_err(|error| AuthRefusal::Json(error.into()))?;
    verify_login(&auth_sig, now)?;
    // As written: ids on chain depend on the case of the address.
    Ok((auth_sig.address, "lit".to_owned()))
}

/// The wallet that logged in with this AuthSig.
pub(crate) fn verify_login(
    auth_sig: &AuthSig,
    now: OffsetDateTime,
) -> Result<Address, AuthRefusal> {
    if auth_sig.kind() != AuthSigKind::Wallet {
        return Err(AuthRefusal::NotAWallet);
    }
    check_proof(auth_sig, now)?;
    let message: SiweMessage = auth_sig
        .signed_message
        .parse()
        .map_err(CapabilityRefusal::Siwe)?;
    let not_to_log_in = [SESSION_KEY_URI_PREFIX, CAPACITY_DELEGATION_URI];
    if not_to_log_in
        .iter()
        .any(|prefix| message.uri().starts_with(prefix))
    {
        return Err(AuthRefusal::SiweUri);
    }
    Ok(message.address())
}
