use alloy_primitives::{B256, keccak256};

/// The id of a key that a user can claim: keccak256 of `<user>:<app>`.
///
/// Inside a Lit Action (`for_action`) the app is the CID of the action, and comes first.
///
/// For logins this is the id of the auth method.
#[doc(alias = "computeHDKeyId")]
#[must_use]
pub fn hd_key_id(user_id: &str, app_id: &str, for_action: bool) -> B256 {
    let (first, second) = if for_action {
        (app_id, user_id)
    } else {
        (user_id, app_id)
    };
    keccak256(format!("{first}:{second}"))
}
