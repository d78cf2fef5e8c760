use std::{collections::HashSet, fmt};

use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{Error as _, MapAccess, Visitor},
};

use crate::{AuthSig, NodeUrl};

/// The largest number of nodes in the JSON of [`SessionSigs`].
pub const MAX_SESSION_SIGS: usize = 1024;

/// One session signature per node, in the order of the nodes: `sessionSigs` in the official client.
///
/// The JSON form is a map from node URL to [`AuthSig`], of at most [`MAX_SESSION_SIGS`] nodes.
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
                let (mut entries, mut known) = (Vec::new(), HashSet::new());
                while let Some(url) = map.next_key::<NodeUrl>()? {
                    if !known.insert(url.clone()) {
                        return Err(A::Error::custom(format_args!("{url} appears twice")));
                    }
                    if entries.len() == MAX_SESSION_SIGS {
                        return Err(A::Error::custom(format_args!(
                            "session signatures for more than {MAX_SESSION_SIGS} nodes"
                        )));
                    }
                    entries.push((url, map.next_value()?));
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
#[non_exhaustive]
pub struct MissingNodeError {
    /// The node.
    pub node: NodeUrl,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map(urls: impl Iterator<Item = String>) -> String {
        let sig = r#"{"sig":"s","derivedVia":"d","signedMessage":"m","address":"a"}"#;
        let entries: Vec<String> = urls.map(|url| format!("\"{url}\":{sig}")).collect();
        format!("{{{}}}", entries.join(","))
    }

    fn url(number: usize) -> String {
        format!("https://192.0.2.1:{number}")
    }

    #[test]
    fn a_map_has_each_node_once() {
        let sigs: SessionSigs = serde_json::from_str(&map([url(2), url(1)].into_iter())).unwrap();
        let urls: Vec<&str> = sigs.iter().map(|(url, _)| url.as_str()).collect();
        assert_eq!(urls, ["https://192.0.2.1:2", "https://192.0.2.1:1"]);
        // A trailing slash is not part of the URL.
        for doubled in [
            url(2),
            format!("{}/", url(2)),
            "https:\\/\\/192.0.2.1:2".to_owned(),
        ] {
            let json = map([url(2), url(1), doubled].into_iter());
            let error = serde_json::from_str::<SessionSigs>(&json).unwrap_err();
            let text = error.to_string();
            assert!(
                text.starts_with("https://192.0.2.1:2 appears twice"),
                "{text}"
            );
        }
    }

    /// Parsing stops at the first node too many, so it costs no more however long the map is.
    #[test]
    fn a_map_is_bounded() {
        let most = map((0..MAX_SESSION_SIGS).map(url));
        let sigs: SessionSigs = serde_json::from_str(&most).unwrap();
        assert_eq!(sigs.len(), MAX_SESSION_SIGS);
        let long = map((0..30_000).map(url));
        let error = serde_json::from_str::<SessionSigs>(&long).unwrap_err();
        let text = error.to_string();
        assert!(
            text.starts_with("session signatures for more than 1024 nodes"),
            "{text}"
        );
        assert_eq!(error.column(), most.len() + url(MAX_SESSION_SIGS).len() + 2);
    }
}
