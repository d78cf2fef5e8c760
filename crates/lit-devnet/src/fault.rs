use std::{
    num::NonZeroU8,
    sync::{PoisonError, RwLock},
    time::Duration,
};

use lit_types::{NodeErrorCode, wire::Endpoint};

/// A fault that a test puts on a node, by [`DevnetNode::fail`](crate::DevnetNode::fail).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// Connections are refused.
    Stopped,
    /// Requests are accepted and never answered.
    Hang,
    /// Every response is delayed by this time.
    Delay(Duration),
    /// Every request fails with this code.
    Error(NodeErrorCode),
    /// Every request to this endpoint fails with this code; other requests are answered.
    ErrorAt(Endpoint, NodeErrorCode),
    /// Every response has status 200 and a body that is not JSON.
    Garbage,
    /// Every response is cut off after half its body.
    Truncated,
    /// The node changes the SIWE message of a PKP session before it signs it. The share is valid for the changed message.
    WrongSiwe(SiweChange),
    /// Signature shares, and signatures of the node's wallet, are made over another message.
    CorruptShare,
    /// The node returns the share of the first message that it signed, instead of a new one.
    ReplayedShare,
    /// Shares are made with the key shares of the previous epoch, which do not combine with those of other nodes.
    StaleEpoch,
}

impl Fault {
    /// Whether the other nodes notice that the node does not serve this endpoint. Real nodes vote to kick such a node, and then sign
    /// without it; here it counts as kicked at once. Nodes that hang, are slow or lie go unnoticed.
    fn is_absent(self, endpoint: Endpoint) -> bool {
        match self {
            Self::Stopped | Self::Error(_) | Self::Garbage | Self::Truncated => true,
            Self::ErrorAt(at, _) => at == endpoint,
            _ => false,
        }
    }
}

/// The faults of all nodes of a network.
#[derive(Debug)]
pub(crate) struct Faults(RwLock<Vec<Option<Fault>>>);

impl Faults {
    pub(crate) fn none(nodes: usize) -> Self {
        Self(RwLock::new(vec![None; nodes]))
    }

    /// The fault of the node with this identifier.
    pub(crate) fn of(&self, node: NonZeroU8) -> Option<Fault> {
        let faults = self.0.read().unwrap_or_else(PoisonError::into_inner);
        faults.get(place(node)).copied().flatten()
    }

    pub(crate) fn set(&self, node: NonZeroU8, fault: Option<Fault>) {
        let mut faults = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = faults.get_mut(place(node)) {
            *known = fault;
        }
    }

    /// The nodes that serve this endpoint.
    pub(crate) fn present(&self, endpoint: Endpoint) -> Vec<NonZeroU8> {
        let faults = self.0.read().unwrap_or_else(PoisonError::into_inner);
        (1..=u8::MAX)
            .filter_map(NonZeroU8::new)
            .zip(faults.iter())
            .filter(|(_, fault)| !fault.is_some_and(|fault| fault.is_absent(endpoint)))
            .map(|(node, _)| node)
            .collect()
    }
}

fn place(node: NonZeroU8) -> usize {
    usize::from(node.get()) - 1
}

/// The member that a node changes in a SIWE message before it signs it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum SiweChange {
    /// The address: another wallet.
    Address,
    /// The domain.
    Domain,
    /// The URI: another session key.
    Uri,
    /// The chain id.
    ChainId,
    /// The nonce.
    Nonce,
    /// The expiration time: a day later.
    Expiration,
    /// The granted rights: additionally everything on all actions, PKPs and conditions.
    Grants,
}

impl SiweChange {
    /// All changes.
    pub const ALL: [Self; 7] = [
        Self::Address,
        Self::Domain,
        Self::Uri,
        Self::ChainId,
        Self::Nonce,
        Self::Expiration,
        Self::Grants,
    ];
}
