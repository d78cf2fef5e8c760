//! Signing with a node's key shares and wallet.

mod election;

use std::{
    num::NonZeroU8,
    sync::{Arc, Mutex, PoisonError},
};

use alloy_primitives::{B256, eip191_hash_message};
use k256::ecdsa::SigningKey;
use lit_session_crypto::{BlsError, EcdsaDealerError, EcdsaRootShares, EcdsaShareJson, HdTweak};
use lit_types::wire::SignatureShare;

use crate::{Fault, dealer::NodeShares, fault::Faults};

pub(crate) use election::{Election, ElectionError, SigningId};

/// Signs for one node, and applies its fault.
#[derive(Debug)]
pub(crate) struct NodeSigner {
    node: NonZeroU8,
    bls: NodeShares,
    ecdsa: EcdsaRootShares,
    wallet: SigningKey,
    faults: Arc<Faults>,
    election: Arc<Election>,
    /// The share that [`Fault::ReplayedShare`] repeats.
    first: Mutex<FirstShares>,
}

#[derive(Debug, Default)]
struct FirstShares {
    bls: Option<SignatureShare>,
    ecdsa: Option<EcdsaShareJson>,
}

/// Why a node cannot sign.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SignerError {
    #[error(transparent)]
    Bls(#[from] BlsError),
    #[error(transparent)]
    Ecdsa(#[from] EcdsaDealerError),
    #[error(transparent)]
    Election(#[from] ElectionError),
    #[error("the PKP's key is not derived from the network's root keys")]
    OtherKey,
    #[error("the wallet of the node cannot sign")]
    Wallet,
}

impl NodeSigner {
    pub(crate) fn new(
        bls: NodeShares,
        ecdsa: EcdsaRootShares,
        wallet: SigningKey,
        faults: Arc<Faults>,
        election: Arc<Election>,
    ) -> Self {
        Self {
            node: ecdsa.holder(),
            bls,
            ecdsa,
            wallet,
            faults,
            election,
            first: Mutex::default(),
        }
    }

    /// The index of the node, from 0.
    pub(crate) fn share_index(&self) -> u32 {
        u32::from(self.node.get()) - 1
    }

    pub(crate) fn fault(&self) -> Option<Fault> {
        self.faults.of(self.node)
    }

    pub(crate) fn set_fault(&self, fault: Option<Fault>) {
        self.faults.set(self.node, fault);
    }

    /// A share of the network's signature of `message`. `asked` is the epoch that the client asks for.
    ///
    /// This takes milliseconds: do not call it on a thread of the async runtime.
    pub(crate) fn bls_share(
        &self,
        message: &[u8],
        asked: u64,
        current: u64,
    ) -> Result<SignatureShare, SignerError> {
        let fault = self.fault();
        let epoch = match fault {
            Some(Fault::StaleEpoch) => epoch_to_use(asked, current).saturating_sub(1),
            _ => epoch_to_use(asked, current),
        };
        let share = self.bls.of(epoch)?;
        let share = match fault {
            Some(Fault::CorruptShare) => share.sign(&inverted(message)),
            _ => share.sign(message),
        };
        let mut first = self.first.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(given(&mut first.bls, share.into(), fault))
    }

    /// A share of the signature of the PKP derived by `tweak`; an empty one if the node is not elected.
    pub(crate) fn ecdsa_share(
        &self,
        id: &SigningId,
        tweak: &HdTweak,
    ) -> Result<EcdsaShareJson, SignerError> {
        let key = self.ecdsa.derive(tweak)?;
        if *key.public_key() != id.pkp {
            return Err(SignerError::OtherKey);
        }
        let Some((set, presignature)) = self.election.join(id, self.node, tweak, &self.faults)?
        else {
            return Ok(EcdsaShareJson::outside_the_set(self.share_index()));
        };
        let fault = self.fault();
        let share = match fault {
            Some(Fault::CorruptShare) => {
                let honest = hex::encode_upper(id.digest);
                let other = key.sign(presignature, &id.digest.map(|byte| !byte), &set)?;
                EcdsaShareJson {
                    data_signed: format!("\"{honest}\""),
                    ..other.to_json()
                }
            }
            _ => key.sign(presignature, &id.digest, &set)?.to_json(),
        };
        let mut first = self.first.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(given(&mut first.ecdsa, share, fault))
    }

    /// The signature of the node's wallet of 32 bytes as a personal message: r, s and v in hex without `0x`.
    pub(crate) fn wallet_signature(&self, message: &B256) -> Result<String, SignerError> {
        let message = match self.fault() {
            Some(Fault::CorruptShare) => !*message,
            _ => *message,
        };
        let (signature, parity) = self
            .wallet
            .sign_prehash_recoverable(eip191_hash_message(message).as_slice())
            .map_err(|_| SignerError::Wallet)?;
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

/// The epoch to sign in: the previous one if the client asks for it, else the current one.
fn epoch_to_use(asked: u64, current: u64) -> u64 {
    match asked.checked_add(1) {
        Some(next) if asked > 0 && next == current => asked,
        _ => current,
    }
}
