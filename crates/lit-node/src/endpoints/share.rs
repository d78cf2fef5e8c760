use lit_recap::SiweMessage;
use lit_session_crypto::session_digest;
use lit_types::{
    constants::curves,
    wire::{SignSessionKeyResponse, SignatureShare},
};

use crate::{Node, epoch::epoch_to_use, refusal::Refusal};

impl Node {
    /// A share of a PKP's signature of `message`, in the epoch that the client asks for.
    pub(super) async fn sign_message(
        &self,
        message: &SiweMessage,
        asked_epoch: u64,
    ) -> Result<SignSessionKeyResponse, Refusal> {
        let text = message.to_string();
        let digest = session_digest(&text);
        Ok(SignSessionKeyResponse {
            result: "success".to_owned(),
            signature_share: self.bls_share(digest.to_vec(), asked_epoch).await?,
            share_index: self.parts.keys.share_index(),
            curve_type: curves::BLS.to_owned(),
            siwe_message: text,
            data_signed: hex::encode(digest),
            bls_root_pubkey: self.parts.keys.network_key().to_string(),
        })
    }

    /// A share of the network's signature of `message`, in the epoch that the client asks for.
    pub(super) async fn bls_share(
        &self,
        message: Vec<u8>,
        asked_epoch: u64,
    ) -> Result<SignatureShare, Refusal> {
        let current = self.contracts.epoch().await?;
        let epoch = epoch_to_use(asked_epoch, current);
        Ok(self.parts.keys.bls_share(message, epoch).await?)
    }
}
