use std::{fs, path::Path};

use alloy_signer_local::PrivateKeySigner;
use lit_sdk::contracts::NetworkContext;
use serde::Deserialize;

use crate::Failure;

/// The parts of a file of `lit devnet --describe` that matter here.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Description {
    rpc_url: String,
    chain_id: u64,
    funded_private_keys: Vec<String>,
}

impl Description {
    /// Reads a file.
    ///
    /// # Errors
    /// The file is missing or malformed.
    pub fn read(file: impl AsRef<Path>) -> Result<Self, Failure> {
        Ok(serde_json::from_slice(&fs::read(file)?)?)
    }

    /// The chain, and through it the nodes.
    #[must_use]
    pub fn context(&self) -> NetworkContext {
        NetworkContext::custom(self.chain_id, &self.rpc_url)
    }

    /// A wallet with funds.
    ///
    /// # Errors
    /// The network has none, or the key is malformed.
    pub fn owner(&self) -> Result<PrivateKeySigner, Failure> {
        let key = self.funded_private_keys.first();
        Ok(key.ok_or("the network has no funded wallet")?.parse()?)
    }
}
