use alloy_primitives::{Address, eip191_hash_message};
use lit_recap::SiweMessage;
use lit_types::AuthSig;
use sha2::{Digest, Sha256};

use crate::{BlsPublicKey, BlsSignature, CapabilityRefusal, verify::message_address};

/// What nodes sign for a PKP in place of a SIWE message: the SHA-256 of `lit_session:` and the message's EIP-191 hash in
/// hex (wire protocol specification, section 3.5).
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

/// The message of a PKP's AuthSig, and the PKP's address.
pub(crate) fn verify_pkp_auth_sig(
    auth_sig: &AuthSig,
    network_key: &BlsPublicKey,
) -> Result<(SiweMessage, Address), CapabilityRefusal> {
    let message: SiweMessage = auth_sig.signed_message.parse()?;
    let signature = BlsSignature::from_json(&auth_sig.sig)
        .map_err(CapabilityRefusal::NetworkSignatureEncoding)?;
    if !network_key.verify(&session_digest(message.as_str()), &signature) {
        return Err(CapabilityRefusal::NetworkSignature);
    }
    let address = message_address(auth_sig, &message)?;
    Ok((message, address))
}
