use lit_types::{
    Clock, NodeErrorCode,
    wire::{HandshakeRequest, HandshakeResponse},
};

use super::{Incoming, Node, Refusal, to_json};

impl Node {
    /// Answers with the keys and the latest block hash of the node.
    pub(super) fn handshake(&self, request: &Incoming) -> Result<(u16, Vec<u8>), Refusal> {
        if request.correlation_id().is_none() {
            let code = NodeErrorCode::CoreApiMissingRequiredXRequestIdHeader;
            return Err(Refusal::coded(code, "missing header X-Request-Id"));
        }
        let _: HandshakeRequest = request.parse()?;
        let keys = &self.shared.keys;
        let network_key = keys.network_public_key.to_string();
        let answer = HandshakeResponse {
            server_public_key: String::new(),
            subnet_public_key: network_key.clone(),
            network_public_key: network_key.clone(),
            network_public_key_set: network_key,
            client_sdk_version: request
                .header("x-lit-sdk-version")
                .unwrap_or_default()
                .to_owned(),
            hd_root_pubkeys: keys.hd_root_pubkeys.clone(),
            attestation: None,
            latest_blockhash: self.shared.blocks.latest(self.shared.clock.now()).hash,
        };
        Ok((200, to_json(&answer)))
    }
}
