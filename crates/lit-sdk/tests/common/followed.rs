//! The client follows the network, and a test waits for it.

use std::sync::Arc;

use async_trait::async_trait;
use lit_sdk::{
    LitNodeClient,
    transport::{Discovery, DiscoveryError, NetworkView},
};
use tokio::sync::watch;

/// Another discovery, which tells how often the client has begun to wait for news.
pub(crate) struct Followed<D> {
    discovery: D,
    waits: watch::Sender<usize>,
}

impl<D: Discovery> Followed<D> {
    pub(crate) fn new(discovery: D) -> Arc<Self> {
        Arc::new(Self {
            discovery,
            waits: watch::Sender::new(0),
        })
    }

    /// Waits until the client calls nodes with this epoch. It waits for news once it has taken those before.
    pub(crate) async fn epoch(&self, client: &LitNodeClient, epoch: u64) {
        let mut waits = self.waits.subscribe();
        while client.epoch() != epoch {
            waits.changed().await.unwrap();
        }
    }
}

#[async_trait]
impl<D: Discovery> Discovery for Followed<D> {
    async fn network_view(&self) -> Result<NetworkView, DiscoveryError> {
        self.discovery.network_view().await
    }

    async fn changed(&self) {
        self.waits.send_modify(|waits| *waits += 1);
        self.discovery.changed().await;
    }
}
