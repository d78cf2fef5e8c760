use std::sync::Arc;

use crate::{
    DevnetClock,
    actions::{ActionLimits, ActionNetwork},
    ipfs::Ipfs,
    keys::NetworkKeys,
    log::RequestLog,
};

/// What the nodes of a network have in common.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) keys: NetworkKeys,
    pub(crate) clock: Arc<DevnetClock>,
    pub(crate) limits: ActionLimits,
    pub(crate) log: RequestLog,
    pub(crate) ipfs: Arc<Ipfs>,
    pub(crate) actions: Arc<ActionNetwork>,
    /// Whether requests have to be paid with capacity credits.
    pub(crate) capacity_enforced: bool,
}
