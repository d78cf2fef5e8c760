use std::fmt;

use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{MapAccess, Visitor},
};

use crate::{AuthSig, NodeUrl};

/// One session signature per node, in the order of the nodes: `sessionSigs` in the official client.
///
/// The JSON form is a map from node URL to [`AuthSig`].
#[derive(Clone, PartialEq, Eq, Default)]
pub struct SessionSigs(Vec<(NodeUrl, AuthSig)>);

impl SessionSigs {
    /// The signature for one node.
    ///
    /// # Errors
    /// [`MissingNodeError`] if the map has no signature for this node, such as one that joined later.
    #[doc(alias = "getSessionSigByUrl")]
    pub fn for_node(&self, node: &NodeUrl) -> Result<&AuthSig, MissingNodeError> {
        self.0
            .iter()
            .find_map(|(url, sig)| (url == node).then_some(sig))
            .ok_or_else(|| MissingNodeError { node: node.clone() })
    }

    /// Iterates over nodes and signatures, in order.
    pub fn iter(
        &self,
    ) -> impl ExactSizeIterator<Item = (&NodeUrl, &AuthSig)> + DoubleEndedIterator {
        self.0.iter().map(|(url, sig)| (url, sig))
    }

    /// The number of nodes.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether the map is empty.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl FromIterator<(NodeUrl, AuthSig)> for SessionSigs {
    fn from_iter<I: IntoIterator<Item = (NodeUrl, AuthSig)>>(entries: I) -> Self {
        Self(entries.into_iter().collect())
    }
}

impl fmt::Debug for SessionSigs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

impl Serialize for SessionSigs {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter())
    }
}

impl<'de> Deserialize<'de> for SessionSigs {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Entries;
        impl<'de> Visitor<'de> for Entries {
            type Value = SessionSigs;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a map from node URL to session signature")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut entries: Vec<(NodeUrl, AuthSig)> = Vec::new();
                while let Some((url, sig)) = map.next_entry::<NodeUrl, AuthSig>()? {
                    if entries.iter().any(|(known, _)| *known == url) {
                        return Err(serde::de::Error::custom(format_args!(
                            "{url} appears twice"
                        )));
                    }
                    entries.push((url, sig));
                }
                Ok(SessionSigs(entries))
            }
        }
        deserializer.deserialize_map(Entries)
    }
}

/// A missing session signature. Request new ones if the set of nodes has changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("missing session signature for node {node}; request new ones for the current nodes")]
pub struct MissingNodeError {
    /// The node.
    pub node: NodeUrl,
}
