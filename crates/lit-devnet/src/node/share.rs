use std::sync::PoisonError;

use lit_recap::SiweMessage;
use lit_session_crypto::session_digest;
use lit_types::{
    NodeErrorCode,
    constants::curves,
    wire::{SignSessionKeyResponse, SignatureShare},
};

use super::{Node, Refusal};
use crate::Fault;

impl Node {
    /// The share of a PKP's signature over this message, of the epoch that the client knows of.
    pub(super) async fn sign_message(
        &self,
        message: &SiweMessage,
        asked_epoch: u64,
    ) -> Result<SignSessionKeyResponse, Refusal> {
        let fault = self.fault();
        let text = match fault {
            Some(Fault::WrongSiwe(change)) => super::lie::changed(message, change),
            _ => message.to_string(),
        };
        let digest = session_digest(&text);
        let signed = match fault {
            Some(Fault::CorruptShare) => digest.map(|byte| !byte),
            _ => digest,
        };
        let current = self.shared.chain.epoch()?;
        let epoch = match fault {
            Some(Fault::StaleEpoch) => epoch_to_use(asked_epoch, current).saturating_sub(1),
            _ => epoch_to_use(asked_epoch, current),
        };
        let no_share = |error: &dyn std::fmt::Display| {
            Refusal::coded(NodeErrorCode::NodeBLSRootKeyNotFound, error)
        };
        let share = self.shares.of(epoch).map_err(|error| no_share(&error))?;
        let identifier = share.identifier().get();
        // Milliseconds of arithmetic, which other requests need not wait for.
        let share = tokio::task::spawn_blocking(move || share.sign(&signed))
            .await
            .map_err(|error| no_share(&error))?;
        Ok(SignSessionKeyResponse {
            result: "success".to_owned(),
            signature_share: self.remembered(share.into(), fault),
            share_index: u32::from(identifier) - 1,
            curve_type: curves::BLS.to_owned(),
            siwe_message: text,
            data_signed: hex::encode(digest),
            bls_root_pubkey: self.shared.keys.network_public_key.to_string(),
        })
    }

    /// The share itself, or the first that was ever given when the node replays it.
    fn remembered(&self, share: SignatureShare, fault: Option<Fault>) -> SignatureShare {
        let mut first = self
            .first_share
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let first = first.get_or_insert_with(|| share.clone());
        match fault {
            Some(Fault::ReplayedShare) => first.clone(),
            _ => share,
        }
    }
}

/// Clients may be one epoch behind; all else is taken for the current one (wire protocol specification, section 1.6).
const fn epoch_to_use(asked: u64, current: u64) -> u64 {
    if asked > 0 && asked + 1 == current {
        asked
    } else {
        current
    }
}
