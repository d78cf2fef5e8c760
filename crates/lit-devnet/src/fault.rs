use std::time::Duration;

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
    /// Shares are valid points, of a signature over something else.
    CorruptShare,
    /// In place of its share the node gives the one of the first message that it signed, if it has signed one.
    ReplayedShare,
    /// Shares are made with those of the epoch before, which do not go with the others'.
    StaleEpoch,
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
