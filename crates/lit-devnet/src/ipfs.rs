//! Content that nodes look up by CID.

use std::{
    collections::HashMap,
    sync::{PoisonError, RwLock},
};

use alloy_primitives::Bytes;
use async_trait::async_trait;
use lit_node::{CodeError, CodeStore};
use lit_types::ActionCid;

/// The limit of all uploads together, in bytes.
#[cfg(feature = "http")]
const MAX_UPLOADED: usize = 256 * 1024 * 1024;
/// The overhead counted for each entry, in bytes.
#[cfg(feature = "http")]
const ENTRY: usize = 256;

/// Source code of actions, by CID.
#[derive(Debug, Default)]
pub(crate) struct Ipfs(RwLock<Contents>);

#[derive(Debug, Default)]
struct Contents {
    sources: HashMap<String, String>,
    /// The size of uploads over HTTP so far, in bytes.
    uploaded: usize,
    /// The CIDs of what was stored since the changes were taken; `None` before that.
    changed: Option<Vec<String>>,
}

impl Contents {
    fn insert(&mut self, cid: &str, code: String) {
        let old = self.sources.insert(cid.to_owned(), code);
        if let (None, Some(changed)) = (old, &mut self.changed) {
            changed.push(cid.to_owned());
        }
    }
}

impl Ipfs {
    /// Stores source code and returns its CID.
    pub(crate) fn put(&self, code: String) -> String {
        let cid = ActionCid::of_code(code.as_bytes()).to_string();
        let mut contents = self.0.write().unwrap_or_else(PoisonError::into_inner);
        contents.insert(&cid, code);
        cid
    }

    /// Stores uploaded source code under its CID. Returns false if the space is used up; nothing is evicted.
    #[cfg(feature = "http")]
    pub(crate) fn upload(&self, cid: &str, code: String) -> bool {
        let mut contents = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if contents.sources.contains_key(cid) {
            return true;
        }
        let uploaded = contents.uploaded + ENTRY + code.len();
        if uploaded > MAX_UPLOADED {
            return false;
        }
        contents.uploaded = uploaded;
        contents.insert(cid, code);
        true
    }

    /// Adds source code that was saved earlier. Bytes that are not UTF-8 are left out.
    pub(crate) fn restore(&self, saved: Vec<Bytes>, uploaded: u64) {
        for code in saved {
            if let Ok(code) = String::from_utf8(code.into()) {
                self.put(code);
            }
        }
        let mut contents = self.0.write().unwrap_or_else(PoisonError::into_inner);
        contents.uploaded = usize::try_from(uploaded).unwrap_or(usize::MAX);
    }

    /// The source code stored since the last call, and the size of all uploads. The first call returns everything.
    pub(crate) fn take_changes(&self) -> (Vec<String>, usize) {
        let mut contents = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let code = match contents.changed.replace(Vec::new()) {
            None => contents.sources.values().cloned().collect(),
            Some(changed) => {
                let code = changed.iter().filter_map(|cid| contents.sources.get(cid));
                code.cloned().collect()
            }
        };
        (code, contents.uploaded)
    }

    /// Makes the next changes everything.
    pub(crate) fn forget_changes(&self) {
        let mut contents = self.0.write().unwrap_or_else(PoisonError::into_inner);
        contents.changed = None;
    }

    pub(crate) fn get(&self, cid: &str) -> Option<String> {
        let contents = self.0.read().unwrap_or_else(PoisonError::into_inner);
        contents.sources.get(cid).cloned()
    }
}

#[async_trait]
impl CodeStore for Ipfs {
    async fn code(&self, cid: &str) -> Result<Option<String>, CodeError> {
        Ok(self.get(cid))
    }
}

#[cfg(all(test, feature = "http"))]
mod tests {
    use super::*;

    #[test]
    fn uploads_are_limited_in_all() {
        let ipfs = Ipfs::default();
        let kept = ipfs.put("kept".to_owned());
        let large = "x".repeat(64 * 1024 * 1024 - ENTRY);
        for cid in ["a", "b", "c", "d", "a"] {
            assert!(ipfs.upload(cid, large.clone()), "{cid}");
        }
        assert!(!ipfs.upload("e", String::new()));
        assert!(ipfs.upload(&kept, "kept".to_owned()));
        assert!(ipfs.get("e").is_none() && ipfs.get("a").is_some());
        let own = ipfs.put("own".to_owned());
        assert_eq!(ipfs.get(&own).as_deref(), Some("own"));
        assert_eq!(ipfs.get(&kept).as_deref(), Some("kept"));
    }
}
