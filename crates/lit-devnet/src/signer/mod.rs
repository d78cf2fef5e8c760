//! Signing with a node's key shares and wallet.

mod election;
mod hashes;

use std::{
    num::NonZeroU8,
    sync::{Arc, Mutex},
};

use alloy_primitives::{B256, eip191_hash_message};
use async_trait::async_trait;
use k256::ecdsa::SigningKey;
use lit_key_shares::{EcdsaRootShares, KeyShareError};
use lit_node::{KeyShares, ShareError, SigningId};
use lit_session_crypto::{BlsPublicKey, EcdsaShareJson, HdTweak};
use lit_types::{PkpPublicKey, wire::SignatureShare};

use crate::{Fault, dealer::NodeShares, fault::Faults, lock::lock};

pub(crate) use election::{Election, ElectionError};
pub(crate) use hashes::Hashes;

/// Signs for one node, and applies its fault. Clones share the keys.
#[derive(Debug, Clone)]
pub(crate) struct NodeSigner(Arc<Keys>);

/// The keys of one node.
#[derive(Debug)]
pub(crate) struct Keys {
    pub(crate) network_key: BlsPublicKey,
    pub(crate) root_keys: Vec<PkpPublicKey>,
    pub(crate) bls: NodeShares,
    pub(crate) ecdsa: EcdsaRootShares,
    pub(crate) wallet: SigningKey,
    pub(crate) faults: Arc<Faults>,
    pub(crate) election: Arc<Election>,
    pub(crate) hashes: Arc<Hashes>,
    /// The share that [`Fault::ReplayedShare`] repeats.
    pub(crate) first: Mutex<FirstShares>,
}

#[derive(Debug, Default)]
pub(crate) struct FirstShares {
    bls: Option<SignatureShare>,
    ecdsa: Option<EcdsaShareJson>,
}

impl NodeSigner {
    pub(crate) fn new(keys: Keys) -> Self {
        Self(Arc::new(keys))
    }

    pub(crate) fn fault(&self) -> Option<Fault> {
        self.0.faults.of(self.0.node())
    }

    pub(crate) fn set_fault(&self, fault: Option<Fault>) {
        self.0.faults.set(self.0.node(), fault);
    }

    /// Runs work of milliseconds on a thread for blocking work.
    async fn off_runtime<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Keys) -> Result<T, ShareError> + Send + 'static,
    ) -> Result<T, ShareError> {
        let keys = Arc::clone(&self.0);
        tokio::task::spawn_blocking(move || work(&keys))
            .await
            .map_err(|error| ShareError::Failed(error.into()))?
    }
}

#[async_trait]
impl KeyShares for NodeSigner {
    fn network_key(&self) -> BlsPublicKey {
        self.0.network_key
    }

    fn root_keys(&self) -> &[PkpPublicKey] {
        &self.0.root_keys
    }

    fn share_index(&self) -> u32 {
        self.0.share_index()
    }

    async fn bls_share(&self, message: Vec<u8>, epoch: u64) -> Result<SignatureShare, ShareError> {
        self.off_runtime(move |keys| keys.bls_share(&message, epoch))
            .await
    }

    async fn ecdsa_share(
        &self,
        id: SigningId,
        tweak: HdTweak,
    ) -> Result<EcdsaShareJson, ShareError> {
        self.off_runtime(move |keys| keys.ecdsa_share(&id, &tweak))
            .await
    }

    fn wallet_signature(&self, message: &B256) -> Result<String, ShareError> {
        self.0.wallet_signature(message)
    }
}

impl Keys {
    /// The identifier of the node, from 1.
    fn node(&self) -> NonZeroU8 {
        self.ecdsa.holder()
    }

    fn share_index(&self) -> u32 {
        u32::from(self.node().get()) - 1
    }

    fn fault(&self) -> Option<Fault> {
        self.faults.of(self.node())
    }

    fn bls_share(&self, message: &[u8], epoch: u64) -> Result<SignatureShare, ShareError> {
        let fault = self.fault();
        let epoch = match fault {
            Some(Fault::StaleEpoch) => epoch.saturating_sub(1),
            _ => epoch,
        };
        let share = self.bls.of(epoch);
        let share = share.map_err(|error| ShareError::NoBlsShare(error.into()))?;
        let share = match fault {
            Some(Fault::CorruptShare) => share.sign(&inverted(message)),
            _ => share.sign_hashed(&self.hashes.of(message)),
        };
        let mut first = lock(&self.first);
        Ok(given(&mut first.bls, share.into(), fault))
    }

    /// An empty share if the node is not elected.
    fn ecdsa_share(&self, id: &SigningId, tweak: &HdTweak) -> Result<EcdsaShareJson, ShareError> {
        let failed = |error: KeyShareError| ShareError::Failed(error.into());
        let key = self.ecdsa.derive(tweak).map_err(failed)?;
        if *key.public_key() != id.pkp {
            return Err(ShareError::OtherKey);
        }
        let joined = self.election.join(id, self.node(), tweak, &self.faults);
        let joined = joined.map_err(|error| match error {
            ElectionError::TooFew { .. } => ShareError::NoSigningSet(error.into()),
            ElectionError::Dealer(error) => failed(error),
        })?;
        let Some((set, presignature)) = joined else {
            return Ok(EcdsaShareJson::outside_the_set(self.share_index()));
        };
        let fault = self.fault();
        let share = match fault {
            Some(Fault::CorruptShare) => {
                let honest = hex::encode_upper(id.digest);
                let other = key.sign(presignature, &id.digest.map(|byte| !byte), &set);
                EcdsaShareJson {
                    data_signed: format!("\"{honest}\""),
                    ..other.map_err(failed)?.to_json()
                }
            }
            _ => key
                .sign(presignature, &id.digest, &set)
                .map_err(failed)?
                .to_json(),
        };
        let mut first = lock(&self.first);
        Ok(given(&mut first.ecdsa, share, fault))
    }

    fn wallet_signature(&self, message: &B256) -> Result<String, ShareError> {
        let message = match self.fault() {
            Some(Fault::CorruptShare) => !*message,
            _ => *message,
        };
        let (signature, parity) = self
            .wallet
            .sign_prehash_recoverable(eip191_hash_message(message).as_slice())
            .map_err(|error| ShareError::Failed(error.into()))?;
        let mut bytes = signature.to_vec();
        bytes.push(27 + parity.to_byte());
        Ok(hex::encode(bytes))
    }
}

fn inverted(message: &[u8]) -> Vec<u8> {
    message.iter().map(|byte| !byte).collect()
}

/// The share, or the first share that the node ever made if it replays.
fn given<S: Clone>(first: &mut Option<S>, share: S, fault: Option<Fault>) -> S {
    let first = first.get_or_insert_with(|| share.clone());
    match fault {
        Some(Fault::ReplayedShare) => first.clone(),
        _ => share,
    }
}
