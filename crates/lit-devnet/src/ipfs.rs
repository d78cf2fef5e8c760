//! The content that the nodes find by CID.

use std::{
    collections::HashMap,
    sync::{PoisonError, RwLock},
};

use lit_session_crypto::ipfs_cid_v0;

/// Source of actions by CID.
#[derive(Debug, Default)]
pub(crate) struct Ipfs(RwLock<HashMap<String, String>>);

impl Ipfs {
    /// Stores a source and gives its CID.
    pub(crate) fn put(&self, code: String) -> String {
        let cid = ipfs_cid_v0(code.as_bytes());
        self.0
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(cid.clone(), code);
        cid
    }

    pub(crate) fn get(&self, cid: &str) -> Option<String> {
        self.0
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .get(cid)
            .cloned()
    }
}
