use alloy_primitives::Address;
use lit_session_crypto::sign_auth_sig;
use serde::Deserialize;
use serde_json::json;

use super::{block_on, json_text, wallet};
use crate::{case::Case, compare::Outcome, refusal::Refusal};

/// auth-sig: texts signed by a wallet.
pub(super) fn judge(case: &Case) -> Outcome {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Input {
        private_key: String,
        to_sign: String,
        address: Option<String>,
        algo: Option<String>,
        signer: Option<String>,
    }
    let input: Input = case.input()?;
    match input.signer.as_deref() {
        // Another object with the two methods; here every signer is one.
        None | Some("minimal") => {}
        Some(_) => return Err(Refusal::NotExpressible("a signer that cannot sign")),
    }
    let mut auth_sig = block_on(sign_auth_sig(&wallet(&input.private_key)?, &input.to_sign))??;
    if let Some(address) = &input.address {
        auth_sig.address = ethers_address(address)?.to_checksum(None);
    }
    if input.algo.is_some() {
        auth_sig.algo = input.algo;
    }
    let text = json_text(&auth_sig)?;
    Ok(json!({ "authSig": text, "json": text }))
}

/// An address by the rules of ethers: `0x` is optional, and letters in both cases must be the checksum.
fn ethers_address(text: &str) -> Result<Address, Refusal> {
    let refuse = || Refusal::EthersAddress(text.to_owned());
    let digits = text.strip_prefix("0x").unwrap_or(text);
    let address: Address = digits.parse().map_err(|_| refuse())?;
    let mixed = digits.bytes().any(|b| b.is_ascii_lowercase())
        && digits.bytes().any(|b| b.is_ascii_uppercase());
    if mixed && address.to_checksum(None)[2..] != *digits {
        return Err(refuse());
    }
    Ok(address)
}
