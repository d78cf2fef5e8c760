use alloy_primitives::Address;
use lit_recap::SiweMessage;
use lit_types::{AuthSig, AuthSigKind};

use crate::CapabilityRefusal;

/// The message of a wallet's AuthSig, and its signer.
pub(crate) fn verify_wallet_auth_sig(
    auth_sig: &AuthSig,
) -> Result<(SiweMessage, Address), CapabilityRefusal> {
    match auth_sig.kind() {
        AuthSigKind::Wallet => {}
        kind => return Err(CapabilityRefusal::Kind(kind)),
    }
    let message: SiweMessage = auth_sig.signed_message.parse()?;
    let mut signature = [0; 65];
    hex::decode_to_slice(
        auth_sig.sig.strip_prefix("0x").unwrap_or(&auth_sig.sig),
        &mut signature,
    )
    .map_err(|_| CapabilityRefusal::SignatureEncoding)?;
    if !message.verify_eip191(&signature) {
        return Err(CapabilityRefusal::Signature);
    }
    let address = message_address(auth_sig, &message)?;
    Ok((message, address))
}

/// The address of the message, which must be that of the AuthSig.
pub(crate) fn message_address(
    auth_sig: &AuthSig,
    message: &SiweMessage,
) -> Result<Address, CapabilityRefusal> {
    // The browser helper of the official client writes the address in lower case, so case is ignored.
    let address = message.address();
    if !auth_sig.address.eq_ignore_ascii_case(&address.to_string()) {
        return Err(CapabilityRefusal::AddressMismatch);
    }
    Ok(address)
}
