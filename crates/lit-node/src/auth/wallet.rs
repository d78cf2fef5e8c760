use lit_session_crypto::verify_login;
use lit_types::{AuthSig, strict_json};
use time::OffsetDateTime;

use super::AuthRefusal;

/// Verifies a SIWE message that a wallet signed to log in. Contracts and wallets of other chains cannot, as on Lit's nodes.
pub(super) fn verify(token: &str, now: OffsetDateTime) -> Result<(String, String), AuthRefusal> {
    let auth_sig: AuthSig =
        strict_json::from_str(token).map_err(|error| AuthRefusal::Json(error.into()))?;
    verify_login(&auth_sig, now)?;
    // As written: ids on chain depend on the case of the address.
    Ok((auth_sig.address, "lit".to_owned()))
}
