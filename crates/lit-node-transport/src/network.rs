use std::sync::Arc;

use async_trait::async_trait;
use lit_types::{Clock, LitNetwork, NodeUrl, NodeUrlError, SwitchedOff, epoch_number_at};
use time::OffsetDateTime;

use crate::NodeTransport;

/// A Lit network that a client can connect to: an embedded one, a list of nodes, or one with its nodes registered on chain.
///
/// ```
/// use lit_node_transport::{Network, NodeList};
///
/// let nodes = NodeList::new("https://a.example:443,https://b.example:443", 2)?;
/// assert!(nodes.transport().is_none());
/// # Ok::<(), lit_node_transport::InvalidNodeList>(())
/// ```
pub trait Network: Send + Sync {
    /// Finds the nodes, the threshold and the epoch, and follows their changes.
    fn discovery(&self) -> Arc<dyn Discovery>;

    /// The network it is. Default: [`LitNetwork::Custom`].
    fn kind(&self) -> LitNetwork {
        LitNetwork::Custom
    }

    /// Whether the nodes of this network were switched off, so that clients do not try to connect. Default: `None`.
    fn switched_off(&self) -> Option<SwitchedOff> {
        None
    }

    /// How requests reach the nodes. Default: none, and the client uses HTTP.
    fn transport(&self) -> Option<Arc<dyn NodeTransport>> {
        None
    }

    /// The clock that client and network share. Default: none, and the client uses that of the operating system.
    fn clock(&self) -> Option<Arc<dyn Clock>> {
        None
    }
}

/// A discovery alone is a custom network over HTTP.
impl<D: Discovery> Network for Arc<D> {
    fn discovery(&self) -> Arc<dyn Discovery> {
        Arc::clone(self) as Arc<dyn Discovery>
    }
}

/// Finds the nodes of a network, and notices changes.
#[async_trait]
pub trait Discovery: Send + Sync + 'static {
    /// The network as it is now.
    ///
    /// # Errors
    /// Any cause. A client that is already connected keeps what it knows and tries again.
    async fn network_view(&self) -> Result<NetworkView, DiscoveryError>;

    /// Waits until the network may have changed since the last view. Default: forever.
    async fn changed(&self) {
        std::future::pending::<()>().await;
    }
}

/// Why the nodes could not be found.
pub type DiscoveryError = Box<dyn std::error::Error + Send + Sync>;

/// The nodes of a network, its threshold and its epoch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NetworkView {
    /// The nodes.
    pub nodes: Vec<NodeUrl>,
    /// How many nodes must agree.
    pub threshold: usize,
    /// The current epoch.
    pub epoch: Epoch,
}

/// A period in which the set of nodes does not change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Epoch {
    /// The number. 0 stands for unknown, which nodes take for the current epoch.
    pub number: u64,
    /// When it began, if known.
    pub started_at: Option<OffsetDateTime>,
}

impl Epoch {
    /// The number to call nodes with: the previous one in the first 45 seconds of every epoch from the third
    /// ([`lit_types::epoch_number_at`]).
    #[must_use]
    pub fn number_at(&self, now: OffsetDateTime) -> u64 {
        self.started_at.map_or(self.number, |start| {
            epoch_number_at(self.number, start.unix_timestamp_nanos(), now)
        })
    }
}

/// A fixed list of nodes, reached over HTTP.
///
/// The operator of the network publishes the nodes and the threshold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NodeList(NetworkView);

impl NodeList {
    /// Parses a list of URLs, separated by commas or white space.
    ///
    /// # Errors
    /// [`InvalidNodeList`] for a malformed URL, an empty list, or a threshold that the nodes cannot reach.
    pub fn new(nodes: &str, threshold: usize) -> Result<Self, InvalidNodeList> {
        let urls = nodes.split([',', ' ', '\n', '\t', '\r']);
        let urls = urls.filter(|url| !url.is_empty()).map(|url| {
            url.parse().map_err(|source| InvalidNodeList::Url {
                url: url.chars().take(200).collect(),
                source,
            })
        });
        let urls = urls.collect::<Result<Vec<NodeUrl>, _>>()?;
        match urls.len() {
            0 => Err(InvalidNodeList::Empty),
            nodes if threshold == 0 || threshold > nodes => {
                Err(InvalidNodeList::Threshold { threshold, nodes })
            }
            _ => Ok(Self::from_urls(urls, threshold)),
        }
    }

