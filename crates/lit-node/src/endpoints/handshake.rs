use lit_types::{
    NodeErrorCode,
    wire::{HandshakeRequest, HandshakeResponse},
};

use serde_json::Value;

use crate::{Node, Request, json::to_json, refusal::Refusal};

impl Node {
    /// Answers with the keys, the attestation and the latest block hash of the node.
    pub(crate) async fn handshake(&self, request: &Request) -> Result<(u16, Vec<u8>), Refusal> {
        if request.correlation_id().is_none() {
            let code = NodeErrorCode::CoreApiMissingRequiredXRequestIdHeader;
            return Err(Refusal::coded(code, "missing header X-Request-Id"));
        }
        let HandshakeRequest { challenge, .. } = request.parse().await?;
        let keys = &self.parts.keys;
        let network_key = keys.network_key().to_string();
        let answer = HandshakeResponse {
            server_public_key: String::new(),
            subnet_public_key: network_key.clone(),
            network_public_key: network_key.clone(),
            network_public_key_set: network_key,
            client_sdk_version: request
                .header("x-lit-sdk-version")
                .unwrap_or_default()
                .to_owned(),
            hd_root_pubkeys: (keys.root_keys().iter())
                .map(|key| hex::encode(key.as_bytes()))
                .collect(),
            attestation: self.attestation(&challenge).await,
            latest_blockhash: self.parts.blocks.latest(self.parts.clock.now()),
        };
        Ok((200, to_json(&answer)))
    }

    /// The answer to a challenge of 64 hex digits. The handshake succeeds without it too.
    async fn attestation(&self, challenge: &str) -> Option<Value> {
        let attester = self.parts.attester.as_ref()?;
        let mut bytes = [0; 32];
        hex::decode_to_slice(challenge, &mut bytes).ok()?;
        let address = self.url.host_and_port();
        match attester.attest(bytes, &address).await {
            Ok(attestation) => Some(attestation),
            Err(error) => {
                tracing::warn!(node = %self.url, error = &*error, "cannot attest the node");
                None
            }
        }
    }
}
