use async_trait::async_trait;
use lit_types::NodeUrl;
use time::OffsetDateTime;

/// Where a client learns who the nodes are, and that they have changed: a chain, or a configuration.
#[async_trait]
pub trait Discovery: Send + Sync + 'static {
    /// The network as it is now.
    ///
    /// # Errors
    /// Whatever kept it from finding out; a client that is already connected goes on with what it knows, and tries again.
    async fn network_view(&self) -> Result<NetworkView, DiscoveryError>;

    /// Waits until the network may have changed since the last view. Default: for ever.
    async fn changed(&self) {
        std::future::pending::<()>().await;
    }
}

/// Why the nodes could not be found.
pub type DiscoveryError = Box<dyn std::error::Error + Send + Sync>;

/// Who the nodes of a network are, how many have to agree, and since when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NetworkView {
    /// The nodes.
    pub nodes: Vec<NodeUrl>,
    /// How many have to agree.
    pub threshold: usize,
    /// The epoch this is about.
    pub epoch: Epoch,
}

/// A span of time in which the nodes are the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Epoch {
    /// Its number; 0 where there is none, which nodes take for the current one.
    pub number: u64,
    /// When it began, if that is known.
    pub started_at: Option<OffsetDateTime>,
}

impl Epoch {
    /// The number to call nodes with: that of the epoch before during the first 45 seconds, from the third epoch on (wire
    /// protocol specification, section 1.9).
    #[must_use]
    pub fn number_at(&self, now: OffsetDateTime) -> u64 {
        self.started_at.map_or(self.number, |start| {
            lit_contracts::epoch_number_at(self.number, start.unix_timestamp_nanos(), now)
        })
    }
}

/// Nodes that are known beforehand and do not change.
#[derive(Debug, Clone)]
pub(crate) struct FixedNodes(pub(crate) NetworkView);

#[async_trait]
impl Discovery for FixedNodes {
    async fn network_view(&self) -> Result<NetworkView, DiscoveryError> {
        Ok(self.0.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn young_epochs_are_not_told_yet() {
        let start = OffsetDateTime::UNIX_EPOCH;
        let at = |seconds| start + time::Duration::seconds(seconds);
        let epoch = |number| Epoch {
            number,
            started_at: Some(start),
        };
        assert_eq!(
            (epoch(7).number_at(at(44)), epoch(7).number_at(at(45))),
            (6, 7)
        );
        assert_eq!(
            (epoch(3).number_at(at(0)), epoch(2).number_at(at(0))),
            (2, 2)
        );
        assert_eq!(
            Epoch {
                number: 9,
                started_at: None
            }
            .number_at(at(0)),
            9
        );
        // The end of time is no reason to panic.
        let last = time::PrimitiveDateTime::MAX.assume_utc();
        let epoch = Epoch {
            number: 9,
            started_at: Some(last),
        };
        assert_eq!(epoch.number_at(last), 8);
    }
}
