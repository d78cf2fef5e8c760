use lit_types::{AuthSig, NodeUrl, Right, SessionSigs, Timestamp};
use serde::{Deserialize, Serialize};

use crate::{SessionKeyPair, SessionPublicKey};

/// The document that a session key signs for each node.
///
/// It has the session key, the requested rights, the capabilities and the times. Only the last member, the node's address,
/// differs between nodes, so the rest is built once.
#[derive(Clone)]
pub struct SessionTemplate {
    /// The JSON up to the value of `nodeAddress`.
    head: String,
    session_key: String,
}

impl SessionTemplate {
    /// Creates a template. Nodes try the `capabilities` in order: delegations first, the root AuthSig last.
    #[must_use]
    pub fn new(
        session_key: SessionPublicKey,
        requests: &[Right],
        capabilities: &[AuthSig],
        issued_at: &Timestamp,
        expiration: &Timestamp,
    ) -> Self {
        #[derive(Serialize)]
        #[serde(rename_all = "camelCase")]
        struct Head<'a> {
            session_key: &'a str,
            resource_ability_requests: &'a [Right],
            capabilities: &'a [AuthSig],
            issued_at: &'a Timestamp,
            expiration: &'a Timestamp,
        }
        let session_key = session_key.to_string();
        let head = Head {
            session_key: &session_key,
            resource_ability_requests: requests,
            capabilities,
            issued_at,
            expiration,
        };
        #[allow(
            clippy::expect_used,
            reason = "JSON fails only for map keys that are not strings"
        )]
        let mut head = serde_json::to_string(&head).expect("strings and lists of them serialize");
        head.pop();
        head.push_str(r#","nodeAddress":""#);
        Self { head, session_key }
    }

    /// The text to sign for one node.
    #[must_use]
    pub fn text_for(&self, node: &NodeUrl) -> String {
        // JSON escapes no character of a node URL.
        let mut text = String::with_capacity(self.head.len() + node.as_str().len() + 2);
        text.push_str(&self.head);
        text.push_str(node.as_str());
        text.push_str("\"}");
        text
    }

    /// The session signature for one node.
    #[must_use]
    pub fn sign_for(&self, key: &SessionKeyPair, node: &NodeUrl) -> AuthSig {
        let text = self.text_for(node);
        let sig = hex::encode(key.sign(text.as_bytes()));
        AuthSig::session(sig, text, self.session_key.clone())
    }

    /// The session signatures for several nodes, in their order.
    #[must_use]
    pub fn sign_for_all<'a>(
        &self,
        key: &SessionKeyPair,
        nodes: impl IntoIterator<Item = &'a NodeUrl>,
    ) -> SessionSigs {
        nodes
            .into_iter()
            .map(|node| (node.clone(), self.sign_for(key, node)))
            .collect()
    }
}

/// Hides the document, which holds credentials.
impl std::fmt::Debug for SessionTemplate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SessionTemplate")
            .field("session_key", &self.session_key)
            .finish_non_exhaustive()
    }
}

/// A template as a node reads it: six members in any order, others ignored.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ParsedTemplate {
    /// The session public key in hex.
    pub(crate) session_key: String,
    /// The requested rights. Compared as text, so that nothing is normalized away.
    pub(crate) resource_ability_requests: Vec<RawRequest>,
    /// The capabilities: the AuthSigs that authorize the session key.
    pub(crate) capabilities: Vec<AuthSig>,
    /// The issue time.
    pub(crate) issued_at: Timestamp,
    /// The expiration.
    pub(crate) expiration: Timestamp,
    /// The node it is for.
    pub(crate) node_address: String,
}

/// A requested right, unchecked.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct RawRequest {
    /// The resource.
    pub(crate) resource: RawResource,
}

/// A resource, unchecked.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RawResource {
    /// The id.
    pub(crate) resource: String,
    /// The prefix.
    pub(crate) resource_prefix: String,
}
