use lit_types::{AuthSig, LitResource, NodeUrl, ResourcePrefix, Right, SessionSigs, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{SessionKeyPair, SessionPublicKey};

/// The document a session key signs, once per node: which key, what it asks for, by which capabilities, from when until
/// when. All but the node's address, the last member, is the same for every node and is built once.
#[derive(Clone)]
pub struct SessionTemplate {
    /// The JSON up to the value of `nodeAddress`.
    head: String,
    session_key: String,
}

impl SessionTemplate {
    /// A template. `capabilities` in the order in which nodes try them: delegations first, the root AuthSig last.
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

    /// The text to be signed for one node.
    #[must_use]
    pub fn text_for(&self, node: &NodeUrl) -> String {
        // A node URL has no character that JSON would escape.
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

/// The document holds credentials, so it is not shown.
impl std::fmt::Debug for SessionTemplate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SessionTemplate")
            .field("session_key", &self.session_key)
            .finish_non_exhaustive()
    }
}

/// A template as a node reads it: all six members, others ignored, order irrelevant.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ParsedTemplate {
    /// The session public key in hex.
    pub(crate) session_key: String,
    /// What the session asks for. Compared as text, so that nothing is normalised away.
    pub(crate) resource_ability_requests: Vec<RawRequest>,
    /// The AuthSigs the session rests on.
    pub(crate) capabilities: Vec<AuthSig>,
    /// When the signature was made.
    pub(crate) issued_at: Timestamp,
    /// Until when it is valid.
    pub(crate) expiration: Timestamp,
    /// The node it is for.
    pub(crate) node_address: String,
}

/// A resource ability request, unchecked.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct RawRequest {
    /// The resource.
    pub(crate) resource: RawResource,
    /// The ability, which nodes do not read.
    #[serde(default)]
    ability: Value,
}

impl RawRequest {
    /// The right, if resource and ability are known.
    pub(crate) fn right(&self) -> Option<Right> {
        let prefix = self.resource.resource_prefix.as_str();
        let prefix = ResourcePrefix::ALL
            .into_iter()
            .find(|known| known.as_str() == prefix)?;
        let resource = LitResource::new(prefix, &self.resource.resource).ok()?;
        Right::new(resource, self.ability.as_str()?.parse().ok()?).ok()
    }
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
