use lit_types::{LitResource, PkpPublicKey};
use serde::Deserialize;
use serde_json::json;

use crate::{case::Case, compare::Outcome};

/// pkp-derivation: what follows from the public key of a PKP.
pub(super) fn judge(case: &Case) -> Outcome {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Input {
        public_key: String,
    }
    let input: Input = case.input()?;
    let key: PkpPublicKey = input.public_key.parse()?;
    let digits = input
        .public_key
        .strip_prefix("0x")
        .unwrap_or(&input.public_key);
    // The official client hashes the form it was given; ours has a method for each.
    let compressed = digits.len() == 66;
    let token_id = key.token_id();
    Ok(json!({
        "publicKeyOut": if compressed { format!("0x{}", hex::encode(key.compressed())) } else { key.to_string() },
        "ethAddress": key.address().to_checksum(None),
        "btcAddress": if compressed { key.bitcoin_address_compressed() } else { key.bitcoin_address() },
        "cosmosAddress": key.cosmos_address(),
        "tokenId": token_id.to_string(),
        "tokenIdDecimal": token_id.to_decimal(),
        "resourceId": LitResource::pkp(token_id).id(),
    }))
}
