use std::fmt;

use async_trait::async_trait;
use lit_node_transport::Cause;
use serde_json::Value;

/// Attests what a node runs and where.
#[async_trait]
pub trait Attester: fmt::Debug + Send + Sync {
    /// The member `attestation` of a handshake: it contains the challenge, and the address of the node as host and port.
    ///
    /// # Errors
    /// Any cause. The node then answers without an attestation.
    async fn attest(&self, challenge: [u8; 32], address: &str) -> Result<Value, Cause>;
}
