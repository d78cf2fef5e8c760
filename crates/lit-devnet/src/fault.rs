use std::{
    num::NonZeroU8,
    sync::{PoisonError, RwLock},
    time::Duration,
};

use lit_types::{NodeErrorCode, wire::Endpoint};

/// What is wrong with a node, by order of a test.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// Connections are refused.
    Stopped,
    /// Requests are taken and never answered.
    Hang,
    /// Every answer comes this much later.
    Delay(Duration),
    /// Every request is refused with this code.
    Error(NodeErrorCode),
    /// Every request to this endpoint is refused with this code; the others are answered.
    ErrorAt(Endpoint, NodeErrorCode),
    /// Every answer has status 200 and a body that is not JSON.
    Garbage,
    /// Every answer ends after half its body.
    Truncated,
    /// Messages are signed for a PKP that say something else than they should. The share is a good one, of a signature over the
    /// changed message.
    WrongSiwe(SiweChange),
    /// Shares are valid ones, of a signature over something else; so are signatures of the node's wallet.
    CorruptShare,
    /// In place of its share the node gives the one of the first message that it signed, if it has signed one.
    ReplayedShare,
    /// Shares are made with those of the epoch before, which do not go with the others'.
    StaleEpoch,
}

impl Fault {
    /// Whether the other nodes of the network get no use of the node for requests to this endpoint, and see that. Real nodes
    /// complain of such a node until it is kicked, and only then choose without it; here it counts as kicked at once. A node
    /// that is slow, or lies, is not known to.
    fn is_absent(self, endpoint: Endpoint) -> bool {
        match self {
            Self::Stopped | Self::Hang | Self::Error(_) | Self::Garbage | Self::Truncated => true,
            Self::ErrorAt(at, _) => at == endpoint,
            _ => false,
        }
    }
}

/// What is wrong with each node of a network.
#[derive(Debug)]
pub(crate) struct Faults(RwLock<Vec<Option<Fault>>>);

impl Faults {
    pub(crate) fn none(nodes: usize) -> Self {
        Self(RwLock::new(vec![None; nodes]))
    }

    /// What is wrong with the node with this identifier.
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

    /// The nodes that carry out requests to this endpoint.
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

/// How a node changes a message before it signs it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum SiweChange {
    /// Another wallet signs in.
    Address,
    /// Another domain asks.
    Domain,
    /// Another session key is authorised.
    Uri,
    /// On another chain.
    ChainId,
    /// Another nonce.
    Nonce,
    /// It expires a day later.
    Expiration,
    /// It grants everything on all actions, PKPs and conditions, beside what was asked for.
    Grants,
}

impl SiweChange {
    /// All of them.
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
