use std::{error::Error, fmt::Debug};

use alloy_primitives::B256;
use async_trait::async_trait;
use lit_session_crypto::{BlsPublicKey, EcdsaShareJson, HdTweak};
use lit_types::{
    NodeErrorCode, PkpPublicKey,
    wire::{Endpoint, SignatureShare},
};

/// Holds the node's shares of the network's keys, and makes partial signatures with them.
///
/// A node calls it only after it has checked that the caller may have the signature.
#[async_trait]
pub trait KeyShares: Debug + Send + Sync + 'static {
    /// The BLS public key of the network.
    fn network_key(&self) -> BlsPublicKey;

    /// The root public keys from which PKPs are derived: 130 hex digits each.
    fn root_keys(&self) -> &[PkpPublicKey];

    /// The index of the node's shares, from 0.
    fn share_index(&self) -> u32;

    /// A share of the network's BLS signature of `message`, with the key shares of this epoch.
    ///
    /// # Errors
    /// [`ShareError`].
    async fn bls_share(&self, message: Vec<u8>, epoch: u64) -> Result<SignatureShare, ShareError>;

    /// A share of the ECDSA signature of the PKP derived by `tweak`; an empty one if the node is not elected to sign.
    ///
    /// # Errors
    /// [`ShareError`].
    async fn ecdsa_share(
        &self,
        id: SigningId,
        tweak: HdTweak,
    ) -> Result<EcdsaShareJson, ShareError>;

    /// Signs 32 bytes with the node's wallet, as a personal message (EIP-191). Returns r, s and v as 130 hex digits without `0x`.
    ///
    /// # Errors
    /// [`ShareError`].
    fn wallet_signature(&self, message: &B256) -> Result<String, ShareError>;
}

/// Identifies one signature among all nodes that work on the same request.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct SigningId {
    /// The endpoint that signs.
    pub endpoint: Endpoint,
    /// The id of the request.
    pub request_id: String,
    /// The session key of the request.
    pub caller: String,
    /// The point in the action at which the signature is made; empty outside actions.
    pub point: String,
    /// The PKP that signs.
    pub pkp: PkpPublicKey,
    /// The signed 32 bytes.
    pub digest: [u8; 32],
}

/// Why a node cannot sign.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ShareError {
    /// The node holds no share of the BLS key in this epoch.
    #[error("no share of the network's key")]
    NoBlsShare(#[source] Box<dyn Error + Send + Sync>),
    /// Too few nodes can sign together.
    #[error("no signing set")]
    NoSigningSet(#[source] Box<dyn Error + Send + Sync>),
    /// The key of the PKP is not derived from the root keys of the network.
    #[error("the PKP's key is not derived from the network's root keys")]
    OtherKey,
    /// Making the share failed.
    #[error("cannot make a share")]
    Failed(#[source] Box<dyn Error + Send + Sync>),
}

impl ShareError {
    /// The code with which nodes report this.
    pub(crate) const fn node_error_code(&self) -> NodeErrorCode {
        match self {
            Self::NoBlsShare(_) => NodeErrorCode::NodeBLSRootKeyNotFound,
            Self::NoSigningSet(_) => NodeErrorCode::NodePeerNotFound,
            Self::OtherKey => NodeErrorCode::NodePKPNotAuthorized,
            Self::Failed(_) => NodeErrorCode::NodeSystemFault,
        }
    }
}
