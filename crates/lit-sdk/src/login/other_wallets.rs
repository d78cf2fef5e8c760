//! Messages and AuthSigs of Solana and Cosmos wallets, as in the official client. The caller signs.

use base64::{Engine, engine::general_purpose::STANDARD};
use lit_types::{AuthSig, Timestamp, constants::AUTH_SIGNATURE_BODY};
use sha2::{Digest, Sha256};

/// The text that Solana and Cosmos wallets sign.
#[must_use]
pub fn account_message(now: &Timestamp) -> String {
    AUTH_SIGNATURE_BODY.replace("{{timestamp}}", now.as_str())
}

/// The Solana wallet that signed. Nodes verify both alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum SolanaWallet {
    /// A standard wallet, such as Phantom.
    #[default]
    Standard,
    /// Backpack.
    Backpack,
}

/// Creates the AuthSig of a Solana wallet.
///
/// `text` is the signed text (see [`account_message`]), `address` is in base58, and `signature` is ed25519.
#[must_use]
pub fn solana_auth_sig(
    wallet: SolanaWallet,
    address: &str,
    text: &str,
    signature: &[u8; 64],
) -> AuthSig {
    let derived_via = match wallet {
        SolanaWallet::Standard => "solana.signMessage",
        SolanaWallet::Backpack => "backpack.signMessage",
    };
    AuthSig {
        sig: alloy_primitives::hex::encode(signature),
        derived_via: derived_via.to_owned(),
        signed_message: text.to_owned(),
        address: address.to_owned(),
        algo: None,
    }
}

/// The document that a Cosmos wallet signs for a text, by ADR-036: JSON with sorted members.
#[must_use]
pub fn cosmos_sign_doc(address: &str, text: &str) -> String {
    // An address is bech32 and the data base64, so JSON escapes nothing. The address comes from the caller, though.
    let signer = serde_json::Value::from(address);
    let data = STANDARD.encode(text);
    format!(
        r#"{{"account_number":"0","chain_id":"","fee":{{"amount":[],"gas":"0"}},"memo":"","msgs":[{{"type":"sign/MsgSignData","value":{{"data":"{data}","signer":{signer}}}}}],"sequence":"0"}}"#
    )
}

/// Creates the AuthSig of a Cosmos wallet.
///
/// `text` is what the wallet was given (see [`account_message`]), `address` is in bech32, and `signature` in base64, as
/// `signArbitrary` returns it. The signed text of the AuthSig is the hash of the document.
#[must_use]
pub fn cosmos_auth_sig(address: &str, text: &str, signature: &str) -> AuthSig {
    AuthSig {
        sig: signature.to_owned(),
        derived_via: "cosmos.signArbitrary".to_owned(),
        signed_message: alloy_primitives::hex::encode(Sha256::digest(cosmos_sign_doc(
            address, text,
        ))),
        address: address.to_owned(),
        algo: None,
    }
}
