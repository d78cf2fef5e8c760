use alloy_primitives::{Address, eip191_hash_message};
use lit_recap::SiweMessage;
use lit_types::AuthSig;
use sha2::{Digest, Sha256};

use crate::{
    BlsPublicKey, BlsSignature, CapabilityRefusal, CombinedSignature, wallet_root::message_address,
};

/// The digest that nodes sign for a PKP: SHA-256 of `lit_session:` and the EIP-191 hash of the SIWE message in hex.
#[must_use]
pub fn session_digest(siwe_text: &str) -> [u8; 32] {
    let hash = eip191_hash_message(siwe_text);
    Sha256::digest(format!("lit_session:{}", hex::encode(hash))).into()
}

/// Creates the AuthSig of a PKP from the network's signature of the message's [`session_digest`].
///
/// The address is that of the message.
#[must_use]
pub fn pkp_auth_sig(signature: &BlsSignature, message: &SiweMessage) -> AuthSig {
    AuthSig::pkp(
        signature.to_json(),
        message.as_str().to_owned(),
        message.address().to_checksum(None),
    )
}

/// The AuthSig of a PKP that was verified when its shares were combined.
///
/// A session on it need not verify it again ([`RootExpectation::with_combined`](crate::RootExpectation::with_combined)).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CombinedRoot {
    auth_sig: AuthSig,
    network_key: BlsPublicKey,
}

impl CombinedRoot {
    /// Creates the AuthSig of this message; `None` if the signature is not of the message's [`session_digest`].
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

    /// Whether this AuthSig was verified under this key.
    fn is(&self, auth_sig: &AuthSig, network_key: &BlsPublicKey) -> bool {
        self.auth_sig == *auth_sig && self.network_key == *network_key
    }
}

/// The message and the PKP's address of a PKP's AuthSig. Verifies the signature unless it was verified when combined.
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
