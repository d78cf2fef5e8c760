use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock},
};

use lit_session_crypto::ipfs_cid_v0;

use crate::{DevnetClock, actions::ActionLimits, keys::NetworkKeys, log::RequestLog};

/// What the nodes of a network have in common.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) keys: NetworkKeys,
    pub(crate) clock: Arc<DevnetClock>,
    pub(crate) limits: ActionLimits,
    pub(crate) log: RequestLog,
    pub(crate) ipfs: RwLock<HashMap<String, String>>,
    /// Whether requests have to be paid with capacity credits.
    pub(crate) capacity_enforced: bool,
}

impl Shared {
    pub(crate) fn put_ipfs(&self, code: String) -> String {
        let cid = ipfs_cid_v0(code.as_bytes());
        self.ipfs
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(cid.clone(), code);
        cid
    }
}
