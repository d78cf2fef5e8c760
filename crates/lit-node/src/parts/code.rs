use std::fmt::Debug;

use async_trait::async_trait;

/// Finds the code of Lit Actions: IPFS.
#[async_trait]
pub trait CodeStore: Debug + Send + Sync + 'static {
    /// The source code with this CID; `None` if it is unknown.
    ///
    /// The caller trusts that the code has this CID.
    async fn code(&self, cid: &str) -> Option<String>;
}