    /// A list of these nodes. `threshold` of them must agree. A client that connects checks that they can.
    #[must_use]
    pub fn from_urls(nodes: impl IntoIterator<Item = NodeUrl>, threshold: usize) -> Self {
        Self(NetworkView {
            nodes: nodes.into_iter().collect(),
            threshold,
            epoch: Epoch::default(),
        })
    }

    /// The nodes.
    #[must_use]
    pub fn nodes(&self) -> &[NodeUrl] {
        &self.0.nodes
    }

    /// How many nodes must agree.
    #[must_use]
    pub const fn threshold(&self) -> usize {
        self.0.threshold
    }
}

impl Network for NodeList {
    fn discovery(&self) -> Arc<dyn Discovery> {
        Arc::new(self.clone())
    }
}

#[async_trait]
impl Discovery for NodeList {
    async fn network_view(&self) -> Result<NetworkView, DiscoveryError> {
        Ok(self.0.clone())
    }
}

/// Why a list of nodes is invalid.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidNodeList {
    /// A URL is malformed.
    #[error("invalid node URL {url:?}")]
    Url {
        /// The text, at most 200 characters of it.
        url: String,
        /// The cause.
        source: NodeUrlError,
    },
    /// The list is empty.
    #[error("the list of nodes is empty")]
    Empty,
    /// The threshold is 0, or there are fewer nodes.
    #[error("invalid threshold {threshold} for {nodes} nodes: must be from 1 to {nodes}")]
    Threshold {
        /// The threshold.
        threshold: usize,
        /// How many nodes there are.
        nodes: usize,
    },
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "these are tests")]
mod tests {
    use super::*;

    #[test]
    fn clients_use_the_previous_epoch_for_45_seconds() {
        let start = OffsetDateTime::UNIX_EPOCH;
        let at = |seconds| start + time::Duration::seconds(seconds);
        let epoch = |number| Epoch {
            number,
            started_at: Some(start),
        };
        let numbers = (epoch(7).number_at(at(44)), epoch(7).number_at(at(45)));
        assert_eq!(numbers, (6, 7));
        let first = (epoch(3).number_at(at(0)), epoch(2).number_at(at(0)));
        assert_eq!(first, (2, 2));
        let unknown = Epoch {
            number: 9,
            started_at: None,
        };
        assert_eq!(unknown.number_at(at(0)), 9);
        // The last representable time does not panic.
        let last = time::PrimitiveDateTime::MAX.assume_utc();
        let epoch = Epoch {
            number: 9,
            started_at: Some(last),
        };
        assert_eq!(epoch.number_at(last), 8);
    }

    #[test]
    fn node_lists_are_parsed_from_text() {
        let list = NodeList::new("http://127.0.0.1:7470, https://a.example:443\n", 2).unwrap();
        let urls: Vec<NodeUrl> = ["http://127.0.0.1:7470", "https://a.example:443"]
            .map(|url| url.parse().unwrap())
            .into();
        assert_eq!((list.nodes(), list.threshold()), (&urls[..], 2));
        let error = NodeList::new("http://127.0.0.1:7470,nonsense", 2).unwrap_err();
        let expected = InvalidNodeList::Url {
            url: "nonsense".to_owned(),
            source: "nonsense".parse::<NodeUrl>().unwrap_err(),
        };
        assert_eq!(error, expected);
        assert_eq!(NodeList::new(" ,\n", 2), Err(InvalidNodeList::Empty));
        for threshold in [0, 2] {
            let nodes = 1;
            assert_eq!(
                NodeList::new("http://127.0.0.1:7470", threshold),
                Err(InvalidNodeList::Threshold { threshold, nodes })
            );
        }
    }
}
