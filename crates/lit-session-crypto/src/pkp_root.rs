use alloy_primitives::{Address, eip191_hash_message};
use lit_recap::SiweMessage;
use lit_types::AuthSig;
use sha2::{Digest, Sha256};

use crate::{
    BlsPublicKey, BlsSignature, CapabilityRefusal, CombinedSignature, verify::message_address,
};

/// What nodes sign for a PKP in place of a SIWE message: the SHA-256 of `lit_session:` and the message's EIP-191 hash in
/// hex.
#[must_use]
pub fn session_digest(siwe_text: &str) -> [u8; 32] {
    let hash = eip191_hash_message(siwe_text);
    Sha256::digest(format!("lit_session:{}", hex::encode(hash))).into()
}

/// The AuthSig of a PKP: the network's signature of a message's [`session_digest`], which the message's address stands for.
#[must_use]
pub fn pkp_auth_sig(signature: &BlsSignature, message: &SiweMessage) -> AuthSig {
    AuthSig::pkp(
        signature.to_json(),
        message.as_str().to_owned(),
        message.address().to_checksum(None),
    )
}

/// The AuthSig of a PKP that was combined of shares, and verified then. Whoever made it need not verify it again for a session
/// that is to rest on it ([`RootExpectation::with_combined`](crate::RootExpectation::with_combined)).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CombinedRoot {
    auth_sig: AuthSig,
    network_key: BlsPublicKey,
}

impl CombinedRoot {
    /// The AuthSig of this message, or none if it is not the message's [`session_digest`] that was signed.
    #[must_use]
    pub fn new(combined: &CombinedSignature, message: &SiweMessage) -> Option<Self> {
        let (network_key, signature) = combined.verified(&session_digest(message.as_str()))?;
        Some(Self {
            auth_sig: pkp_auth_sig(&signature, message),
            network_key,
        })
    }

    /// The AuthSig.
    #[must_use]
    pub const fn auth_sig(&self) -> &AuthSig {
        &self.auth_sig
    }

    /// Whether it was this AuthSig that was verified, under this key.
    fn is(&self, auth_sig: &AuthSig, network_key: &BlsPublicKey) -> bool {
        self.auth_sig == *auth_sig && self.network_key == *network_key
    }
}

/// The message of a PKP's AuthSig, and the PKP's address. The signature is verified unless it was when it was combined.
pub(crate) fn verify_pkp_auth_sig(
    auth_sig: &AuthSig,
    network_key: &BlsPublicKey,
    combined: Option<&CombinedRoot>,
) -> Result<(SiweMessage, Address), CapabilityRefusal> {
    let message: SiweMessage = auth_sig.signed_message.parse()?;
    if !combined.is_some_and(|combined| combined.is(auth_sig, network_key)) {
        let signature = BlsSignature::from_json(&auth_sig.sig)
            .map_err(CapabilityRefusal::NetworkSignatureEncoding)?;
        if !network_key.verify(&session_digest(message.as_str()), &signature) {
            return Err(CapabilityRefusal::NetworkSignature);
        }
    }
    let address = message_address(auth_sig, &message)?;
    Ok((message, address))
}
