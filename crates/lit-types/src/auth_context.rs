use serde::{Deserialize, Serialize};

use crate::AuthMethodNumber;

/// How the holder of a session was authorized.
///
/// Nodes resolve it when they sign for a PKP. A Lit Action sees it as `Lit.Auth`, and nodes check permissions with it.
///
/// Members are written in the order of their names, as the canonical JSON of a ReCap has them. Nodes of 2024 left some
/// members out and had an `expiration` in each method; both are read, the latter is dropped.
///
/// ```
/// use lit_types::AuthContext;
///
/// let of_2024 = r#"{"actionIpfsIds":["Qm"],"authMethodContexts":[],"authSigAddress":null,"resources":[]}"#;
/// let context: AuthContext = serde_json::from_str(of_2024)?;
/// assert_eq!(context.action_ipfs_ids, ["Qm"]);
/// assert!(serde_json::to_string(&context)?.starts_with(r#"{"actionIpfsIdStack":[],"actionIpfsIds":["Qm"],"#));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AuthContext {
    /// CIDs of the Lit Actions that authorized the session, the last one innermost.
    #[serde(default)]
    pub action_ipfs_id_stack: Vec<String>,
    /// The same CIDs as nodes of 2024 wrote them; empty since.
    #[serde(default)]
    pub action_ipfs_ids: Vec<String>,
    /// The verified auth methods.
    #[serde(default)]
    pub auth_method_contexts: Vec<AuthMethodContext>,
    /// The wallet that authorized the session, if one did.
    #[serde(default)]
    pub auth_sig_address: Option<String>,
    /// The whole response of the Lit Action that authorized the session, or an empty string.
    #[serde(default)]
    pub custom_auth_resource: String,
    /// Always empty.
    #[serde(default)]
    pub resources: Vec<String>,
}

/// A user as an auth method identifies them.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AuthMethodContext {
    /// The app the user logged in to; `lit` for wallets and WebAuthn.
    pub app_id: String,
    /// The type of the method.
    pub auth_method_type: AuthMethodNumber,
    /// Whether the method was used to sign a session key.
    pub used_for_sign_session_key_request: bool,
    /// The user: an address, a credential id, a subject.
    pub user_id: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An auth context as nodes write it.
    #[test]
    fn members_are_sorted() {
        let json = concat!(
            r#"{"actionIpfsIdStack":["Qm"],"actionIpfsIds":[],"authMethodContexts":[{"appId":"lit","authMethodType":1,"#,
            r#""usedForSignSessionKeyRequest":true,"userId":"0xabc"}],"authSigAddress":null,"#,
            r#""customAuthResource":"true","resources":[]}"#
        );
        let context: AuthContext = serde_json::from_str(json).unwrap();
        assert_eq!(serde_json::to_string(&context).unwrap(), json);
    }

    #[test]
    fn contexts_of_2024() {
        let json = concat!(
            r#"{"actionIpfsIds":[],"authMethodContexts":[{"appId":"lit","authMethodType":1,"expiration":1714097386,"#,
            r#""usedForSignSessionKeyRequest":true,"userId":"0xabc"}],"authSigAddress":null,"resources":[]}"#
        );
        let context: AuthContext = serde_json::from_str(json).unwrap();
        assert_eq!(context.auth_method_contexts[0].user_id, "0xabc");
        assert_eq!(context.custom_auth_resource, "");
    }
}
