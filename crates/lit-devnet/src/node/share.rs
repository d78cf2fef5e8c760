use std::sync::Arc;

use lit_recap::SiweMessage;
use lit_session_crypto::session_digest;
use lit_types::{
    NodeErrorCode,
    constants::curves,
    wire::{SignSessionKeyResponse, SignatureShare},
};

use super::{Node, Refusal, off_runtime};
use crate::{Fault, signer::SignerError};

impl Node {
    /// A share of a PKP's signature of `message`, in the epoch that the client asks for.
    pub(super) async fn sign_message(
        &self,
        message: &SiweMessage,
        asked_epoch: u64,
    ) -> Result<SignSessionKeyResponse, Refusal> {
        let text = match self.fault() {
            Some(Fault::WrongSiwe(change)) => super::lie::changed(message, change),
            _ => message.to_string(),
        };
        let digest = session_digest(&text);
        Ok(SignSessionKeyResponse {
            result: "success".to_owned(),
            signature_share: self.bls_share(digest.to_vec(), asked_epoch).await?,
            share_index: self.signer.share_index(),
            curve_type: curves::BLS.to_owned(),
            siwe_message: text,
            data_signed: hex::encode(digest),
            bls_root_pubkey: self.shared.keys.network_public_key.to_string(),
        })
    }

    /// A share of the network's signature of `message`, in the epoch that the client asks for.
    pub(super) async fn bls_share(
        &self,
        message: Vec<u8>,
        asked_epoch: u64,
    ) -> Result<SignatureShare, Refusal> {
        let (chain, signer) = (self.shared.chain.clone(), Arc::clone(&self.signer));
        off_runtime(move || -> Result<_, Refusal> {
            Ok(signer.bls_share(&message, asked_epoch, chain.epoch()?)?)
        })
        .await
    }
}

impl From<SignerError> for Refusal {
    fn from(error: SignerError) -> Self {
        let code = match &error {
            SignerError::Bls(_) => NodeErrorCode::NodeBLSRootKeyNotFound,
            SignerError::Election(_) => NodeErrorCode::NodePeerNotFound,
            SignerError::OtherKey => NodeErrorCode::NodePKPNotAuthorized,
            SignerError::Ecdsa(_) | SignerError::Wallet => NodeErrorCode::NodeSystemFault,
        };
        Self::coded(code, error)
    }
}
